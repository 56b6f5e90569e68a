// diurnal: a sine wave around a mean, as day and night make.
#include <algorithm>
#include <cmath>

#include "core/math.h"
#include "models/arrivals.h"
#include "models/parameters.h"

namespace steelyard {
namespace {

constexpr double kTwoPi = 6.283185307179586477;

class Diurnal final : public RateSchedule {
 public:
  Diurnal(double mean, double amplitude, double period, double phase)
      : mean_(mean), amplitude_(amplitude), period_(period), phase_(phase) {}

  double rate_at(double seconds) const override {
    return std::max(0.0, mean_ * (1 + amplitude_ * math::sin_turns(seconds / period_ + phase_)));
  }

  double expected_by(double seconds) const override {
    return mean_ * (seconds + swing() * (math::cos_turns(phase_) -
                                         math::cos_turns(seconds / period_ + phase_)));
  }

  // The integral rises, and stays within mean * 2 swing of the straight line mean * t: bisection
  // between those bounds, with Newton's step wherever it stays inside them.
  double time_of(double count) const override {
    if (count <= 0) return 0;
    double low = std::max(0.0, count / mean_ - 2 * swing());
    double high = count / mean_ + 2 * swing();
    double t = count / mean_;
    for (int i = 0; i < 100; ++i) {
      const double excess = expected_by(t) - count;
      (excess < 0 ? low : high) = t;
      const double rate = rate_at(t);
      double next = rate > 0 ? t - excess / rate : low;
      if (!(low < next && next < high)) next = low + (high - low) / 2;
      if (std::abs(next - t) <= 1e-15 * t || next == low || next == high) return next;
      t = next;
    }
    return t;
  }

  double constant_rate() const override { return amplitude_ == 0 ? mean_ : -1; }

 private:
  // Seconds' worth of the mean rate that half the wave adds: amplitude * period / 2 pi.
  double swing() const { return amplitude_ * period_ / kTwoPi; }

  double mean_;
  double amplitude_;
  double period_;
  double phase_;
};

const Registration<RateSchedule> kRegistration{{
    .name = "diurnal",
    .summary = "Day and night: a sine wave around a mean rate.",
    .doc = "With amplitude 50% the busiest hour sees three times the traffic of the quietest. "
           "Shorten the period to put a day into a run (24h in 10min). phase says where in the "
           "wave the run begins: 0 at the mean and rising, 25% at the peak, 75% at the trough.",
    .formula = "rate(t) = mean (1 + amplitude sin(2 pi (t/period + phase)))",
    .cost = "O(1): a few steps of Newton's method an arrival",
    .parameters = {parameter::required("mean", Type::rate, "The rate over a whole period."),
                   parameter::ratio("amplitude", 0.5, "How far it rises and falls, of the mean."),
                   [] {
                     Parameter period =
                         parameter::duration("period", 24h, "The length of a wave.", "a day");
                     period.min_excluded = true;
                     return period;
                   }(),
                   parameter::ratio("phase", 0, "Where in the wave the run begins.")},
    .make = [](const Settings& s) -> Result<std::unique_ptr<RateSchedule>> {
      return std::make_unique<Diurnal>(s.number("mean"), s.number("amplitude"),
                                       to_seconds(s.duration("period")), s.number("phase"));
    },
}};

}  // namespace
}  // namespace steelyard
