#include "models/closed_network.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>

namespace steelyard::queueing {
namespace {

// A part of the network by itself: rounds per unit of time with n users in it, from n = 0. Nothing:
// it takes no time.
using Pace = std::optional<std::vector<double>>;

Pace pace_of(double demand, std::int64_t servers, std::int64_t users) {
  if (!(demand > 0)) return std::nullopt;
  std::vector<double> pace;
  for (std::int64_t n = 0; n <= users; ++n)
    pace.push_back(static_cast<double>(std::min(n, servers)) / demand);
  return pace;
}

// How many of `users` are in one part while the others are in the other: at balance as many leave
// as come. The chances are scaled down before they grow too large.
std::vector<double> shares(const std::vector<double>& one, const std::vector<double>& other,
                           std::size_t users) {
  std::vector<double> share{1};
  double sum = 1;
  for (std::size_t n = 1; n <= users; ++n) {
    share.push_back(share.back() * other[users - n + 1] / one[n]);
    sum += share.back();
    if (share.back() < 1e100) continue;
    for (double& each : share) each /= sum;
    sum = 1;
  }
  for (double& each : share) each /= sum;
  return share;
}

Pace merged(const Pace& one, const Pace& other) {
  if (!one || !other) return one ? one : other;
  std::vector<double> pace{0};
  for (std::size_t users = 1; users < one->size(); ++users) {
    const std::vector<double> share = shares(*one, *other, users);
    double rounds = 0;
    for (std::size_t n = 1; n <= users; ++n) rounds += share[n] * (*one)[n];
    pace.push_back(rounds);
  }
  return pace;
}

// `count` like parts.
Pace repeated(Pace one, std::int64_t count) {
  Pace all;
  for (; count > 0; count /= 2) {
    if (count % 2 == 1) all = merged(all, one);
    if (count > 1) one = merged(one, one);
  }
  return all;
}

}  // namespace

ClosedSolution mva(const ClosedNetwork& network) {
  const std::size_t n = network.stations.size();
  std::vector<Pace> one;   // instance of each station
  std::vector<Pace> rest;  // of its instances
  for (const ClosedStation& station : network.stations) {
    const double demand =
        station.visits * station.mean_service / static_cast<double>(station.instances);
    one.push_back(pace_of(demand, station.servers, network.users));
    rest.push_back(repeated(one.back(), station.instances - 1));
  }
  // All before a station and all behind it: the network without it is made of these.
  std::vector<Pace> before{pace_of(network.think_time, network.users, network.users)};
  std::vector<Pace> behind(n + 1);
  for (std::size_t i = 0; i < n; ++i) before.push_back(merged(before[i], merged(one[i], rest[i])));
  for (std::size_t i = n; i-- > 0;) behind[i] = merged(behind[i + 1], merged(one[i], rest[i]));

  const auto users = static_cast<std::size_t>(network.users);
  ClosedSolution solution;
  solution.throughput = before[n]->at(users);
  solution.mean_response =
      static_cast<double>(users) / solution.throughput - network.think_time;  // Little
  for (std::size_t i = 0; i < n; ++i) {
    const ClosedStation& station = network.stations[i];
    ClosedSolution::Station& of = solution.stations.emplace_back();
    const auto instances = static_cast<double>(station.instances);
    const double visits = solution.throughput * station.visits;
    of.utilisation =
        visits * station.mean_service / instances / static_cast<double>(station.servers);
    if (!one[i]) continue;
    const Pace others = merged(merged(before[i], behind[i + 1]), rest[i]);
    double mean = static_cast<double>(users);  // if it is all there is
    if (others) {
      const std::vector<double> share = shares(*one[i], *others, users);
      mean = 0;
      for (std::size_t k = 1; k <= users; ++k) mean += static_cast<double>(k) * share[k];
    }
    of.mean_in_station = mean * instances;
    of.mean_response = of.mean_in_station / visits;  // Little
  }
  return solution;
}

}  // namespace steelyard::queueing
