// How a channel log (log.h) is laid out in bytes: what its writer and its reader share.
//
// The first line names the version and says whether the log was closed; then come records, each
// beginning with a number that holds what it is (the lowest three bits) and, of an input, its
// channel (the others):
//
//   channel    number, timeout, attempts_max, backoff_base, backoff_max, which parts it has (it
//              reconnects, times attempts out, has a budget) and these, requests_max, state of the
//              random stream, whose view it is; budget and balancer as a scenario writes them
//   endpoints  time, how many, and of each: name, id, weight, zone, priority, whether
//              healthy, labels
//   request    time, which fields differ from what is expected, these
//   reply      time, attempt, outcome, what the server said of its load, if it did
//   timer      time, timer
//   probe      time, probe, what the server said of its load, if it did
//   end        how many inputs; then eight bytes: the checksum of all between the first line and it
//
// All but channel and end are inputs, always followed by what they caused: how many actions, draws
// for picks, draws for back-offs, actions.
//
// Numbers are LEB128: seven bits a byte, the lowest first, the highest bit set in all but the last;
// signed ones are zigzagged (0, -1, 1, -2, …). Times, ids and tokens are differences to what came
// before, so that most take one to three bytes. There is one way to write a thing, and the reader
// takes no other: equal bytes are equal actions and differing bytes differing ones. Nothing here
// depends on the machine's own order of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "channel/channel.h"

namespace steelyard::live::channel_log {

// A log is open until its end has been written: an open one may break off, since its process may
// have been killed, but a closed one is whole or was damaged. Equally long.
inline constexpr std::string_view kOpenLine = "steelyard channel log 3: open\n";
inline constexpr std::string_view kClosedLine = "steelyard channel log 3: done\n";
static_assert(kOpenLine.size() == kClosedLine.size());

enum class Record : std::uint8_t { end, channel, endpoints, request, reply, timer, probe };
inline constexpr unsigned kRecords = 7;

// What only some channels have: one bit each.
enum ChannelPart : unsigned { kReconnects = 1, kTimesAttemptsOut = 2, kHasBudget = 4 };
inline constexpr unsigned kChannelParts = 7;

// Instants, and durations and deadlines, beyond these (73 and 146 years) are no real run's, and
// could overflow where they are added: a log that holds them is damaged. (No deadline is written as
// none.)
inline constexpr std::int64_t kInstantMax = std::int64_t{1} << 61;
inline constexpr std::int64_t kDurationMax = std::int64_t{1} << 62;

// An input other than a set of endpoints; which fields count depends on `record`.
struct Input {
  Record record = Record::request;
  std::uint32_t channel = 0;
  Instant now;
  Request request;
  std::uint64_t id = 0;  // of the attempt, the timer, or the probe
  Outcome outcome = Outcome::ok;
  std::optional<LoadReport> report{};  // that came with a reply, or to a probe
};

// What came before, from which the next is told by its difference.
struct Context {
  // Times of inputs never run backwards, but may begin before kStart.
  Instant now{Duration(-kInstantMax)};
  std::uint32_t channel = 0;
  std::uint32_t source_ipv4 = 0;
  std::uint64_t id = 0;
  std::uint64_t token = 0;
  std::uint64_t request_token = 0;
  std::uint64_t key_hash = 0;
  Instant planned;
  Instant deadline;
};

// The longest that one number, one input (without its endpoints), one action can be.
inline constexpr std::size_t kNumberMax = 10;
inline constexpr std::size_t kInputMax = 120;
inline constexpr std::size_t kActionMax = 96;

// These write at `out`, where there is room, and return the end of it.
char* put(char* out, std::uint64_t value);
// Also the head of a set of endpoints.
char* put_input(char* out, const Input& input, Context& context);
char* put_action(char* out, const Action& action, Context& context);

// Reads what they wrote. After the first failure every answer is zero, and nothing moves.
class Cursor {
 public:
  Cursor(std::string_view bytes, std::size_t at) : bytes_(bytes), at_(at) {}

  std::uint64_t number();
  // At most `max`.
  std::uint64_t number_up_to(std::uint64_t max, const char* what);
  // How many things follow that take at least so many bytes each.
  std::size_t count(std::size_t least);
  std::string_view text();
  // Eight bytes, the lowest first.
  std::uint64_t fixed();
  // What begins here, and whose it is.
  Record record(std::uint32_t& channel);
  // The rest of an input whose head was read.
  Input input(Record record, std::uint32_t channel, Context& context);
  Action action(Context& context);

  // Remembers the first: where, and why.
  void fail(std::size_t where, std::string why);
  bool ok() const { return why_.empty(); }
  // It failed since the bytes end here, and for nothing else.
  bool breaks_off() const { return breaks_off_; }
  std::size_t at() const { return at_; }
  void skip(std::size_t bytes) { at_ += bytes; }  // REQUIRES: at most left()
  std::size_t left() const { return bytes_.size() - at_; }
  std::size_t failed_at() const { return failed_at_; }
  const std::string& why() const { return why_; }

 private:
  void break_off(std::size_t where, const std::string& more = "");
  std::uint64_t change();
  Instant instant(Instant from, std::uint64_t by, std::int64_t max);
  std::uint64_t id(std::uint64_t from);
  std::optional<LoadReport> report();
  void request_fields(Request& request, Context& context, Instant now);

  std::string_view bytes_;
  std::size_t at_;
  std::size_t failed_at_ = 0;
  bool breaks_off_ = false;
  std::string why_;
};

// The checksum of a log: of each 64 KiB, starting from the checksum of those before.
inline constexpr std::size_t kBlock = std::size_t{1} << 16;
std::uint64_t checksum(std::string_view block, std::uint64_t before);

}  // namespace steelyard::live::channel_log
