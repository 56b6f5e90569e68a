// renewal: independent gaps from any distribution.
#include <cmath>
#include <optional>

#include "models/distribution.h"
#include "models/parameters.h"
#include "models/time_change.h"

namespace steelyard {
namespace {

// The gaps as they are drawn.
class Renewal final : public Arrivals {
 public:
  explicit Renewal(std::unique_ptr<Distribution> gap) : gap_(std::move(gap)) {}
  Instant next() override {
    seconds_ += gap_->sample(random_);
    return arrival_at(seconds_);
  }
  double constant_rate() const override { return 1 / gap_->mean_seconds(); }

 private:
  std::unique_ptr<Distribution> gap_;
  double seconds_ = 0;
};

// Only the gaps' shape: scaled to a mean of one expected arrival, then spread over the schedule.
class ShapedRenewal final : public Arrivals {
 public:
  ShapedRenewal(std::unique_ptr<Distribution> gap, std::unique_ptr<RateSchedule> rate)
      : gap_(std::move(gap)), scale_(1 / gap_->mean_seconds()), time_(std::move(rate)) {}
  Instant next() override {
    count_ += gap_->sample(random_) * scale_;
    return time_.at(count_);
  }
  double constant_rate() const override { return time_.constant_rate(); }

 private:
  std::unique_ptr<Distribution> gap_;
  double scale_;
  TimeChange time_;
  double count_ = 0;
};

Result<std::unique_ptr<Arrivals>> make(const Settings& s) {
  auto gap = Registration<Distribution>::make(s.strategy("interarrival"));
  if (!gap) return Error{"interarrival: " + gap.error()};
  const double mean = gap.value()->mean_seconds();
  if (!(mean > 0)) return Error{"got an interarrival time of 0, expected a mean above 0"};
  if (!s.has("rate")) return std::make_unique<Renewal>(std::move(gap.value()));
  if (std::isinf(mean))
    return Error{"got rate with an interarrival time of infinite mean, expected a finite one"};
  auto rate = Registration<RateSchedule>::make(s.strategy("rate"));
  if (!rate) return Error{"rate: " + rate.error()};
  return std::make_unique<ShapedRenewal>(std::move(gap.value()), std::move(rate.value()));
}

const Registration<Arrivals> kRegistration{{
    .name = "renewal",
    .summary = "Independent gaps from any distribution.",
    .doc = "The dial for burstiness: gamma gaps with shape 0.25 are twice as variable as poisson, "
           "with shape 4 half as. With a rate the gaps give only the shape, and the schedule says "
           "how many arrive; without one the gaps are taken as they are. The run starts as if a "
           "request had just arrived.",
    .formula = "t_n = t_(n-1) + X_n; with a rate, the integral of the rate reaches "
               "(X_1 + … + X_n)/E[X] at the n-th arrival",
    .cost = "that of the distribution, and of the schedule's inverse",
    .source = "Cox 1962 (renewal theory)",
    .parameters = {strategy_of("distribution", "interarrival", "The gap between two arrivals."),
                   strategy_of("schedule", "rate",
                               "Requests per second: a rate or a schedule; the gaps are scaled "
                               "to it.",
                               false)},
    .make = make,
}};

}  // namespace
}  // namespace steelyard
