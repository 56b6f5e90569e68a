#include "models/dispatching.h"

#include <Eigen/LU>
#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

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

// Many servers around the fixed point of infinitely many. x_i is the share with at least i
// requests: it rises at the rate load (x_(i-1)^d - x_i^d) of arrivals and falls at that of
// services, x_i - x_(i+1). An index is i - 1.
class NearTheLimit {
 public:
  NearTheLimit(double load, std::int64_t choices) : load_(load), d_(static_cast<double>(choices)) {
    shares_.push_back(load);
    while (share(size() - 1) > 1e-18)
      shares_.push_back(std::max(load * math::pow(share(size() - 1), d_), 1e-300));
    const Eigen::Index n = size();
    slopes_ = Eigen::MatrixXd::Zero(n, n);
    for (Eigen::Index i = 0; i < n; ++i) {
      if (i > 0) slopes_(i, i - 1) = slope(i - 1);
      slopes_(i, i) = -slope(i) - 1;
      if (i + 1 < n) slopes_(i, i + 1) = 1;
    }
  }

  // Of the mean response in service times, times the number of servers: where the drift of the
  // shares is 0 once what is of the order 1/servers is added to it, then Little.
  double shift_of_mean(Draws draws) const {
    const Eigen::VectorXd variances = variances_of_shares();
    const double pairs = d_ * (d_ - 1) / 2;
    Eigen::VectorXd pushes = Eigen::VectorXd::Zero(size());
    for (Eigen::Index i = 0; i < size(); ++i) {
      const double x = share(i);
      double more = load_ * pairs * math::pow(x, d_ - 2) * variances(i);
      if (draws == Draws::distinct) more -= load_ * pairs * math::pow(x, d_ - 1) * (1 - x);
      pushes(i) -= more;
      if (i + 1 < size()) pushes(i + 1) += more;
    }
    return slopes_.fullPivLu().solve(-pushes).sum() / load_;
  }

 private:
  Eigen::Index size() const { return static_cast<Eigen::Index>(shares_.size()); }
  double share(Eigen::Index i) const { return shares_[static_cast<std::size_t>(i)]; }
  double slope(Eigen::Index i) const { return load_ * d_ * math::pow(share(i), d_ - 1); }

  // The diagonal of W, times the number of servers, with slopes W + W slopes^T + noise = 0: events
  // of x_i are twice its services at the fixed point. Each row of W depends on itself and on its
  // neighbours only, so rows are eliminated from the first to the last.
  Eigen::VectorXd variances_of_shares() const {
    const Eigen::Index n = size();
    std::vector<Eigen::MatrixXd> rest;  // row i = known[i] - rest[i] row i + 1
    std::vector<Eigen::VectorXd> known;
    for (Eigen::Index i = 0; i < n; ++i) {
      Eigen::MatrixXd own = slopes_ + slopes_(i, i) * Eigen::MatrixXd::Identity(n, n);
      Eigen::VectorXd right = Eigen::VectorXd::Zero(n);
      right(i) = -2 * (share(i) - (i + 1 < n ? share(i + 1) : 0));
      if (i > 0) {
        own -= slopes_(i, i - 1) * rest.back();
        right -= slopes_(i, i - 1) * known.back();
      }
      const Eigen::FullPivLU<Eigen::MatrixXd> lu(own);
      rest.push_back(lu.inverse());  // times slopes(i, i + 1), which is 1
      known.push_back(lu.solve(right));
    }
    Eigen::VectorXd variances(n);
    Eigen::VectorXd row = Eigen::VectorXd::Zero(n);
    for (Eigen::Index i = n; i-- > 0;) {
      row = known[static_cast<std::size_t>(i)] - rest[static_cast<std::size_t>(i)] * row;
      variances(i) = row(i);
    }
    return variances;
  }

  double load_;
  double d_;
  std::vector<double> shares_;
  Eigen::MatrixXd slopes_;  // of the drifts, in the shares
};

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

double supermarket_correction(double load, std::int64_t choices, std::int64_t servers,
                              Draws draws) {
  if (load >= 1) return kInfinity;
  if (load <= 0 || choices == 1) return 0;
  return NearTheLimit(load, choices).shift_of_mean(draws) / static_cast<double>(servers);
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
