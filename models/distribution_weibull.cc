// weibull: the hazard rises (shape above 1) or falls (below 1) with age.
#include "core/math.h"
#include "models/distribution.h"
#include "models/parameters.h"

namespace steelyard {
namespace {

class Weibull final : public Distribution {
 public:
  Weibull(double scale, double shape) : scale_(scale), shape_(shape) {}

  double sample(RandomStream& random) const override {
    const double y = -math::log(random.uniform_positive());
    return y == 0 ? 0 : scale_ * math::pow(y, 1 / shape_);
  }
  double mean_seconds() const override {
    return scale_ * math::exp(math::log_gamma(1 + 1 / shape_));
  }
  double variance_seconds2() const override {
    const double mean = mean_seconds();
    return mean * mean *
           math::expm1(math::log_gamma(1 + 2 / shape_) - 2 * math::log_gamma(1 + 1 / shape_));
  }
  double tail(double seconds) const override {
    return seconds > 0 ? math::exp(-math::pow(seconds / scale_, shape_)) : 1;
  }
  // With y = (x/scale)^shape: scale/shape times the integral of y^(1/shape - 1) e^-y.
  double expected_excess(double seconds) const override {
    if (!(seconds > 0)) return mean_seconds();
    return mean_seconds() * math::gamma_tail(1 / shape_, math::pow(seconds / scale_, shape_));
  }

 private:
  double scale_;
  double shape_;
};

Result<std::unique_ptr<Distribution>> make(const Settings& s) {
  const auto given = exactly_one(s, {"mean", "scale"});
  if (!given) return Error{given.error()};
  const double shape = s.number("shape");
  const double value = to_seconds(s.duration(given.value()));
  const double scale =
      given.value() == "scale" ? value : value * math::exp(-math::log_gamma(1 + 1 / shape));
  return std::make_unique<Weibull>(scale, shape);
}

const Registration<Distribution> kRegistration{{
    .name = "weibull",
    .summary = "Wear-out (shape above 1) or long tails (below 1) with one dial.",
    .doc = "Shape 1 is exponential. Below 1 the longer it has taken the longer it will take: a "
           "stretched tail between exponential and pareto, seen in file sizes and session "
           "lengths. Above 1 it bundles around its mean, as times to failure by wear do.",
    .formula = "X = scale (-ln U)^(1/shape); mean = scale Gamma(1 + 1/shape)",
    .cost = "O(1), two logarithms and one exponential",
    .source = "inversion of the distribution function",
    .parameters = {parameter::optional("mean", Type::duration, "The mean duration."),
                   between(0.05, 1000,
                           parameter::required("shape", Type::number,
                                               "Below 1: heavy tail; 1: exponential; above: "
                                               "bell-shaped.")),
                   parameter::optional("scale", Type::duration,
                                       "The 63.2nd percentile; instead of mean.")},
    .make = make,
}};

}  // namespace
}  // namespace steelyard
