// Callers that each see their own part of the truth.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/scene.h"

namespace steelyard {
namespace {

using test::scenario_of;
using test::simulated;

const std::string kScene = R"(
name: views
run: {duration: 20s, warmup: 0s}
services:
  orders: {instances: 10, concurrency: 100, service_time: 1ms}
clients:
  shoppers: {calls: orders, instances: 1, arrivals: {poisson: {rate: 1000/s}}}
strategies: {balancer: round_robin}
)";

// Of the most and the least attempts that an instance got.
std::uint64_t spread(const std::vector<std::string>& overrides) {
  const RunRecord record = simulated(scenario_of(kScene, overrides));
  const auto& instances = record.services[0].instances;
  const auto [least, most] = std::minmax_element(
      instances.begin(), instances.end(),
      [](const InstanceRecord& a, const InstanceRecord& b) { return a.attempts < b.attempts; });
  return most->attempts - least->attempts;
}

TEST(Views, OneRotationIsEven) { EXPECT_LE(spread({}), 1u); }

// 200 rotations of some 100 requests each. Each gives every instance the same but for a remainder,
// which goes to r of ten; an instance is among them with probability r/10, of variance 1/6 on
// average. So its sum over 200 has a standard deviation of 5.8, and the range of ten normal numbers
// is 3.1 of that on average, below 1 of it hardly ever.
TEST(Views, ManyRotationsAreNot) {
  EXPECT_GT(spread({"clients.shoppers.instances=200"}), 5u);
  EXPECT_GT(spread({"strategies.view.workers=200"}), 5u);
}

TEST(Views, WorkersMultiplyWithProcesses) {
  const Scenario scenario = scenario_of(
      kScene,
      {"clients.shoppers.instances=3", "strategies.view.workers=2", "strategies.view.known=1%"});
  // Six views of one instance each: no more than six of ten get anything.
  const RunRecord record = simulated(scenario);
  const auto& instances = record.services[0].instances;
  const auto used = std::count_if(instances.begin(), instances.end(),
                                  [](const InstanceRecord& each) { return each.attempts > 0; });
  EXPECT_GE(used, 2);
  EXPECT_LE(used, 6);
}

TEST(Views, ServicesCallThroughTheirWorkersToo) {
  const RunRecord record = simulated(scenario_of(R"(
name: views
run: {duration: 10s, warmup: 0s}
services:
  front: {instances: 1, concurrency: 1000, service_time: 1ms, calls: [back]}
  back: {instances: 10, concurrency: 100, service_time: 1ms,
         strategies: {view: {workers: 3, known: 1%}}}
clients:
  shoppers: {calls: front, arrivals: {poisson: {rate: 1000/s}}}
)"));
  const auto& instances = record.services[1].instances;
  const auto used = std::count_if(instances.begin(), instances.end(),
                                  [](const InstanceRecord& each) { return each.attempts > 0; });
  EXPECT_GE(used, 1);
  EXPECT_LE(used, 3);
}

// Absent: no member, and refused by those who have not heard of it.
TEST(Views, AnAbsentInstanceGetsNothingFromThoseWhoKnow) {
  const std::string absent = "faults=[{at: 0s, absent: {target: orders/3}}]";
  const RunRecord record = simulated(scenario_of(kScene, {absent}));
  EXPECT_EQ(record.services[0].instances[3].attempts, 0u);
  EXPECT_EQ(test::failed(record), 0u);
}

// 5 s until all know, on average 2.5 s for one view; a tenth of 1000 requests/s.
TEST(Views, ThoseWhoHaveNotHeardOfItAreRefused) {
  const RunRecord record = simulated(
      scenario_of(kScene, {"faults=[{at: 10s, absent: {target: orders/3}}]",
                           "clients.shoppers.instances=100", "strategies.view.refresh=5s"}));
  const auto refused = record.finished[static_cast<std::size_t>(Outcome::connection_refused)];
  EXPECT_GT(refused, 150u);
  EXPECT_LT(refused, 350u);
  EXPECT_EQ(test::failed(record), refused);
}

// What is under way at an instance that leaves goes on.
TEST(Views, LeavingLosesNothing) {
  EXPECT_EQ(test::happened(R"(
services:
  a: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 6}}
faults: [{at: 5ms, absent: {target: a}}]
)"),
            "x 10, y no_endpoint");
}

// Each of a hundred clients sends 200 requests in turn to all ten; one that comes back is connected
// to anew; a proxy's are its own.
TEST(Views, EveryCallerConnectsToEveryInstanceItSendsTo) {
  const auto connections = [](std::vector<std::string> overrides) {
    overrides.push_back("clients.shoppers.instances=100");
    return simulated(scenario_of(kScene, std::move(overrides))).connections;
  };
  EXPECT_EQ(connections({}), 100 * 10u);
  EXPECT_EQ(connections({"faults=[{at: 5s, for: 5s, absent: {target: orders/3}}]"}), 100 * 11u);
  EXPECT_EQ(connections({"strategies.layers=[{random_subset: {size: 3}}]"}), 100 * 3u);
  EXPECT_EQ(connections({"via=steelyard", "strategies.view.workers=4"}), 4 * 10u);
}

// Nine of ten are connected at first. If one of them is away, so is the tenth; when it is back, the
// tenth is dropped; and both once more. Whoever is the tenth itself can leave unnoticed.
TEST(Views, WhoASubsetDropsIsDisconnected) {
  int unnoticed = 0;
  for (int away = 0; away < 10; ++away) {
    const RunRecord record = simulated(scenario_of(
        kScene, {"strategies.layers=[{random_subset: {size: 9}}]",
                 fmt::format("faults=[{{at: 5s, for: 2s, absent: {{target: orders/{0}}}}}, "
                             "{{at: 10s, for: 2s, absent: {{target: orders/{0}}}}}]",
                             away)}));
    if (record.connections == 9u)
      ++unnoticed;
    else
      EXPECT_EQ(record.connections, 9 + 4u) << away;
  }
  EXPECT_EQ(unnoticed, 1);
}

// One client to the front, which alone calls the ten at the back.
TEST(Views, CallsBetweenServicesNeedConnectionsToo) {
  const RunRecord record = simulated(scenario_of(R"(
name: views
run: {duration: 10s, warmup: 0s}
services:
  front: {instances: 1, concurrency: 1000, service_time: 1ms, calls: [back]}
  back: {instances: 10, concurrency: 100, service_time: 1ms}
clients:
  shoppers: {calls: front, arrivals: {poisson: {rate: 1000/s}}}
strategies: {balancer: round_robin}
)"));
  EXPECT_EQ(record.connections, 1 + 10u);
}

TEST(Views, AProxysWorkersAreBlindToEachOther) {
  EXPECT_LE(spread({"via=steelyard"}), 1u);
  EXPECT_GT(spread({"via=steelyard", "strategies.view.workers=200"}), 5u);
}

}  // namespace
}  // namespace steelyard
