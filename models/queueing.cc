#include "models/queueing.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/math.h"

namespace steelyard::queueing {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The least t with tail(t) <= beyond, for a tail that falls from at most 1 to 0, by bisection.
template <class Tail>
double inverse_of(Tail tail, double beyond, double scale) {
  if (tail(0) <= beyond) return 0;
  double high = scale;
  while (tail(high) > beyond) high *= 2;
  double low = 0;
  while (true) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    (tail(middle) > beyond ? low : high) = middle;
  }
}

}  // namespace

double erlang_b(std::int64_t servers, double offered) {
  double blocked = 1;
  for (std::int64_t c = 1; c <= servers; ++c)
    blocked = offered * blocked / (static_cast<double>(c) + offered * blocked);
  return blocked;
}

double erlang_c(std::int64_t servers, double offered) {
  const double load = offered / static_cast<double>(servers);
  if (load >= 1) return 1;
  const double blocked = erlang_b(servers, offered);
  return blocked / (1 - load * (1 - blocked));
}

double MMc::mean_wait() const {
  if (utilisation() >= 1) return kInfinity;
  return wait_probability() * mean_service / (static_cast<double>(servers) - offered());
}

// Who waits, waits exponentially long, with the rate by which the servers outpace the arrivals.
double MMc::wait_tail(double t) const {
  if (utilisation() >= 1) return 1;
  const double spare = (static_cast<double>(servers) - offered()) / mean_service;
  return wait_probability() * math::exp(-spare * t);
}

// Response = wait + service. For exponential service with rate mu and wait with rate delta,
// P(sum > t) = e^(-mu t) (1 + mu t phi((delta - mu) t)) with phi(x) = (1 - e^-x)/x, which stays
// exact where the two rates meet.
double MMc::response_tail(double t) const {
  if (utilisation() >= 1) return 1;
  const double x = t / mean_service;  // mu t
  const double difference = (static_cast<double>(servers) - offered() - 1) * x;
  const double waits = wait_probability();
  if (difference >= 0) {
    const double phi = difference == 0 ? 1 : -math::expm1(-difference) / difference;
    return math::exp(-x) * (1 + waits * x * phi);
  }
  // With delta < mu the same, with e^(-delta t) taken out: nothing overflows.
  const double phi = -math::expm1(difference) / -difference;
  return math::exp(-x) + waits * x * phi * math::exp(-x - difference);
}

double MMc::wait_quantile(double quantile) const {
  if (utilisation() >= 1) return kInfinity;
  const double beyond = 1 - quantile;
  const double waits = wait_probability();
  if (waits <= beyond) return 0;
  return math::log(waits / beyond) * mean_service / (static_cast<double>(servers) - offered());
}

double MMc::response_quantile(double quantile) const {
  if (utilisation() >= 1) return kInfinity;
  return inverse_of([this](double t) { return response_tail(t); }, 1 - quantile, mean_service);
}

double mm1_response_quantile(double arrival_rate, double mean_service, double quantile) {
  const double load = arrival_rate * mean_service;
  if (load >= 1) return kInfinity;
  return -math::log(1 - quantile) * mean_service / (1 - load);
}

// The stationary probabilities, each from the one before, scaled so that the largest term so far
// is at most 1: no factorial, no overflow.
MMcK mmck(double arrival_rate, double mean_service, std::int64_t servers, std::int64_t capacity) {
  const double offered = arrival_rate * mean_service;
  double term = 1;
  double sum = 1;
  double in_system = 0;
  for (std::int64_t n = 1; n <= capacity; ++n) {
    term *= offered / static_cast<double>(std::min(n, servers));
    sum += term;
    in_system += static_cast<double>(n) * term;
    if (term > 1) {
      sum /= term;
      in_system /= term;
      term = 1;
    }
  }
  MMcK result;
  result.block_probability = term / sum;
  result.throughput = arrival_rate * (1 - result.block_probability);
  result.mean_in_system = in_system / sum;
  result.mean_response = result.mean_in_system / result.throughput;  // Little
  result.mean_wait = std::max(0.0, result.mean_response - mean_service);
  return result;
}

double closed_throughput(std::int64_t users, double delay, double mean_service,
                         std::int64_t servers) {
  // The chances of n at the service, from n = users down: at balance as many arrive as complete,
  // p(n) (users - n)/delay = p(n + 1) min(n + 1, servers)/mean_service. Only their ratios matter,
  // so they are scaled down before they grow too large.
  const double ratio = delay / mean_service;
  double chance = 1;
  double sum = 0;
  double busy = 0;
  for (std::int64_t n = users;; --n) {
    const auto served = static_cast<double>(std::min(n, servers));
    sum += chance;
    busy += chance * served;
    if (n == 0) break;
    chance *= ratio * served / static_cast<double>(users - n + 1);
    if (chance > 1e100) {
      sum /= chance;
      busy /= chance;
      chance = 1;
    }
  }
  return busy / sum / mean_service;
}

double mg1_mean_wait(double arrival_rate, double mean_service, double variance) {
  const double load = arrival_rate * mean_service;
  if (load >= 1) return kInfinity;
  return arrival_rate * (variance + mean_service * mean_service) / (2 * (1 - load));
}

double mg1_mean_response(double arrival_rate, double mean_service, double variance) {
  return mean_service + mg1_mean_wait(arrival_rate, mean_service, variance);
}

double mg1_ps_mean_response(double arrival_rate, double mean_service) {
  const double load = arrival_rate * mean_service;
  return load >= 1 ? kInfinity : mean_service / (1 - load);
}

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
  return inverse_of([&](double t) { return supermarket_response_tail(load, choices, t); },
                    1 - quantile, 1);
}

double fan_out_tail(std::int64_t n, double tail) {
  if (n == 0 || tail <= 0) return 0;
  if (tail >= 1) return 1;
  return -math::expm1(static_cast<double>(n) * math::log1p(-tail));
}

double fan_out_quantile(std::int64_t n, double quantile) {
  return math::exp(math::log(quantile) / static_cast<double>(n));
}

}  // namespace steelyard::queueing
