// What channels were told and what they asked for, kept on disk: the proof that the code which ran
// live is the code that is simulated.
//
// A log is self-contained: the options of every channel (with the state of its random stream, from
// which all its draws follow), its balancer, and then every input with its time, each followed by
// the actions it caused and by how many numbers were drawn. replay() builds the channels anew,
// feeds them the inputs, and compares the actions byte for byte. The format is in
// log_format.h. A caller's restart is no input: it takes the whole process along.
//
// Inputs reach the file with the first one a second later, or when there are 64 KiB of them, so
// that little is lost with a process that is killed. Writing costs about 130 ns an input (measured
// at 2.6 GHz), the writes to the file included; what goes wrong with those is kept for flush(). A
// request with one attempt takes about 42 bytes. Not thread-safe: one log a driver.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "channel/channel.h"
#include "core/result.h"
#include "real-harness/channels/balancer_text.h"
#include "real-harness/channels/log_format.h"

namespace steelyard::live {

// How the names of logs end, so that `steelyard replay` finds them in a folder.
inline constexpr std::string_view kChannelLogExtension = ".channels";

class ChannelLog {
 public:
  // Creates missing folders. Throws std::runtime_error if the file cannot be written.
  explicit ChannelLog(const std::string& file);
  ChannelLog(const ChannelLog&) = delete;
  ChannelLog& operator=(const ChannelLog&) = delete;
  // Closes.
  ~ChannelLog();

  // `channel` was made of these and has seen nothing yet. REQUIRES: options.id counts from 0.
  void channel_added(const ChannelOptions& options, const Stack& balancer, const Channel& channel);
  void endpoints(std::uint32_t channel, std::span<const Endpoint> endpoints, Instant now);
  void request(std::uint32_t channel, const Request& request, Instant now);
  // `report`: may be null.
  void reply(std::uint32_t channel, AttemptId attempt, Outcome outcome, const LoadReport* report,
             Instant now);
  void probe_reply(std::uint32_t channel, ProbeId probe, const LoadReport* report, Instant now);
  void timer(std::uint32_t channel, TimerId timer, Instant now);
  // What the input before caused, and the channel that had it. REQUIRES: directly after each input.
  void actions(std::span<const Action> actions, const Channel& channel);

  // Writes what is buffered. Returns what went wrong, if anything ever did; the log is useless
  // then, and nothing more is written.
  std::string flush();
  // Says that the log is complete, and flushes. Afterwards nothing more is kept. A log that was not
  // closed is replayed as far as it goes.
  std::string close();
  std::uint64_t inputs() const { return inputs_; }

 private:
  struct Draws {
    RandomStream picks{0};
    RandomStream backoffs{0};
  };
  static constexpr std::size_t kRoom = 128;  // for what is written at once

  void number(std::uint64_t value);
  void text(std::string_view value);
  void texts(const std::vector<std::string>& values);
  void input(const channel_log::Input& input);
  void wrote_up_to(const char* end);
  void complete_block();
  void write_out();
  void write(std::string_view bytes);
  void fail(std::string why);

  std::string file_;
  std::FILE* out_ = nullptr;
  std::vector<char> buffer_;                                 // a block and kRoom
  std::size_t used_ = 0;                                     // of the buffer
  std::size_t written_ = 0;                                  // of that, to the file
  Instant written_at_{Duration(-channel_log::kInstantMax)};  // by the time of inputs
  std::uint64_t checksum_ = 0;                               // of the blocks before
  std::uint64_t inputs_ = 0;
  std::vector<Draws> draws_;     // by channel: the streams after the last input
  std::uint32_t channel_ = 0;    // of the last input
  bool awaits_actions_ = false;  // of the last input
  std::string error_;
  channel_log::Context context_;
};

struct Replay {
  std::uint64_t channels = 0;
  std::uint64_t inputs = 0;
  std::uint64_t actions = 0;
  std::uint64_t bytes = 0;  // of effects that were compared, and were the same
  // Where the two first differ, in words; empty: nowhere.
  std::string difference;
  bool breaks_off = false;  // after these inputs: it was never closed
};

// Feeds a log to fresh channels, up to the first difference. `line`, if given, hears of every
// channel and input, and of what that caused on replay, as a readable line. The error says at which
// byte a file is not a log, or is damaged; that may be where a log breaks off that had been closed.
Result<Replay> replay(std::string_view log,
                      const std::function<void(const std::string&)>& line = nullptr);

}  // namespace steelyard::live
