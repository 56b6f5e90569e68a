// How many requests a service has in service at once, how long each, and what of a response time is
// spent elsewhere: from its throughput under a closed loop of ever more users.
//
// While there are no more users than places, each adds 1/(service + delay) to the throughput; with
// more, it nears places/service. Where the two lines meet is the number of places. The model
// between them is queueing::closed_throughput(). Pure functions, portable to the last bit,
// thread-safe.
#pragma once

#include <cstdint>
#include <span>

namespace steelyard {

// `users` callers, each with one request at a time and no pause between them.
struct LoadStep {
  std::int64_t users = 1;
  double throughput = 0;      // completed a second; positive
  double relative_error = 0;  // standard error of the throughput, as a share of it; positive
};

// Time outside of a place (on the network, in the two programs' hands): at least about `least`, and
// probably not more than `doubt` beyond it. Seconds.
struct DelayBelief {
  double least = 0;
  double doubt = 0;  // one standard deviation; positive
};

struct CapacityFit {
  std::int64_t concurrency = 1;
  // Those that the measurement does not tell apart from it (95%: chi-squared within 3.84).
  std::int64_t concurrency_low = 1;
  std::int64_t concurrency_high = 1;
  double service_seconds = 0;  // in a place, mean
  double delay_seconds = 0;    // the rest of a response time, mean
  // More users brought no more requests: `concurrency` is where. Else it is the least that explains
  // what was seen, and concurrency_high is without meaning.
  bool saturated = false;
  double misfit = 0;  // root mean square of the steps' relative errors
  double capacity() const { return static_cast<double>(concurrency) / service_seconds; }
};

// Weighted least squares over whole numbers of places. Steps beyond the one of greatest throughput
// that fall below 90% of it are left out: overload costs, and a queue does not say so.
// REQUIRES: ascending users, the first of them 1.
CapacityFit fit_capacity(std::span<const LoadStep> steps, const DelayBelief& delay);

}  // namespace steelyard
