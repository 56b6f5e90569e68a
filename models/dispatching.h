// Many like servers, each with a queue of its own, and rules for who joins which: what is known of
// them in closed form. Poisson arrivals at `load` for each server, exponential service with mean 1,
// one at a time, first come first served; all times in service times.
//
// Portable to the last bit. Unless said otherwise REQUIRES: load >= 0; at a load of 1 or more there
// is no steady state, and every time is infinity.
#pragma once

#include <cstdint>

namespace steelyard::queueing {

// --- The supermarket model: infinitely many servers; each arrival joins the shortest of `choices`
// queues drawn at random. [Vvedenskaya, Dobrushin, Karpelevich 1996; Mitzenmacher 2001]
// REQUIRES: choices >= 1.

// Mean time in system.
double supermarket_mean_response(double load, std::int64_t choices);
// Share of servers with at least `length` requests: load^((d^length - 1)/(d - 1)).
double supermarket_queue_tail(double load, std::int64_t choices, std::int64_t length);
// P(time in system > t), first come first served, and its inverse. REQUIRES: 0 <= quantile < 1.
double supermarket_response_tail(double load, std::int64_t choices, double t);
double supermarket_response_quantile(double load, std::int64_t choices, double quantile);

// Whether a server may be drawn more than once for the same arrival.
enum class Draws { distinct, with_replacement };

// How much longer the mean is among `servers` instead of infinitely many, to the first order of
// 1/servers; what is left is of the order of its square. Chance moves the shares of servers with a
// queue of some length off the limit's, and as more servers are worse than fewer are better, their
// variance, which solves a Lyapunov equation, moves their mean. Draws that are distinct find
// d(d - 1)/2 x^(d-1) (1 - x)/servers fewer arrivals all of whose choices are among a share x. 0 for
// one choice. [Gast, Van Houdt: A refined mean field approximation, SIGMETRICS 2018; the term of
// distinct draws by the same expansion: docs/THEORY.md] REQUIRES: servers >= 1.
double supermarket_correction(double load, std::int64_t choices, std::int64_t servers, Draws draws);

// --- Round robin, by one dispatcher: a server gets every n-th arrival, and the gaps between those
// are sums of n exponentials, so each is an E_n/M/1 queue.

// E_n/M/1, and with it every G/M/1: the response time is exponential with mean 1/(1 - sigma), where
// sigma, the chance to find the server busy, solves sigma = E[e^(-(1 - sigma) gap)]. [Kendall 1953;
// Gross, Harris: Fundamentals of Queueing Theory, section 5.3] REQUIRES: servers >= 1.
double round_robin_mean_response(double load, std::int64_t servers);
double round_robin_response_quantile(double load, std::int64_t servers, double quantile);

// --- Join the idle queue: servers that become idle report to one of the dispatchers at random, and
// a dispatcher sends to one that reported to it, else to any. In the limit of many servers,
// `servers_per_dispatcher` staying as it is. [Lu, Xie, Kliot, Geller, Larus, Greenberg:
// Join-Idle-Queue, Performance Evaluation 2011] REQUIRES: servers_per_dispatcher > 0.

// Share of dispatchers that know of an idle server: p/(1 - p) = r (1 - load).
double idle_queue_known(double load, double servers_per_dispatcher);
// Busy servers get only what is sent blindly, load (1 - p): 1/(1 - load (1 - p)).
double idle_queue_mean_response(double load, double servers_per_dispatcher);

}  // namespace steelyard::queueing
