// Distributions of durations: service times, network latencies, think times.
//
// Portable: the same stream gives the same samples with every compiler and C library.
#pragma once

#include <memory>

#include "core/random.h"
#include "core/registry.h"
#include "core/time.h"

namespace steelyard {

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
};

}  // namespace steelyard
