// pareto: a power-law tail.
#include <fmt/format.h>

#include <limits>

#include "core/math.h"
#include "models/distribution.h"
#include "models/parameters.h"

namespace steelyard {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class Pareto final : public Distribution {
 public:
  Pareto(double minimum, double shape) : minimum_(minimum), shape_(shape) {}

  double sample(RandomStream& random) const override {
    return minimum_ * math::exp(-math::log(random.uniform_positive()) / shape_);
  }
  double mean_seconds() const override {
    return shape_ <= 1 ? kInfinity : minimum_ * shape_ / (shape_ - 1);
  }
  double variance_seconds2() const override {
    if (shape_ <= 2) return kInfinity;
    return minimum_ * minimum_ * shape_ / ((shape_ - 1) * (shape_ - 1) * (shape_ - 2));
  }
  double tail(double seconds) const override {
    return seconds <= minimum_ ? 1 : math::pow(minimum_ / seconds, shape_);
  }
  double expected_excess(double seconds) const override {
    if (shape_ <= 1) return kInfinity;
    return seconds <= minimum_ ? mean_seconds() - seconds : seconds * tail(seconds) / (shape_ - 1);
  }

 private:
  double minimum_;
  double shape_;
};

Result<std::unique_ptr<Distribution>> make(const Settings& s) {
  const auto given = exactly_one(s, {"minimum", "mean"});
  if (!given) return Error{given.error()};
  const double shape = s.number("shape");
  const double value = to_seconds(s.duration(given.value()));
  if (given.value() == "minimum") return std::make_unique<Pareto>(value, shape);
  if (shape <= 1)
    return Error{
        fmt::format("got mean with shape {:.6g}, expected a shape above 1 (the mean of "
                    "any other is infinite; give the minimum instead)",
                    shape)};
  return std::make_unique<Pareto>(value * (shape - 1) / shape, shape);
}

const Registration<Distribution> kRegistration{{
    .name = "pareto",
    .summary = "A power-law tail: rarely, and without a bound, very long.",
    .doc = "The heavy tail of file sizes and process lifetimes. With shape 2 or less the variance "
           "is infinite, with 1 or less even the mean: averages of runs then do not settle, and "
           "confidence intervals mean little. Shape 1.1 to 1.5 is what was measured for process "
           "lifetimes and web transfers.",
    .formula = "X = minimum U^(-1/shape); P(X > x) = (minimum/x)^shape, "
               "mean = minimum shape/(shape - 1)",
    .cost = "O(1), one logarithm and one exponential",
    .source = "Harchol-Balter, Downey 1997 (lifetimes); Crovella, Bestavros 1997 (web transfers)",
    .parameters = {parameter::optional("minimum", Type::duration, "The shortest duration."),
                   between(0.05, 1000,
                           parameter::required("shape", Type::number,
                                               "Exponent of the tail, alpha; smaller is heavier.")),
                   parameter::optional("mean", Type::duration,
                                       "The mean; instead of minimum, for shapes above 1.")},
    .make = make,
}};

}  // namespace
}  // namespace steelyard
