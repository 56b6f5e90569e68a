#include "models/queueing.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/math.h"
#include "models/tail_quantile.h"

namespace steelyard::queueing {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

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
  return tail_quantile([this](double t) { return response_tail(t); }, 1 - quantile, mean_service);
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

double mgc_mean_wait(double arrival_rate, double mean_service, double variance,
                     std::int64_t servers) {
  const MMc queue{arrival_rate, mean_service, servers};
  if (queue.utilisation() >= 1) return kInfinity;
  return queue.mean_wait() * (1 + variance / (mean_service * mean_service)) / 2;
}

double mg1_ps_mean_response(double arrival_rate, double mean_service) {
  const double load = arrival_rate * mean_service;
  return load >= 1 ? kInfinity : mean_service / (1 - load);
}

}  // namespace steelyard::queueing
