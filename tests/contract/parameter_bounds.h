// The ends of the ranges that parameters declare.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/settings.h"

namespace steelyard::test {

// The value at the end of a parameter's range; durations are bounded in seconds.
inline Value at_bound(const Parameter& parameter, bool upper) {
  const double bound = upper ? parameter.max : parameter.min;
  const bool step_in = !upper && parameter.min_excluded;
  switch (parameter.type) {
    case Type::integer:
    case Type::bytes:
      return {static_cast<std::int64_t>(std::clamp(bound, -0x1p62, 0x1p62)) + (step_in ? 1 : 0)};
    case Type::duration:
      return {from_seconds(bound) + (step_in ? 1ns : 0ns)};
    default:
      return {step_in ? std::nextafter(bound, parameter.max) : bound};
  }
}

}  // namespace steelyard::test
