// lognormal: the logarithm is normal; the usual shape of measured service times and latencies.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/math.h"
#include "models/distribution.h"
#include "models/parameters.h"

namespace steelyard {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class Lognormal final : public Distribution {
 public:
  Lognormal(double median, double sigma)
      : median_(median), sigma_(sigma), mean_(median * math::exp(sigma * sigma / 2)) {}
  double sample(RandomStream& random) const override {
    return median_ * math::exp(sigma_ * math::normal_quantile(random.uniform_open()));
  }
  double mean_seconds() const override { return mean_; }
  double variance_seconds2() const override { return math::expm1(sigma_ * sigma_) * mean_ * mean_; }
  double tail(double seconds) const override {
    return seconds > 0 ? math::normal_tail(deviations(seconds)) : 1;
  }
  // Weighted by its length, a lognormal time is one whose logarithm lies sigma deviations higher.
  double expected_excess(double seconds) const override {
    if (!(seconds > 0)) return mean_;
    const double z = deviations(seconds);
    return std::max(0.0, mean_ * math::normal_tail(z - sigma_) - seconds * math::normal_tail(z));
  }

 private:
  // Of the logarithm, from the median; of a constant everything is far away.
  double deviations(double seconds) const {
    if (sigma_ > 0) return math::log(seconds / median_) / sigma_;
    return seconds < median_ ? -kInfinity : kInfinity;
  }

  double median_;
  double sigma_;
  double mean_;
};

constexpr double kZ99 = 2.3263478740408411;  // the normal distribution's p99

// p99 = median e^(sigma z99).
Result<std::unique_ptr<Distribution>> from_median_and_p99(double median, double p99) {
  if (p99 < median)
    return Error{fmt::format("got p99 {} below median {}, expected p99 to be at least the median",
                             to_text(from_seconds(p99)), to_text(from_seconds(median)))};
  return std::make_unique<Lognormal>(median, math::log(p99 / median) / kZ99);
}

// p99 = mean e^(sigma z99 - sigma^2/2), which has a solution up to sigma = z99; beyond, a wider
// spread makes the p99 smaller again. Of the two solutions the narrower one is meant.
Result<std::unique_ptr<Distribution>> from_mean_and_p99(double mean, double p99) {
  const double log_ratio = math::log(p99 / mean);
  const double discriminant = kZ99 * kZ99 - 2 * log_ratio;
  if (log_ratio < 0 || discriminant < 0)
    return Error{fmt::format(
        "got p99 {} with mean {}, expected a p99 between 1 and {:.2f} times "
        "the mean (no lognormal has a larger one)",
        to_text(from_seconds(p99)), to_text(from_seconds(mean)), math::exp(kZ99 * kZ99 / 2))};
  const double sigma = kZ99 - std::sqrt(discriminant);
  return std::make_unique<Lognormal>(mean * math::exp(-sigma * sigma / 2), sigma);
}

Result<std::unique_ptr<Distribution>> make(const Settings& s) {
  const auto location = exactly_one(s, {"median", "mean"});
  if (!location) return Error{location.error()};
  const auto spread = exactly_one(s, {"p99", "sigma"});
  if (!spread) return Error{spread.error()};
  const bool by_median = location.value() == "median";
  const double center = to_seconds(s.duration(location.value()));
  if (spread.value() == "p99") {
    const double p99 = to_seconds(s.duration("p99"));
    return by_median ? from_median_and_p99(center, p99) : from_mean_and_p99(center, p99);
  }
  const double sigma = s.number("sigma");
  return std::make_unique<Lognormal>(by_median ? center : center * math::exp(-sigma * sigma / 2),
                                     sigma);
}

const Registration<Distribution> kRegistration{{
    .name = "lognormal",
    .summary = "The usual shape of measured latencies: a bulk, and a long tail to the right.",
    .doc = "Give where it lies (median or mean) and how wide it is (p99 or sigma), one of each. "
           "Median and p99 are what dashboards show. Products of many independent factors are "
           "lognormal, and so, roughly, are most service times; its tail is heavier than "
           "exponential from sigma 1 or so, but lighter than pareto.",
    .formula = "X = median e^(sigma Z), Z standard normal; mean = median e^(sigma^2/2), "
               "p99 = median e^(2.326 sigma)",
    .cost = "O(1), one normal quantile and one exponential",
    .source = "inversion; normal quantile by Wichura 1988 (AS 241)",
    .parameters = {parameter::optional("median", Type::duration, "Half of all are shorter."),
                   parameter::optional("p99", Type::duration, "99% are shorter."),
                   parameter::optional("mean", Type::duration, "The mean; instead of median."),
                   between(0, 10,
                           parameter::optional("sigma", Type::number,
                                               "Standard deviation of the logarithm; instead of "
                                               "p99."))},
    .make = make,
}};

}  // namespace
}  // namespace steelyard
