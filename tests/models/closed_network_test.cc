// Against mean value analysis as textbooks have it, the product form summed state by state, and the
// closed loop's own formula.
#include "models/closed_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/random.h"
#include "models/queueing.h"

namespace steelyard::queueing {
namespace {

// [Reiser, Lavenberg 1980] for single servers: R_i(n) = D_i (1 + Q_i(n - 1)).
double throughput_by_recursion(const std::vector<double>& demands, double think_time, int users) {
  std::vector<double> queue(demands.size(), 0);
  double throughput = 0;
  for (int n = 1; n <= users; ++n) {
    double round = think_time;
    for (std::size_t i = 0; i < demands.size(); ++i) round += demands[i] * (1 + queue[i]);
    throughput = n / round;
    for (std::size_t i = 0; i < demands.size(); ++i)
      queue[i] = throughput * demands[i] * (1 + queue[i]);
  }
  return throughput;
}

// [Menasce, Almeida, Dowdy: Performance by Design, sections 11 and 12: a database server with two
// customers, whose demands at processor, fast and slow disk are as 4 : 3 : 6] Its states have the
// chances 16, 9, 36, 12, 24, 18 of 115; so .5913, .4174 and .9913 customers are at each.
TEST(ClosedNetwork, ReproducesTheTextbooksDatabaseServer) {
  const ClosedSolution solved = mva({.users = 2,
                                     .stations = {{.mean_service = 10},
                                                  {.visits = 0.5, .mean_service = 15},
                                                  {.visits = 0.5, .mean_service = 30}}});
  EXPECT_NEAR(solved.stations[0].mean_in_station, 68.0 / 115, 1e-14);
  EXPECT_NEAR(solved.stations[1].mean_in_station, 48.0 / 115, 1e-14);
  EXPECT_NEAR(solved.stations[2].mean_in_station, 114.0 / 115, 1e-14);
  EXPECT_NEAR(solved.stations[0].utilisation, (16.0 + 12 + 24) / 115, 1e-14);
}

TEST(ClosedNetwork, AgreesWithMeanValueAnalysisOfSingleServers) {
  RandomStream random(11);
  for (int round = 0; round < 30; ++round) {
    ClosedNetwork network{.users = 1 + static_cast<std::int64_t>(random.below(200)),
                          .think_time = 20 * random.uniform_open()};
    std::vector<double> demands;
    for (std::uint64_t i = 0; i < 1 + random.below(6); ++i) {
      const double visits = 3 * random.uniform_open();
      demands.push_back(visits * random.uniform_open());
      network.stations.push_back({.visits = visits, .mean_service = demands.back() / visits});
    }
    const double expected =
        throughput_by_recursion(demands, network.think_time, static_cast<int>(network.users));
    EXPECT_NEAR(mva(network).throughput / expected, 1, 1e-11) << "seed 11, round " << round;
  }
}

struct Exact {
  double throughput = 0;
  std::vector<double> mean;
};

// The product form, state by state: p(n1, …, nk) ~ product of D_i^n_i / (1 … min(n_i, c_i)).
Exact by_states(const std::vector<double>& demands, const std::vector<int>& servers, int users) {
  const auto constant = [&](int n, std::vector<double>* mean) {
    double sum = 0;
    std::vector<int> at(demands.size(), 0);
    const std::function<void(std::size_t, int, double)> visit = [&](std::size_t i, int left,
                                                                    double weight) {
      if (i + 1 == demands.size()) {
        for (int k = 1; k <= left; ++k) weight *= demands[i] / std::min(k, servers[i]);
        at[i] = left;
        sum += weight;
        if (mean != nullptr)
          for (std::size_t s = 0; s < at.size(); ++s) (*mean)[s] += weight * at[s];
        return;
      }
      for (int k = 0; k <= left; ++k) {
        if (k > 0) weight *= demands[i] / std::min(k, servers[i]);
        at[i] = k;
        visit(i + 1, left - k, weight);
      }
    };
    visit(0, n, 1);
    return sum;
  };
  Exact exact{0, std::vector<double>(demands.size(), 0)};
  const double all = constant(users, &exact.mean);
  exact.throughput = constant(users - 1, nullptr) / all;
  for (double& mean : exact.mean) mean /= all;
  return exact;
}

// Several servers, several instances (each of which is a station with its part of the demand), and
// pauses (a station with a server for everybody).
TEST(ClosedNetwork, AgreesWithTheProductFormStateByState) {
  const int users = 7;
  const ClosedSolution solved = mva({.users = users,
                                     .think_time = 2,
                                     .stations = {{.mean_service = 1, .servers = 2},
                                                  {.mean_service = 3, .instances = 2},
                                                  {.visits = 2, .mean_service = 2, .servers = 3}}});
  const Exact exact = by_states({2, 1, 1.5, 1.5, 4}, {users, 2, 1, 1, 3}, users);
  EXPECT_NEAR(solved.throughput, exact.throughput, 1e-14);
  EXPECT_NEAR(solved.stations[0].mean_in_station, exact.mean[1], 1e-13);
  EXPECT_NEAR(solved.stations[1].mean_in_station, exact.mean[2] + exact.mean[3], 1e-13);
  EXPECT_NEAR(solved.stations[2].mean_in_station, exact.mean[4], 1e-13);
  EXPECT_NEAR(solved.stations[2].mean_response, exact.mean[4] / (2 * exact.throughput), 1e-13);
  EXPECT_NEAR(solved.mean_response, users / exact.throughput - 2, 1e-12);
}

// One station is the closed loop that `steelyard fit` knows.
TEST(ClosedNetwork, WithOneStationIsTheClosedLoop) {
  for (const std::int64_t users : {1, 5, 40, 1000})
    for (const std::int64_t servers : {1, 4, 30})
      EXPECT_NEAR(mva({.users = users,
                       .think_time = 3,
                       .stations = {{.mean_service = 0.4, .servers = servers}}})
                          .throughput /
                      closed_throughput(users, 3, 0.4, servers),
                  1, 1e-12)
          << users << " users, " << servers << " servers";
}

// Where the recursion for several servers breaks down: 64 servers at saturation. They are the
// bottleneck: 64/1 rounds, and never more.
TEST(ClosedNetwork, StaysExactAtSaturation) {
  const ClosedSolution solved =
      mva({.users = 600,
           .think_time = 1,
           .stations = {{.mean_service = 1, .servers = 64}, {.mean_service = 0.01}}});
  EXPECT_NEAR(solved.throughput, 64, 1e-9);
  EXPECT_NEAR(solved.stations[0].utilisation, 1, 1e-9);
  // Users are somewhere: in a pause, or at a station.
  EXPECT_NEAR(solved.stations[0].mean_in_station + solved.stations[1].mean_in_station +
                  solved.throughput * 1,
              600, 1e-6);
}

TEST(ClosedNetwork, SurvivesLongPausesAndStationsWithoutTime) {
  const ClosedSolution solved =
      mva({.users = 3000,
           .think_time = 1e6,
           .stations = {{.mean_service = 1e-3, .instances = 8}, {.mean_service = 0}}});
  EXPECT_NEAR(solved.throughput, 3000 / 1e6, 1e-9);
  EXPECT_EQ(solved.stations[1].mean_in_station, 0);
}

}  // namespace
}  // namespace steelyard::queueing
