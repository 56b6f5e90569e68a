// Which endpoints fail unlike the others: the statistics of outlier detection.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

namespace steelyard {

// How the attempts at one endpoint ended during an interval.
struct Tally {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;

  std::uint64_t total() const { return succeeded + failed; }
  // REQUIRES: total() > 0.
  double success_percent() const {
    return 100 * static_cast<double>(succeeded) / static_cast<double>(total());
  }
};

// mean - deviations * sigma, where sigma is the standard deviation of these rates as they are, not
// an estimate from a sample. Who is below is an outlier. REQUIRES: there is at least one rate.
// [Envoy, "Success Rate"; gRPC A50]
inline double outlier_threshold(std::span<const double> success_percents, double deviations) {
  const auto count = static_cast<double>(success_percents.size());
  double sum = 0;
  for (const double rate : success_percents) sum += rate;
  const double mean = sum / count;
  double squares = 0;
  for (const double rate : success_percents) squares += (rate - mean) * (rate - mean);
  return mean - deviations * std::sqrt(squares / count);
}

// Which share of all may be out, checked as others do: see the parameter `limit`.
class EjectionLimit {
 public:
  enum class Rule { after, before, always_one };
  EjectionLimit(Rule rule, double share)
      : rule_(rule), share_ppm_(static_cast<std::uint64_t>(share * 1e6 + 0.5)) {}

  // Whether one more of `count` endpoints may be ejected when `ejected` are.
  bool allows_another(std::uint64_t ejected, std::uint64_t count) const {
    const std::uint64_t most = share_ppm_ * count;
    if (rule_ == Rule::before) return ejected * 1000000 < most;
    if (rule_ == Rule::always_one && ejected == 0) return true;
    return (ejected + 1) * 1000000 <= most;
  }

 private:
  Rule rule_;
  std::uint64_t share_ppm_;  // whole, so that 29% of 100 is 29
};

}  // namespace steelyard
