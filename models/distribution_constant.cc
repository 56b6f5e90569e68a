// constant: always the same.
#include <algorithm>

#include "models/distribution.h"
#include "models/parameters.h"

namespace steelyard {
namespace {

class Constant final : public Distribution {
 public:
  explicit Constant(double value) : value_(value) {}
  double sample(RandomStream&) const override { return value_; }
  double mean_seconds() const override { return value_; }
  double variance_seconds2() const override { return 0; }
  double tail(double seconds) const override { return seconds < value_ ? 1 : 0; }
  double expected_excess(double seconds) const override { return std::max(0.0, value_ - seconds); }

 private:
  double value_;
};

const Registration<Distribution> kRegistration{{
    .name = "constant",
    .summary = "Always the same duration.",
    .doc = "No spread at all: the kindest service time there is. Queues are half as long as with "
           "exponential service at the same load. Good for a network delay or a fixed pause; real "
           "service times are never constant.",
    .formula = "X = value",
    .cost = "O(1), no random number",
    .source = "the D of Kendall's notation (M/D/1)",
    .parameters = {or_zero(parameter::required("value", Type::duration, "The duration."))},
    .make = [](const Settings& s) -> Result<std::unique_ptr<Distribution>> {
      return std::make_unique<Constant>(to_seconds(s.duration("value")));
    },
}};

}  // namespace
}  // namespace steelyard
