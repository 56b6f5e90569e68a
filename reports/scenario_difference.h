// In what two result sets' scenarios differ, by the keys of the scenario file, as far as the
// results tell: "run.duration (30 s and 8 s)". Pure, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "reports/result_set.h"

namespace steelyard {

bool same_scenario(const ResultSet& a, const ResultSet& b);

// Empty where the scenarios are the same, or differ in what results do not hold.
std::vector<std::string> scenario_differences(const ResultSet& a, const ResultSet& b);

}  // namespace steelyard
