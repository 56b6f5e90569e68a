// Join the shortest queue: every arrival goes to the server with the fewest, ties at random. There
// is no closed form for it; there are two systems that can be solved, one better and one worse.
//
// Poisson arrivals at `load` for each server, exponential service with mean 1, one at a time; times
// in service times. Portable to the last bit.
#pragma once

#include <cstdint>

namespace steelyard::queueing {

struct Bounds {
  double low = 0;
  double high = 0;
};

// Mean time in system. Up to ten servers: in the better system a server that is so far ahead of the
// longest queue that it would get further away is helped out with one from there, in the worse one
// it has to repeat its work. [Adan, van Houtum, van der Wal: Upper and lower bounds for the waiting
// time in the symmetric shortest queue system, Annals of OR 1994] Two servers: 9 digits alike.
//
// More than ten: not better than one queue for all, M/M/n; and not worse than groups of at most
// ten, one drawn at random for each arrival, since no rule beats the shortest of all. [Winston
// 1977; Weber 1978] At a load of 1 or more both are infinity. A fraction of a second for each load;
// REQUIRES: servers >= 1, load >= 0.
Bounds shortest_queue_mean_response(double load, std::int64_t servers);

}  // namespace steelyard::queueing
