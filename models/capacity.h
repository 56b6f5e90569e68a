// How many instances a service needs.
//
// Poisson arrivals, first come first served: M/M/c, or M/G/c (general_service.h) for other service
// times. Portable to the last bit.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "models/distribution.h"

namespace steelyard::queueing {

struct Demand {
  double arrival_rate = 0;
  double mean_service = 1;
  std::int64_t servers = 1;               // of an instance
  const Distribution* service = nullptr;  // of this mean, in seconds; nothing: exponential
};

// How requests find an instance: the best there can be, and without looking. What real balancers do
// lies between.
enum class Sharing {
  one_queue,  // the next request goes to whoever is free first
  random,     // to any instance, which has a queue of its own
};

inline constexpr std::int64_t kNeverEnough = std::numeric_limits<std::int64_t>::max();

// The fewest instances that are not overloaded; kNeverEnough if service takes infinitely long.
std::int64_t instances_to_keep_up(const Demand& demand);

// The fewest with which a share `quantile` of requests is answered within `target`. Nothing if none
// are enough, as service itself takes longer, or exactly as long. Instances times their servers at
// most 2^40. REQUIRES: 0 < quantile < 1, target > 0.
std::optional<std::int64_t> instances_for(const Demand& demand, double quantile, double target,
                                          Sharing sharing);

}  // namespace steelyard::queueing
