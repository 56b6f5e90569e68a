// Figures of measured values, for `steelyard fit`. Pure functions, thread-safe.
#pragma once

#include <vector>

namespace steelyard::live {

// 0 if there are no values.
double mean_of(const std::vector<double>& values);
// The median of the means of nine stretches: a moment in which the machine did something else
// spoils one of them. The plain mean of less than 20 values a stretch.
double undisturbed_mean_of(const std::vector<double>& values);
// Standard deviation; 0 of less than two values.
double deviation_of(const std::vector<double>& values);
// The value nearest to this share of the way up; 0 if there are none. REQUIRES: 0 <= share <= 1.
double quantile_of(std::vector<double> values, double share);

}  // namespace steelyard::live
