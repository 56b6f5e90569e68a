// How many requests an endpoint may have when loads are bounded. [Mirrokni, Thorup, Zadimoghaddam
// 2017, with weights as Envoy has them]
#pragma once

#include <algorithm>
#include <cstdint>

#include "balancers/weights.h"
#include "core/uint128.h"

namespace steelyard {

// Of all endpoints together, when one request is added to those that are active.
constexpr std::uint64_t total_slots(std::uint64_t active, std::uint64_t factor_percent) {
  return ((active + 1) * factor_percent + 99) / 100;
}

// Of one endpoint. REQUIRES: total_weight > 0.
constexpr std::uint64_t slots_of(std::uint64_t weight, std::uint64_t total_weight,
                                 std::uint64_t slots) {
  const Uint128 share = static_cast<Uint128>(slots) * weight;
  return std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>((share + total_weight - 1) / total_weight));
}

}  // namespace steelyard
