// What happens to a channel, in words: for people who read a channel log (log.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "channel/channel.h"
#include "real-harness/channels/log_format.h"

namespace steelyard::live::channel_log {

// "0.012345678s": to the nanosecond, so that no difference is rounded away.
std::string clock(Instant instant);

// The words of one channel. Attempts are named by their request's token and counted from 1: 17/2.
class ChannelWords {
 public:
  // From now on endpoints are named by this set.
  void know(EndpointSet endpoints) { endpoints_ = std::move(endpoints); }
  // Learns which attempts belong to which request.
  void know(const Input& input, std::span<const Action> actions);

  // "request 17 planned 0.01s", "reply 17/1 from b after 20ms: ok". REQUIRES: the actions of this
  // input are not known yet.
  std::string of(const Input& input) const;
  // "send 17/1 to b". REQUIRES: they are.
  std::string of(const Action& action) const;

 private:
  struct Call {
    std::uint64_t token = 0;
    AttemptId attempt = 0;  // the last one sent
    std::uint32_t endpoint = 0;
    unsigned attempts = 0;
    Instant sent;
  };
  std::string endpoint(std::uint32_t id) const;
  std::string request(std::uint64_t id) const;
  static std::string probe(ProbeId id);

  EndpointSet endpoints_;
  std::vector<Call> calls_;  // by slot
};

}  // namespace steelyard::live::channel_log
