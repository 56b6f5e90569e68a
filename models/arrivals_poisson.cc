// poisson: many users, each independent of the others.
#include "core/math.h"
#include "models/parameters.h"
#include "models/time_change.h"

namespace steelyard {
namespace {

class Poisson final : public Arrivals {
 public:
  explicit Poisson(std::unique_ptr<RateSchedule> rate) : time_(std::move(rate)) {}
  Instant next() override {
    count_ -= math::log(random_.uniform_positive());
    return time_.at(count_);
  }
  double constant_rate() const override { return time_.constant_rate(); }

 private:
  TimeChange time_;
  double count_ = 0;
};

const Registration<Arrivals> kRegistration{{
    .name = "poisson",
    .summary = "Many independent users: memoryless, at a rate that may change.",
    .doc = "What very many users who do not know of each other make together, and an open loop: "
           "arrivals do not wait for answers, as real users do not. The rate may be a schedule "
           "(ramp, steps, spike, diurnal).",
    .formula = "the n-th arrival is where the integral of the rate reaches E_1 + … + E_n, each E "
               "exponential with mean 1",
    .cost = "O(1), one logarithm; and the schedule's inverse",
    .source = "Palm-Khintchine theorem; inversion, Çinlar 1975",
    .parameters = {strategy_of("schedule", "rate", "Requests per second: a rate or a schedule.")},
    .make = [](const Settings& s) -> Result<std::unique_ptr<Arrivals>> {
      auto rate = Registration<RateSchedule>::make(s.strategy("rate"));
      if (!rate) return Error{"rate: " + rate.error()};
      return std::make_unique<Poisson>(std::move(rate.value()));
    },
}};

}  // namespace
}  // namespace steelyard
