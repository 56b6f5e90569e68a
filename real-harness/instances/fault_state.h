// What the faults that are on at one moment do to one instance. Plain data: goes through pipes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scenarios/scenario.h"

namespace steelyard::live {

struct FaultState {
  double slow = 1;  // service takes this many times as long
  bool paused = false;
  bool crashed = false;
  bool refuses = false;
  double reset_probability = 0;
  double error_probability = 0;
  int error_status = 503;
  double truncate_probability = 0;

  bool operator==(const FaultState&) const = default;
};

// The faults of `on` (by index into scenario.faults) taken together: slowness multiplies, chances
// of independent faults add up as chances do, the last `error` names the status.
FaultState combined(const Scenario& scenario, const std::vector<bool>& on, std::size_t service,
                    std::size_t instance);

}  // namespace steelyard::live
