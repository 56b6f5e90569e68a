// M/G/c: Poisson arrivals, service times of any distribution, `servers` of them, one queue, first
// come first served: not only the mean (queueing.h), but how long requests wait and take.
//
// One server: exact. Who finds it busy waits for a geometric number of residual service times,
// whose tail is the integral of the service time's [Pollaczek 1930, Khinchine 1932; Beneš 1957].
// They are rounded down and up to a grid, so what is known are bounds, next to each other.
//
// Several servers: an approximation, whose own error comes on top of the bounds. While all are
// busy, they are taken for one that is `servers` times as fast; they are as often as in M/M/c. The
// mean is that of Lee and Longton (queueing.h). Exact for one server and for exponential service.
// [Hokstad: Approximations for the M/G/m queue, Operations Research 26, 1978; Tijms, van Hoorn,
// Federgruen: Approximations for the steady-state probabilities in the M/G/c queue, Advances in
// Applied Probability 13, 1981] docs/THEORY.md says how far off it is.
//
// Portable to the last bit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/distribution.h"
#include "models/shortest_queue.h"

namespace steelyard::queueing {

// REQUIRES: arrival_rate > 0, servers >= 1, service->mean_seconds() > 0. With as much work as all
// servers can do, or more, everything is infinitely long.
struct MGc {
  double arrival_rate = 0;                // per second
  const Distribution* service = nullptr;  // whoever has the queue, keeps it
  std::int64_t servers = 1;

  double utilisation() const;

  // How far off the means and quantiles of responses may be, as a share, besides their bounds: a
  // ceiling of what was measured (docs/THEORY.md), for no two moments of the service time say it
  // [Gupta, Harchol-Balter, Dai, Zwart: On the inapproximability of M/G/K, Queueing Systems 2010].
  // 0 for one server, infinity for several if the service time has no third moment.
  double tolerance() const;

  // P(wait > t) and P(response > t), seconds. REQUIRES: t >= 0.
  Bounds wait_tail(double t) const;
  Bounds response_tail(double t) const;
  // The seconds that a share `quantile` of all requests stays below; infinity beyond 2^60 mean
  // service times, which heavy tails reach. With one server the bounds are at most 1.2% apart up to
  // a utilisation of .95, 5% at .99, and the truth is within .1% of their middle. With several,
  // they are those of quantiles with a fiftieth more, or less, beyond (before, below the median).
  // Milliseconds. REQUIRES: 0 <= quantile < 1.
  Bounds response_quantile(double quantile) const;

  // Whether at most a share `beyond` takes longer than t: as fine a grid as it takes to know; if
  // none is fine enough, what the middle of the bounds says.
  bool response_exceeds_at_most(double beyond, double t) const;
};

}  // namespace steelyard::queueing
