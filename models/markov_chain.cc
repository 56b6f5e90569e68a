#include "models/markov_chain.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace steelyard::queueing {

// States are taken out from the last on: what goes through one goes on to where it leads. Then each
// one's share is what flows into it from those before it, over what leaves to them.
Eigen::VectorXd stationary(Eigen::MatrixXd rates) {
  const Eigen::Index n = rates.rows();
  Eigen::VectorXd leaving = Eigen::VectorXd::Zero(n);  // to the states before
  for (Eigen::Index state = n - 1; state > 0; --state) {
    for (Eigen::Index to = 0; to < state; ++to) leaving(state) += rates(state, to);
    for (Eigen::Index from = 0; from < state; ++from) {
      const double share = rates(from, state) / leaving(state);
      for (Eigen::Index to = 0; to < state; ++to)
        if (to != from) rates(from, to) += share * rates(state, to);
    }
  }
  Eigen::VectorXd shares = Eigen::VectorXd::Zero(n);
  shares(0) = 1;
  double sum = 1;
  for (Eigen::Index state = 1; state < n; ++state) {
    for (Eigen::Index from = 0; from < state; ++from)
      shares(state) += shares(from) * rates(from, state);
    shares(state) /= leaving(state);
    sum += shares(state);
  }
  return shares / sum;
}

// The number of broken parts goes up and down by one. Its shares follow from balance between
// neighbours: p(b) failures(b) = p(b + 1) repairs(b + 1). Scaled down before they grow too large.
Availability availability(const RepairedParts& of) {
  const auto failures = [&](std::int64_t broken) {
    return static_cast<double>(of.parts - broken) / of.mean_time_to_failure;
  };
  const auto repairs = [&](std::int64_t broken) {
    return static_cast<double>(std::min(broken, of.repairers)) / of.mean_time_to_repair;
  };
  const std::int64_t spare = of.parts - of.needed;  // so many may be broken
  std::vector<double> share{1};
  for (std::int64_t broken = 0; broken < of.parts; ++broken) {
    share.push_back(share.back() * failures(broken) / repairs(broken + 1));
    if (const double largest = share.back(); largest > 1e100)
      for (double& each : share) each /= largest;
  }
  double up = 0;
  double down = 0;
  for (std::int64_t broken = of.parts; broken >= 0; --broken)  // small ones first
    (broken > spare ? down : up) += share[static_cast<std::size_t>(broken)];
  Availability result;
  result.available = up / (up + down);
  result.unavailable = down / (up + down);
  const double outages = share[static_cast<std::size_t>(spare)] * failures(spare);
  result.mean_outage = down / outages;
  result.mean_time_between_outages = up / outages;
  // From b broken to b + 1: one stay, and as often as a repair comes first, the way back again.
  double step = 0;
  for (std::int64_t broken = 0; broken <= spare; ++broken) {
    step = (1 + (broken > 0 ? repairs(broken) * step : 0)) / failures(broken);
    result.mean_time_to_failure += step;
  }
  return result;
}

}  // namespace steelyard::queueing
