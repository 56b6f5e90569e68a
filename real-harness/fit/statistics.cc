#include "real-harness/fit/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace steelyard::live {

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double undisturbed_mean_of(const std::vector<double>& values) {
  constexpr std::size_t kStretches = 9;
  if (values.size() < 20 * kStretches) return mean_of(values);
  std::array<double, kStretches> means{};
  for (std::size_t k = 0; k < kStretches; ++k) {
    const auto at = [&](std::size_t stretch) {
      return values.begin() + static_cast<std::ptrdiff_t>(values.size() * stretch / kStretches);
    };
    means[k] = mean_of(std::vector<double>(at(k), at(k + 1)));
  }
  std::sort(means.begin(), means.end());
  return means[kStretches / 2];
}

double deviation_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return values.size() < 2 ? 0 : std::sqrt(sum / static_cast<double>(values.size() - 1));
}

double quantile_of(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
}

}  // namespace steelyard::live
