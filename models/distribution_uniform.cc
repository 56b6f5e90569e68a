// uniform: every duration between two bounds is equally likely.
#include "models/distribution.h"
#include "models/parameters.h"

namespace steelyard {
namespace {

class Uniform final : public Distribution {
 public:
  Uniform(double min, double max) : min_(min), width_(max - min) {}
  double sample(RandomStream& random) const override { return min_ + width_ * random.uniform(); }
  double mean_seconds() const override { return min_ + width_ / 2; }
  double variance_seconds2() const override { return width_ * width_ / 12; }
  double tail(double seconds) const override {
    return seconds < min_ ? 1 : seconds < min_ + width_ ? 1 - (seconds - min_) / width_ : 0;
  }
  double expected_excess(double seconds) const override {
    if (seconds < min_) return mean_seconds() - seconds;
    return tail(seconds) * (min_ + width_ - seconds) / 2;
  }

 private:
  double min_;
  double width_;
};

const Registration<Distribution> kRegistration{{
    .name = "uniform",
    .summary = "Any duration between two bounds, equally likely.",
    .doc = "For jitter and for spreads that are known only by their ends. It has no tail: for "
           "service times take lognormal or an empirical table instead.",
    .formula = "X = min + (max - min) U; mean (min + max)/2, variance (max - min)^2/12",
    .cost = "O(1)",
    .source = "inversion of the distribution function",
    .parameters = {or_zero(parameter::required("min", Type::duration, "The shortest duration.")),
                   parameter::required("max", Type::duration, "The longest duration.")},
    .make = [](const Settings& s) -> Result<std::unique_ptr<Distribution>> {
      const Duration min = s.duration("min");
      const Duration max = s.duration("max");
      if (max < min)
        return Error{"got max " + to_text(max) + " below min " + to_text(min) +
                     ", expected max to be at least min"};
      return std::make_unique<Uniform>(to_seconds(min), to_seconds(max));
    },
}};

}  // namespace
}  // namespace steelyard
