// Services whose instances differ, by hand.
#include "app/instance_kinds.h"

#include <gtest/gtest.h>

#include <cmath>

#include "app/facts.h"
#include "app/theory_report.h"
#include "tests/app/theory_scenarios.h"

namespace steelyard::app {
namespace {

using test::one;
using test::scenario_of;
using test::value_of;

// Drawn alike, an instance of speed 2 and two of 1 get 50/s each: M/M/1 of 5 and of 10 ms, means
// 5/(1 - 0.25) and 10/(1 - 0.5). Later than t is 1/3 e^(-150 t) + 2/3 e^(-50 t).
TEST(InstanceKinds, UnequalInstancesAreQueuesOfTheirOwn) {
  const std::string fleet =
      "instances: [{speed: 2, weight: 3}, {count: 2}], service_time: {exponential: 10ms}";
  const std::vector<TheoryValue> values =
      theory_of(scenario_of(one(fleet, "150/s"), {"strategies.balancer=random"}));
  EXPECT_NEAR(value_of(values, "latency_ms.mean"), (20 / 3.0 + 2 * 20) / 3, 1e-9);
  const double p99 = value_of(values, "latency_ms.p99") / 1e3;
  EXPECT_NEAR(std::exp(-150 * p99) / 3 + 2 * std::exp(-50 * p99) / 3, 0.01, 1e-12);
  // By weight the first gets 90/s and the others 30/s.
  EXPECT_NEAR(
      value_of(theory_of(scenario_of(one(fleet, "150/s"), {"strategies.balancer=weighted_random"})),
               "latency_ms.mean"),
      (3 * 5 / (1 - 0.45) + 2 * 10 / (1 - 0.3)) / 5, 1e-9);
}

// 250 of the 400/s that they can serve: 83/s at each, of which two can serve 100. With 350/s those
// get 117, and whoever does not look drowns them.
TEST(InstanceKinds, ASlowInstanceMayGetTooMuchWhereAllTogetherDoNot) {
  const std::string fleet =
      "instances: [{speed: 2}, {count: 2}], service_time: {exponential: 10ms}";
  const auto times_of = [&](const std::string& rate, const std::string& balancer) {
    const Scenario scenario = scenario_of(one(fleet, rate), {"strategies.balancer=" + balancer});
    const Traffic traffic = traffic_of(scenario);
    return response_times(scenario, traffic).services.front().own;
  };
  EXPECT_TRUE(std::isfinite(times_of("250/s", "random").mean.high));
  EXPECT_EQ(times_of("350/s", "random").model, "overloaded in part");
  EXPECT_TRUE(std::isinf(times_of("350/s", "random").mean.low));
  const ClosedForm looking = times_of("350/s", "peak_ewma");
  EXPECT_TRUE(std::isfinite(looking.mean.low));
  EXPECT_TRUE(std::isinf(looking.mean.high));
  EXPECT_EQ(looking.model, "M/M/3 to overload");
  EXPECT_EQ(times_of("450/s", "random").model, "overloaded");
}

// Drawn alike, two of three instances get 50 of the 100/s that they can serve, and give way at
// twice as much; who looks can use all of 400/s.
TEST(InstanceKinds, TheSlowestInstanceGivesWayFirstWhereNobodyLooks) {
  const auto growth = [](const std::string& balancer) {
    const Scenario scenario = scenario_of(R"(
services:
  a: {instances: [{speed: 2}, {count: 2}], service_time: 10ms}
clients:
  x: {calls: a, arrivals: {poisson: 150/s}}
strategies: {balancer: )" + balancer + "}\n");
    const Traffic traffic = traffic_of(scenario);
    return capacity_plan(traffic, response_times(scenario, traffic), {}).growth;
  };
  EXPECT_NEAR(growth("random"), 2, 1e-9);
  EXPECT_NEAR(growth("peak_ewma"), 400 / 150.0, 1e-9);
}

// 150/s of 10 ms by one place each, at random: two instances of speed 1 get 75/s each, which is
// M/M/1 with a p99 of 4.6/(100 - 75) = 184 ms; three 50/s, 92 ms; four 37.5/s, 74 ms. Twice as fast
// ones beside them do not help those.
TEST(InstanceKinds, TheBusiestDecideOnATarget) {
  const auto at_random = [](const std::string& instances, double p99_seconds,
                            const std::string& balancer = "random") {
    const Scenario scenario =
        scenario_of(one("instances: " + instances + ", service_time: {exponential: 10ms}", "150/s"),
                    {"strategies.balancer=" + balancer});
    const Traffic traffic = traffic_of(scenario);
    return capacity_plan(traffic, response_times(scenario, traffic), p99_seconds)
        .services.front()
        .at_random;
  };
  for (const char* instances : {"3", "[{speed: 2}, {count: 2}]"}) {
    EXPECT_EQ(at_random(instances, 0.185), 2) << instances;
    EXPECT_EQ(at_random(instances, 0.100), 3) << instances;
    EXPECT_EQ(at_random(instances, 0.075), 4) << instances;
  }
  // A fast one of twice the weight leaves the others 3/4 of that: two get 56/s each, p99 105 ms.
  const std::string weighted = "[{speed: 3, weight: 2}, {count: 2}]";
  EXPECT_EQ(at_random(weighted, 0.110), 3);
  EXPECT_EQ(at_random(weighted, 0.110, "weighted_random"), 2);
}

}  // namespace
}  // namespace steelyard::app
