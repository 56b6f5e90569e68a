// Drawing two endpoints to compare.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/random.h"

namespace steelyard {

struct TwoChoices {
  std::size_t first;
  std::size_t second;
};

// Two distinct positions of n, uniformly: the second is drawn from the n-1 others and steps over
// the first, so there is no retry loop. REQUIRES: n >= 2. [Mitzenmacher 2001]
inline TwoChoices draw_two_distinct(RandomStream& random, std::size_t n) {
  const std::uint64_t first = random.below(n);
  const std::uint64_t second = random.below(n - 1);
  return {first, second + (second >= first ? 1 : 0)};
}

}  // namespace steelyard
