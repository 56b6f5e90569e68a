// gamma: the sum of `shape` exponential phases (shape need not be whole).
#include <algorithm>
#include <cmath>

#include "core/math.h"
#include "models/distribution.h"
#include "models/parameters.h"
#include "models/phase_type.h"

namespace steelyard {
namespace {

// A gamma variate of shape >= 1 and scale 1, by rejection: (1 + c z)^3 d is nearly gamma, and one
// in twenty at most is thrown away. [Marsaglia, Tsang 2000]
double standard_gamma(double shape, RandomStream& random) {
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double z = math::normal_quantile(random.uniform_open());
    const double root = 1 + c * z;
    if (root <= 0) continue;
    const double v = root * root * root;
    const double u = random.uniform_positive();
    // The squeeze accepts 98% without a logarithm.
    if (u < 1 - 0.0331 * (z * z) * (z * z)) return d * v;
    if (math::log(u) < 0.5 * z * z + d * (1 - v + math::log(v))) return d * v;
  }
}

class Gamma final : public Distribution {
 public:
  Gamma(double mean, double shape) : mean_(mean), shape_(shape) {}

  double sample(RandomStream& random) const override {
    const double scale = mean_ / shape_;
    if (shape_ >= 1) return scale * standard_gamma(shape_, random);
    // Gamma(shape) = Gamma(shape + 1) U^(1/shape).
    const double shrink = math::exp(math::log(random.uniform_positive()) / shape_);
    return scale * shrink * standard_gamma(shape_ + 1, random);
  }
  double mean_seconds() const override { return mean_; }
  double variance_seconds2() const override { return mean_ * mean_ / shape_; }
  double tail(double seconds) const override {
    return math::gamma_tail(shape_, seconds * shape_ / mean_);
  }
  // Weighted by its length, a gamma time is one of a shape greater by one.
  double expected_excess(double seconds) const override {
    const double of_mean = mean_ * math::gamma_tail(shape_ + 1, seconds * shape_ / mean_);
    return std::max(0.0, of_mean - seconds * tail(seconds));
  }
  // A whole shape is that of Erlang.
  std::optional<queueing::PhaseType> phases() const override {
    if (shape_ > 16 || shape_ != std::floor(shape_)) return std::nullopt;
    return queueing::erlang(static_cast<std::int64_t>(shape_), mean_);
  }

 private:
  double mean_;
  double shape_;
};

const Registration<Distribution> kRegistration{{
    .name = "gamma",
    .summary = "A sum of exponential phases: smooth with shape above 1, bursty below.",
    .doc = "Shape 1 is exponential; shape 4 is four phases in a row (Erlang-4) with half the "
           "coefficient of variation; shape 0.25 has twice that of the exponential. As the gap "
           "between arrivals (renewal) it is the field's standard dial for burstiness. Draws two "
           "or more uniforms a sample.",
    .formula = "mean given, variance mean^2/shape, squared coefficient of variation 1/shape",
    .cost = "O(1) expected, 1.05 trials or fewer",
    .source = "Marsaglia, Tsang: A simple method for generating gamma variables, ACM TOMS 2000",
    .parameters = {parameter::required("mean", Type::duration, "The mean duration."),
                   known_as({{"cv", "shape = 1/cv²"}},
                            between(0.01, 1e6,
                                    parameter::required("shape", Type::number,
                                                        "1/shape is the squared coefficient of "
                                                        "variation.")))},
    .make = [](const Settings& s) -> Result<std::unique_ptr<Distribution>> {
      return std::make_unique<Gamma>(to_seconds(s.duration("mean")), s.number("shape"));
    },
}};

}  // namespace
}  // namespace steelyard
