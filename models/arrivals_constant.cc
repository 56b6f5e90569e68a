// constant: evenly spaced, as a load generator sends.
#include "models/parameters.h"
#include "models/time_change.h"

namespace steelyard {
namespace {

class EvenlySpaced final : public Arrivals {
 public:
  explicit EvenlySpaced(std::unique_ptr<RateSchedule> rate) : time_(std::move(rate)) {}
  Instant next() override { return time_.at(++count_); }
  double constant_rate() const override { return time_.constant_rate(); }

 private:
  TimeChange time_;
  double count_ = 0;
};

const Registration<Arrivals> kRegistration{{
    .name = "constant",
    .summary = "Evenly spaced, at a rate that may change.",
    .doc = "What load generators send by default (wrk2, k6, Vegeta) and users never do: queues are "
           "shorter than under poisson at the same rate. For comparison with such tools, and for "
           "timers. The first request comes one interval after the start.",
    .formula = "the n-th arrival is where the integral of the rate reaches n",
    .cost = "O(1), no random number",
    .source = "the D of Kendall's notation (D/M/c)",
    .parameters = {strategy_of("schedule", "rate", "Requests per second: a rate or a schedule.")},
    .make = [](const Settings& s) -> Result<std::unique_ptr<Arrivals>> {
      auto rate = Registration<RateSchedule>::make(s.strategy("rate"));
      if (!rate) return Error{"rate: " + rate.error()};
      return std::make_unique<EvenlySpaced>(std::move(rate.value()));
    },
}};

}  // namespace
}  // namespace steelyard
