// The modelled network: how long a message between two zones is under way.
//
// A message waits for its link (bandwidth), travels (latency) and may be lost on the way; a lost
// one is sent again as TCP does, or is gone. Every draw is a function of the message alone, so the
// same message meets the same network in every variant of a comparison.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/random.h"
#include "core/time.h"
#include "models/distribution.h"
#include "scenarios/scenario.h"

namespace steelyard::sim {

class Network {
 public:
  Network(const NetworkSpec& spec, RandomStream random);

  struct Message {
    std::uint16_t from_zone = 0;
    std::uint16_t to_zone = 0;
    std::int64_t bytes = 0;
    std::uint64_t key = 0;  // unique to the message
  };

  // No message ever takes time.
  bool instant() const { return instant_; }
  // The delay between these zones if it is the same for every message.
  std::optional<Duration> constant(std::uint16_t from_zone, std::uint16_t to_zone) const {
    return from_zone == to_zone ? within_.constant : between_.constant;
  }
  // Until the message arrives; nullopt: it never does. Occupies the link.
  std::optional<Duration> delay(const Message& message, Instant now);

 private:
  struct Path {
    std::unique_ptr<Distribution> latency;  // null: none
    double bytes_per_second = 0;            // 0: unlimited
    std::optional<Duration> constant;
  };
  static Path make_path(const std::optional<Named>& latency, double bytes_per_second, double loss);

  std::size_t zones_;
  double loss_;
  std::optional<Duration> retransmit_;
  Path within_;
  Path between_;
  RandomStream random_;
  std::vector<Instant> link_free_at_;  // by (from, to)
  bool instant_;
};

}  // namespace steelyard::sim
