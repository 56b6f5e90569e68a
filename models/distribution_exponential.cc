// exponential: memoryless.
#include "core/math.h"
#include "models/distribution.h"
#include "models/parameters.h"
#include "models/phase_type.h"

namespace steelyard {
namespace {

class Exponential final : public Distribution {
 public:
  explicit Exponential(double mean) : mean_(mean) {}
  double sample(RandomStream& random) const override {
    return -mean_ * math::log(random.uniform_positive());
  }
  double mean_seconds() const override { return mean_; }
  double variance_seconds2() const override { return mean_ * mean_; }
  double tail(double seconds) const override { return math::exp(-seconds / mean_); }
  double expected_excess(double seconds) const override { return mean_ * tail(seconds); }
  std::optional<queueing::PhaseType> phases() const override {
    return queueing::exponential(mean_);
  }

 private:
  double mean_;
};

const Registration<Distribution> kRegistration{{
    .name = "exponential",
    .summary = "Memoryless: how long it has taken says nothing about how long it will.",
    .doc = "The service time of the textbook formulas (the second M of M/M/c), with a coefficient "
           "of variation of 1: p99 is 4.6 times the mean. The default choice when only a mean is "
           "known and results should be comparable with theory.",
    .formula = "X = -mean ln U; P(X > x) = e^(-x/mean), variance mean^2",
    .cost = "O(1), one logarithm",
    .source = "inversion of the distribution function",
    .parameters = {parameter::required("mean", Type::duration, "The mean duration.")},
    .make = [](const Settings& s) -> Result<std::unique_ptr<Distribution>> {
      return std::make_unique<Exponential>(to_seconds(s.duration("mean")));
    },
}};

}  // namespace
}  // namespace steelyard
