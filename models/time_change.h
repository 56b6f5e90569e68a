// Arrivals at a rate that changes: a process of rate 1, run through the inverse of the expected
// number of arrivals. What has rate 1 in its own time has the schedule's rate in the run's.
// [Çinlar 1975, section 4.7; the inversion method for nonhomogeneous Poisson processes]
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "models/arrivals.h"

namespace steelyard {

// Beyond every run: a hundred years. Arrivals later than that never come.
inline constexpr double kArrivalsEndSeconds = 36525.0 * 86400;

// REQUIRES: seconds >= 0.
inline Instant arrival_at(double seconds) {
  if (!(seconds < kArrivalsEndSeconds)) [[unlikely]]
    return kNever;
  return Instant(Duration(static_cast<std::int64_t>(seconds * 1e9 + 0.5)));
}

class TimeChange {
 public:
  // REQUIRES: schedule is not null.
  explicit TimeChange(std::unique_ptr<RateSchedule> schedule)
      : schedule_(std::move(schedule)),
        rate_(schedule_->constant_rate()),
        period_(rate_ > 0 ? 1 / rate_ : -1) {}

  // The time by which `count` arrivals are expected, never earlier than the answer before: the
  // inverse of a curved schedule is exact only up to rounding. REQUIRES: count never falls.
  Instant at(double count) {
    if (period_ > 0) return arrival_at(count * period_);
    last_ = std::max(last_, arrival_at(schedule_->time_of(count)));
    return last_;
  }
  // Negative if the rate changes.
  double constant_rate() const { return rate_; }

 private:
  std::unique_ptr<RateSchedule> schedule_;
  double rate_;
  double period_;
  Instant last_ = kStart;
};

}  // namespace steelyard
