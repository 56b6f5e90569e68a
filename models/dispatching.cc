#include "models/dispatching.h"

#include <algorithm>
#include <limits>

#include "core/math.h"
#include "models/tail_quantile.h"

namespace steelyard::queueing {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// sigma of E_n/M/1: the root below 1 of sigma = (n load / (n load + 1 - sigma))^n. The right side
// is convex and above the left one only below the root, so halving finds it.
double chance_to_find_busy(double load, std::int64_t servers) {
  const double rate = load * static_cast<double>(servers);  // of all arrivals
  double low = 0;
  double high = 1;
  while (true) {
    const double sigma = low + (high - low) / 2;
    if (sigma <= low || sigma >= high) return low;
    const double gap = math::exp(-static_cast<double>(servers) * math::log1p((1 - sigma) / rate));
    (gap > sigma ? low : high) = sigma;
  }
}

}  // namespace

double supermarket_queue_tail(double load, std::int64_t choices, std::int64_t length) {
  if (load >= 1) return 1;
  if (load <= 0) return length <= 0 ? 1 : 0;
  // (d^i - 1)/(d - 1) = 1 + d + … + d^(i-1).
  double exponent = 0;
  double power = 1;
  for (std::int64_t i = 0; i < length && exponent < 1e300; ++i) {
    exponent += power;
    power *= static_cast<double>(choices);
  }
  return math::pow(load, exponent);
}

// By Little's law, the mean queue length (the sum of the tails) over the arrival rate.
double supermarket_mean_response(double load, std::int64_t choices) {
  if (load >= 1) return kInfinity;
  if (load <= 0) return 1;
  if (choices == 1) return 1 / (1 - load);
  double sum = 0;
  double exponent = 0;  // (d^i - d)/(d - 1) = d + … + d^(i-1), from i = 1
  double power = static_cast<double>(choices);
  double term = 1;
  while (term > 1e-18 * sum) {
    sum += term;
    exponent += power;
    power *= static_cast<double>(choices);
    term = math::pow(load, exponent);
  }
  return sum;
}

// Who joins as the k-th stays for k services: P(T > t) = sum over k of P(more than k others' and
// own services are needed) P(exactly k have ended by t) = sum of s_k^d times a Poisson weight.
double supermarket_response_tail(double load, std::int64_t choices, double t) {
  if (load >= 1) return 1;
  if (choices == 1) return math::exp(-(1 - load) * t);  // M/M/1
  const auto d = static_cast<double>(choices);
  double sum = 0;
  double ahead = 1;  // s_k^d, for k = 0; then s_(k+1) = load s_k^d
  double log_weight = -t;
  for (int k = 0; ahead > 1e-300; ++k) {
    sum += ahead * math::exp(log_weight);
    if (load <= 0) break;
    ahead = math::pow(load * ahead, d);
    log_weight += t > 0 ? math::log(t / (k + 1)) : -kInfinity;
  }
  return std::min(sum, 1.0);
}

double supermarket_response_quantile(double load, std::int64_t choices, double quantile) {
  if (load >= 1) return kInfinity;
  return tail_quantile([&](double t) { return supermarket_response_tail(load, choices, t); },
                       1 - quantile, 1);
}

double supermarket_correction(double load, std::int64_t servers) {
  if (load >= 1) return kInfinity;
  return load / (2 * (1 - load)) / static_cast<double>(servers);
}

double round_robin_mean_response(double load, std::int64_t servers) {
  if (load >= 1) return kInfinity;
  if (load <= 0) return 1;
  return 1 / (1 - chance_to_find_busy(load, servers));
}

double round_robin_response_quantile(double load, std::int64_t servers, double quantile) {
  return -math::log1p(-quantile) * round_robin_mean_response(load, servers);
}

double idle_queue_known(double load, double servers_per_dispatcher) {
  const double idle = servers_per_dispatcher * std::max(0.0, 1 - load);
  return idle / (1 + idle);
}

double idle_queue_mean_response(double load, double servers_per_dispatcher) {
  if (load >= 1) return kInfinity;
  return 1 / (1 - load * (1 - idle_queue_known(load, servers_per_dispatcher)));
}

}  // namespace steelyard::queueing
