// Closed networks: a fixed number of users who go round between stations and pauses, such as
// clients that wait for each answer before they ask again. Exact for exponential service, first
// come first served (for any distribution where nobody waits for anybody). [Gordon, Newell: Closed
// queueing systems with exponential servers, Operations Research 1967]
//
// What exact mean value analysis computes [Reiser, Lavenberg: Mean-value analysis of closed
// multichain queueing networks, JACM 1980]. For stations with several servers its recursion
// subtracts nearly equal probabilities and loses every digit near saturation; so here stations are
// merged, two at a time, into one that is as fast at every number of users [Chandy, Herzog, Woo:
// Parametric analysis of queueing networks, IBM J. Res. Dev. 1975], which only adds.
//
// Portable to the last bit. O(stations * users^2).
#pragma once

#include <cstdint>
#include <vector>

namespace steelyard::queueing {

struct ClosedStation {
  double visits = 1;  // for each round, all instances together
  double mean_service = 1;
  std::int64_t servers = 1;    // of each instance
  std::int64_t instances = 1;  // like queues, of which each visit takes one at random
};

struct ClosedNetwork {
  std::int64_t users = 1;
  double think_time = 0;  // for each round; nobody waits for it
  std::vector<ClosedStation> stations;
};

struct ClosedSolution {
  double throughput = 0;     // rounds per unit of time
  double mean_response = 0;  // of a round, without the think time
  struct Station {
    double mean_in_station = 0;  // users, all instances together
    double mean_response = 0;    // of a visit
    double utilisation = 0;
  };
  std::vector<Station> stations;
};

// REQUIRES: users >= 1; times and visits not negative; servers, instances >= 1; some time is taken.
ClosedSolution mva(const ClosedNetwork& network);

}  // namespace steelyard::queueing
