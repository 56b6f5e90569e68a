// The declarations of the scenario format: every key, its type, range, default and meaning.
#pragma once

#include <string>
#include <vector>

#include "scenarios/draft.h"

namespace steelyard {

inline constexpr std::int64_t kInstancesMax = 10'000'000;  // of all services of a scenario

// Built once; may be read from any thread.
const Codec<ScenarioDraft>& scenario_codec();
const Codec<StrategiesSpec>& strategies_codec();

// The keys of the file, and those under `strategies:`, which an axis may name without a path.
const std::vector<std::string>& scenario_keys();
const std::vector<std::string>& strategy_keys();
// The sections whose insides an axis, or a variant, may set.
const std::vector<std::string>& axis_sections();

}  // namespace steelyard
