// Distributions of durations: service times, network latencies, think times.
//
// Portable: the same stream gives the same samples with every compiler and C library. Samples come
// by inversion, one uniform each, unless a distribution says otherwise (gamma): two variants that
// differ in a mean then see the same requests, only longer or shorter.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/random.h"
#include "core/registry.h"
#include "core/time.h"

namespace steelyard {
namespace queueing {
struct PhaseType;
}

// Immutable, so one object may serve any number of threads.
class Distribution {
 public:
  static constexpr const char* kKind = "distribution";
  Distribution() = default;
  Distribution(const Distribution&) = delete;
  Distribution& operator=(const Distribution&) = delete;
  virtual ~Distribution() = default;

  // One sample, in seconds, never negative.
  virtual double sample(RandomStream& random) const = 0;

  // First two moments in seconds (infinity where there is none); the theory beside the
  // measurement is computed from these.
  virtual double mean_seconds() const = 0;
  virtual double variance_seconds2() const = 0;

  // P(X > t), and how much is beyond t on average: E[max(X - t, 0)], the integral of the tail from
  // t on (infinity where the mean is). Finite times only. REQUIRES: seconds >= 0.
  virtual double tail(double seconds) const = 0;
  virtual double expected_excess(double seconds) const = 0;

  // The same as exponential phases (phase_type.h), if it is made of a few; theory then knows more
  // than the mean.
  virtual std::optional<queueing::PhaseType> phases() const;
};

// The longest delay that a sample may become: ten years. Heavy tails reach beyond what an Instant
// can hold; far beyond the end of every run, one late time is as good as another.
inline constexpr Duration kDelayMax = std::chrono::hours(24 * 3652);

// A sample (or a multiple of one) as a delay: the nearest nanosecond, at most kDelayMax.
// REQUIRES: seconds >= 0; infinity is fine.
inline Duration to_delay(double seconds) {
  if (!(seconds < to_seconds(kDelayMax))) [[unlikely]]
    return kDelayMax;
  return Duration(static_cast<std::int64_t>(seconds * 1e9 + 0.5));
}

inline Duration sample_duration(const Distribution& distribution, RandomStream& random) {
  return to_delay(distribution.sample(random));
}

}  // namespace steelyard
