// Queueing theory: what a correct simulation converges to. Pure functions; times are in whatever
// unit the rates are per.
//
// Portable to the last bit, like everything that a report prints: core/math.h only.
//
// Unless said otherwise REQUIRES: rates and service times positive, servers >= 1, and a load below
// 1 per server; at a load of 1 or more there is no steady state, and every time is infinity.
#pragma once

#include <cstdint>

namespace steelyard::queueing {

// --- M/M/c: Poisson arrivals, exponential service, c servers, one queue, first come first served.

// Probability that an arrival finds all servers busy when there is no queue. `offered` is arrival
// rate times mean service time, in erlangs. Any offered >= 0. [Erlang 1917; recursion in the
// servers, stable for any number of them]
double erlang_b(std::int64_t servers, double offered);

// Probability that an arrival has to wait. 1 if offered >= servers. [Erlang 1917]
double erlang_c(std::int64_t servers, double offered);

struct MMc {
  double arrival_rate = 0;
  double mean_service = 1;
  std::int64_t servers = 1;

  double offered() const { return arrival_rate * mean_service; }
  double utilisation() const { return offered() / static_cast<double>(servers); }
  double wait_probability() const { return erlang_c(servers, offered()); }
  double mean_wait() const;
  double mean_response() const { return mean_wait() + mean_service; }
  // P(wait > t) and P(response > t). [Gross, Harris: Fundamentals of Queueing Theory, section 2.3]
  double wait_tail(double t) const;
  double response_tail(double t) const;
  // The t that a share `quantile` of all requests stays below. REQUIRES: 0 <= quantile < 1.
  double wait_quantile(double quantile) const;
  double response_quantile(double quantile) const;
};

// M/M/1: the response time is exponential with mean S/(1 - rho). REQUIRES: 0 <= quantile < 1.
double mm1_response_quantile(double arrival_rate, double mean_service, double quantile);

// --- M/M/c/K: the same with room for `capacity` requests in all, in service or waiting; further
// ones are turned away. Any load. REQUIRES: capacity >= servers.

struct MMcK {
  double block_probability = 0;
  double throughput = 0;      // of those let in
  double mean_in_system = 0;  // requests
  double mean_response = 0;   // of those let in
  double mean_wait = 0;       // of those let in
};
MMcK mmck(double arrival_rate, double mean_service, std::int64_t servers, std::int64_t capacity);

// --- A closed loop: `users` who each think (or whose requests travel) for `delay` on average, then
// want one of `servers` places for an exponential time of mean `mean_service`; one queue, first
// come first served. Requests completed per unit of time. Whatever the distributions are, this is
// exact while users <= servers or delay = 0, and never above min(users/(delay + mean_service),
// servers/mean_service), the asymptotic bounds of Denning and Buzen [ACM Computing Surveys 1978].
// [Gross, Harris: Fundamentals of Queueing Theory, section 2.7: finite source]
// REQUIRES: users >= 1, servers >= 1, delay >= 0, mean_service > 0.
double closed_throughput(std::int64_t users, double delay, double mean_service,
                         std::int64_t servers);

// --- M/G/1: service times of any distribution.

// First come first served: W = lambda E[S^2] / (2 (1 - rho)). [Pollaczek 1930, Khinchine 1932]
double mg1_mean_wait(double arrival_rate, double mean_service, double variance);
double mg1_mean_response(double arrival_rate, double mean_service, double variance);

// Several servers: no closed form. About (1 + scv)/2 times the wait of M/M/c, where scv = variance
// / mean_service^2; exact for one server, and for exponential service. [Lee, Longton: Queueing
// processes associated with airline passenger check-in, Operational Research Quarterly 1959]
double mgc_mean_wait(double arrival_rate, double mean_service, double variance,
                     std::int64_t servers);

// Processor sharing: T = S/(1 - rho), whatever the distribution. [Kleinrock 1967]
double mg1_ps_mean_response(double arrival_rate, double mean_service);

}  // namespace steelyard::queueing
