// Markov chains in continuous time with finitely many states, and what stays available of parts
// that fail and are repaired.
//
// Nothing is subtracted on the way, so that tiny probabilities have as many right digits as large
// ones. Portable to the last bit.
#pragma once

#include <Eigen/Core>
#include <cstdint>

namespace steelyard::queueing {

// The share of time spent in each state in the long run. rates(i, j) is the rate of changes from i
// to j; the diagonal is not looked at. O(states^3). [Grassmann, Taksar, Heyman: Regenerative
// analysis and steady state distributions for Markov chains, Operations Research 1985]
// REQUIRES: square, not negative off the diagonal, every state reachable from every other.
Eigen::VectorXd stationary(Eigen::MatrixXd rates);

// n like parts, of which each that works fails after an exponential time, and of which `repairers`
// at once are repaired, each in an exponential time. The whole is up while `needed` work.
struct RepairedParts {
  std::int64_t parts = 1;
  std::int64_t needed = 1;
  std::int64_t repairers = 1;
  double mean_time_to_failure = 1;  // of a part
  double mean_time_to_repair = 1;   // of a part, from when its repair begins
};

struct Availability {
  double available = 1;    // share of time in which the whole is up
  double unavailable = 0;  // 1 - available, with all its digits
  // Mean times, from when all parts work until the whole first is down; and, in the long run, of an
  // outage and from the end of one to the beginning of the next.
  double mean_time_to_failure = 0;
  double mean_outage = 0;
  double mean_time_between_outages = 0;
};

// O(parts). REQUIRES: 1 <= needed <= parts, repairers >= 1, times positive.
Availability availability(const RepairedParts& parts);

}  // namespace steelyard::queueing
