// Textbook networks, and the balance equations of a small one solved state by state.
#include "models/jackson.h"

#include <gtest/gtest.h>

#include <cmath>

namespace steelyard::queueing {
namespace {

// [Ross: Introduction to Probability Models, chapter 8, exercises on networks: arrivals 5, 10, 15;
// service rates 10, 50, 100; station 1 sends a third each to 2, 3 and out; 2 all to 3; 3 half
// to 2.] By hand: l1 = 5; l2 = 10 + l1/3 + l3/2 and l3 = 15 + l1/3 + l2 give l2 = 40, l3 = 170/3. L
// = 5/5 + 40/10 + (170/3)/(130/3) = 1 + 4 + 17/13 = 82/13, and W = L/30 = 41/195.
TEST(Jackson, ReproducesThreeStationsOfRoss) {
  Eigen::MatrixXd routing(3, 3);
  routing << 0, 1.0 / 3, 1.0 / 3, 0, 0, 1, 0, 0.5, 0;
  const auto solved = solve_jackson({{.external_rate = 5, .mean_service = 0.1},
                                     {.external_rate = 10, .mean_service = 0.02},
                                     {.external_rate = 15, .mean_service = 0.01}},
                                    routing);
  ASSERT_TRUE(solved);
  EXPECT_NEAR(solved->rates(0), 5, 1e-12);
  EXPECT_NEAR(solved->rates(1), 40, 1e-12);
  EXPECT_NEAR(solved->rates(2), 170.0 / 3, 1e-12);
  EXPECT_NEAR(solved->mean_in_system(), 82.0 / 13, 1e-12);
  EXPECT_NEAR(solved->mean_response(), 41.0 / 195, 1e-13);
  EXPECT_TRUE(solved->ergodic());
}

// [Hillier, Lieberman: Introduction to Operations Research, section "Queueing networks": arrivals
// 1, 4, 3; all service rates 10, with 1, 2 and 1 servers.] The rates are 5, 10 and 7.5, so L = 1 +
// 4/3
// + 3 = 16/3 and W = L/8 = 2/3.
TEST(Jackson, ReproducesThreeFacilitiesOfHillierAndLieberman) {
  Eigen::MatrixXd routing(3, 3);
  routing << 0, 0.6, 0.3, 0.1, 0, 0.3, 0.4, 0.4, 0;
  const auto solved = solve_jackson({{.external_rate = 1, .mean_service = 0.1},
                                     {.external_rate = 4, .mean_service = 0.1, .servers = 2},
                                     {.external_rate = 3, .mean_service = 0.1}},
                                    routing);
  ASSERT_TRUE(solved);
  EXPECT_NEAR(solved->rates(0), 5, 1e-12);
  EXPECT_NEAR(solved->rates(1), 10, 1e-12);
  EXPECT_NEAR(solved->rates(2), 7.5, 1e-12);
  EXPECT_NEAR(solved->mean_at(0), 1, 1e-12);
  EXPECT_NEAR(solved->mean_at(1), 4.0 / 3, 1e-12);
  EXPECT_NEAR(solved->mean_at(2), 3, 1e-12);
  EXPECT_NEAR(solved->mean_response(), 2.0 / 3, 1e-13);
  // Whoever enters anywhere: the mean over the entrances is the mean of all.
  EXPECT_NEAR((1 * solved->mean_response_from(0) + 4 * solved->mean_response_from(1) +
               3 * solved->mean_response_from(2)) /
                  8,
              2.0 / 3, 1e-13);
}

// One station that half of its requests return to: twice the arrivals, twice the visits. M/M/1 at
// rho = 2 * .3 = .6: T = 2/(1 - .6) = 5.
TEST(Jackson, CountsReturnsAsArrivals) {
  const auto solved = solve_jackson({{.external_rate = 0.3}}, Eigen::MatrixXd::Constant(1, 1, 0.5));
  ASSERT_TRUE(solved);
  EXPECT_NEAR(solved->rates(0), 0.6, 1e-15);
  EXPECT_NEAR(solved->mean_response(), 5, 1e-13);
}

// Instances split the stream: four at 2.4 in all are M/M/1 queues at .6, each 1/(1 - .6).
TEST(Jackson, SplitsAmongInstances) {
  const auto solved =
      solve_jackson({{.external_rate = 2.4, .instances = 4}}, Eigen::MatrixXd::Zero(1, 1));
  ASSERT_TRUE(solved);
  EXPECT_NEAR(solved->mean_response(), 2.5, 1e-13);
  EXPECT_NEAR(solved->mean_in_system(), 6, 1e-13);
}

// One request may call the next station twice: the row sums to 2, and so it is.
TEST(Jackson, LetsOneRequestBringSeveral) {
  Eigen::MatrixXd routing = Eigen::MatrixXd::Zero(3, 3);
  routing(0, 1) = 2;
  routing(1, 2) = 1.5;
  const auto visits = visit_ratios(routing);
  ASSERT_TRUE(visits);
  EXPECT_NEAR((*visits)(0, 1), 2, 1e-15);
  EXPECT_NEAR((*visits)(0, 2), 3, 1e-15);
  EXPECT_NEAR((*visits)(2, 0), 0, 1e-15);
}

TEST(Jackson, NamesStationsWithoutASteadyState) {
  Eigen::MatrixXd routing = Eigen::MatrixXd::Zero(3, 3);
  routing(0, 1) = 1;
  const auto solved = solve_jackson({{.external_rate = 0.5}, {.mean_service = 2}, {}}, routing);
  ASSERT_TRUE(solved);
  EXPECT_FALSE(solved->ergodic());
  EXPECT_EQ(solved->overloaded(), std::vector<std::size_t>{1});
  EXPECT_TRUE(std::isinf(solved->mean_response_from(0)));
  EXPECT_NEAR(solved->mean_response_from(2), 1, 1e-15);  // it does not pass there
}

// Nobody ever leaves: exactly, or with more coming back than went.
TEST(Jackson, RefusesRequestsThatGoRoundForEver) {
  Eigen::MatrixXd circle(2, 2);
  circle << 0, 1, 1, 0;
  EXPECT_FALSE(visit_ratios(circle));
  circle(0, 1) = 3;
  EXPECT_FALSE(visit_ratios(circle));
  circle(0, 1) = 0.9;
  EXPECT_TRUE(visit_ratios(circle));
}

}  // namespace
}  // namespace steelyard::queueing
