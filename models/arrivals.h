// When requests arrive, and how the rate changes over time.
#pragma once

#include <memory>
#include <vector>

#include "core/random.h"
#include "core/registry.h"
#include "core/time.h"

namespace steelyard {

// A rate as a function of time: constant, ramp, steps, spike, diurnal. Immutable.
class RateSchedule {
 public:
  static constexpr const char* kKind = "schedule";
  RateSchedule() = default;
  RateSchedule(const RateSchedule&) = delete;
  RateSchedule& operator=(const RateSchedule&) = delete;
  virtual ~RateSchedule() = default;

  // Requests per second at this time since the start of the run; never negative.
  virtual double rate_at(double seconds) const = 0;
  // Integral of the rate from 0 to `seconds`: the expected number of arrivals.
  virtual double expected_by(double seconds) const = 0;
  // The inverse: the least t >= 0 with expected_by(t) >= count; infinity if it is never reached.
  virtual double time_of(double count) const = 0;
  // The rate if it never changes, else a negative number.
  virtual double constant_rate() const { return -1; }
};

// A stream of arrivals of one client. Owns its random stream, so that nothing else in a run can
// shift it. Not thread-safe.
class Arrivals {
 public:
  static constexpr const char* kKind = "arrivals";
  Arrivals() = default;
  Arrivals(const Arrivals&) = delete;
  Arrivals& operator=(const Arrivals&) = delete;
  virtual ~Arrivals() = default;

  // Called once before the first next().
  void start(RandomStream random) { random_ = random; }

  // The next arrival, never earlier than the one before; kNever when there are no more.
  virtual Instant next() = 0;
  // Long-run rate in requests per second if there is one, else a negative number. Says nothing
  // about the gaps between arrivals: only `poisson` has the memoryless ones that M/·/· formulas ask
  // for.
  virtual double constant_rate() const { return -1; }

 protected:
  RandomStream random_{0};
};

}  // namespace steelyard
