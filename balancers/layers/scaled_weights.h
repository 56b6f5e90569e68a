// Weights in fractions, for balancers that know whole ones.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "balancers/balancer.h"

namespace steelyard {

// What all weights of a set are to be multiplied with, so that fractions of them keep three digits;
// less if the heaviest would not fit into 32 bits then.
inline std::uint64_t weight_scale(std::span<const Endpoint> endpoints) {
  std::uint64_t heaviest = 1;
  for (const Endpoint& endpoint : endpoints)
    heaviest = std::max<std::uint64_t>(heaviest, endpoint.weight);
  return std::clamp<std::uint64_t>(0xffffffff / heaviest, 1, 1000);
}

// A share of a weight, scaled; above 0 if the weight and the share are. REQUIRES: 0 <= share <= 1.
inline std::uint32_t scaled_weight(std::uint32_t weight, double share, std::uint64_t scale) {
  const double scaled = std::floor(share * static_cast<double>(weight * scale) + 0.5);
  if (weight == 0 || share == 0) return 0;
  return static_cast<std::uint32_t>(std::max(1.0, scaled));
}

}  // namespace steelyard
