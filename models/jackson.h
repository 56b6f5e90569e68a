// Open networks of queues: requests come from outside as Poisson streams, are served for an
// exponential time, first come first served, and go on to other stations or leave.
//
// Each station is then in the long run as if alone, an M/M/c queue with the arrivals that the
// traffic equations give it. [Jackson: Jobshop-like queueing systems, Management Science 1963] The
// way may also depend on where a request has been before, as a list of calls does: means and queue
// lengths stay [Kelly: Networks of queues with customers of different types, J. Appl. Prob. 1975].
//
// Times are in whatever unit the rates are per. Cost: O(stations^3). Portable to the last bit.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/queueing.h"

namespace steelyard::queueing {

// How often a request that enters at i is at j before it leaves, on average: (I - P)^-1, where P's
// row i says how many requests to each station one at i brings about. Row sums may exceed 1: one
// request calls several. Nothing if there is no end to it. REQUIRES: P is square, not negative.
std::optional<Eigen::MatrixXd> visit_ratios(const Eigen::MatrixXd& routing);

struct JacksonStation {
  double external_rate = 0;  // arrivals from outside
  double mean_service = 1;
  std::int64_t servers = 1;
  std::int64_t instances = 1;  // like queues, of which each arrival takes one at random
};

struct JacksonSolution {
  Eigen::MatrixXd visits;
  Eigen::VectorXd rates;    // of arrivals at each station: the traffic equations' solution
  std::vector<MMc> queues;  // one instance of each station

  // Stations that are offered all they can do, or more. While there are any, the network has no
  // steady state, and the times of whatever passes them are infinite.
  std::vector<std::size_t> overloaded() const;
  bool ergodic() const { return overloaded().empty(); }

  // Requests at a station, all instances together.
  double mean_at(std::size_t station) const;
  double mean_in_system() const;
  // From entering at a station until leaving the network, if nothing is done at the same time.
  double mean_response_from(std::size_t station) const;
  // Of all requests, wherever they enter. REQUIRES: some do.
  double mean_response() const;

  std::vector<JacksonStation> stations;
};

// Nothing if requests would go round for ever. REQUIRES: `routing` as above, with a row and a
// column for each station; rates not negative; mean_service positive; servers, instances >= 1.
std::optional<JacksonSolution> solve_jackson(std::vector<JacksonStation> stations,
                                             const Eigen::MatrixXd& routing);

}  // namespace steelyard::queueing
