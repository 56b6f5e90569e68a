// What hangs on which service, and how many instances a service needs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/theory_report.h"
#include "tests/app/theory_scenarios.h"

namespace steelyard::app {
namespace {

using test::kShop;
using test::scenario_of;
using testing::Contains;

// shoppers call orders, which needs users (2 instances), and the store one time in two.
TEST(DependenciesTest, SayWhatIsLostWithWhom) {
  const Dependencies found = dependencies_of(traffic_of(scenario_of(kShop)));
  EXPECT_EQ(found.losses[1].of_clients, (std::vector<double>{1, 1}));
  EXPECT_EQ(found.losses[2].of_clients, (std::vector<double>{1, 1}));  // by way of users
  EXPECT_EQ(found.losses[0].of_clients, (std::vector<double>{1, 0}));
  // The only store has one instance, less than orders' two and users' four.
  ASSERT_EQ(found.ways.size(), 2u);
  EXPECT_EQ(found.ways[0].passes, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(found.ways[1].passes, (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(found.ways[0].instances.cost, 1);
  EXPECT_EQ(found.ways[0].instances.nodes, std::vector<std::size_t>{2});
}

// Two calls of the same service are one link.
TEST(DependenciesTest, CountCallsOfOneServiceAsOneLink) {
  const Scenario scenario = scenario_of(R"(
services:
  a: {instances: 1, service_time: 1ms, calls: [b, b]}
  b: {instances: 1, service_time: 1ms}
clients:
  x: {calls: a, arrivals: {poisson: 1/s}}
)");
  const Dependencies found = dependencies_of(traffic_of(scenario));
  const std::pair<std::optional<std::size_t>, std::size_t> link{0, 1};
  EXPECT_THAT(found.only_links, Contains(link));
}

TEST(CapacityPlanTest, KnowsNoPercentilesOfOtherDistributions) {
  const Scenario scenario =
      scenario_of(kShop, {"services.users.service_time={hyperexponential: {mean: 4ms, scv: 20}}"});
  const TheoryReport report = theory_report(scenario, {.p99_seconds = 0.05, .failures = {}});
  EXPECT_FALSE(report.capacity.services[1].knows_percentiles);
  EXPECT_FALSE(report.capacity.services[1].at_random);
  EXPECT_TRUE(report.capacity.services[2].at_random);
}

// 310/s of 4 ms are 1.24 places of 4: one instance. Users: 1.3 places: two of four; so three may
// fail, and two must.
TEST(CapacityPlanTest, NeedsWhatCarriesTheLoad) {
  const Scenario scenario = scenario_of(kShop);
  const TheoryReport report = theory_report(
      scenario, {.p99_seconds = 0.05,
                 .failures = FailureAssumptions{
                     .mean_time_to_failure = 1000, .mean_time_to_repair = 10, .repairers = 1}});
  EXPECT_EQ(report.capacity.services[1].keep_up, 2);
  EXPECT_EQ(report.availability->services[1].needed, 2);
  const double stock = report.availability->services[2].availability->unavailable;
  EXPECT_NEAR(stock, 10.0 / 1010, 1e-12);
  double visitors = 1;
  for (const std::size_t needed : {1, 2})
    visitors *= 1 - report.availability->services[needed].availability->unavailable;
  EXPECT_NEAR(report.availability->of_clients[1].high, 1 - visitors, 1e-15);
  EXPECT_LE(*report.capacity.services[1].at_best, *report.capacity.services[1].at_random);
  // Overloaded: never enough.
  const Scenario late = scenario_of(kShop, {"services.stock.service_time={exponential: 40ms}"});
  EXPECT_FALSE(theory_report(late, {.failures = FailureAssumptions{.mean_time_to_failure = 1000,
                                                                   .mean_time_to_repair = 10}})
                   .availability->services[2]
                   .availability);
}

}  // namespace
}  // namespace steelyard::app
