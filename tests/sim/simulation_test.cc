// Runs as a whole: conservation, replications, common random numbers.
#include "sim/simulation.h"

#include <gtest/gtest.h>

#include "core/registry.h"
#include "tests/sim/scene.h"

namespace steelyard {
namespace {

using test::scenario_of;
using test::simulated;

// Room for everybody, so that the latency of a request is its service demand.
const std::string kRoomForAll = R"(
name: room
run: {duration: 60s, warmup: 0s, replications: 1}
services:
  a: {instances: 5, concurrency: 1000000, service_time: {exponential: 5ms}, calls: [b]}
  b: {instances: 3, concurrency: 1000000, service_time: {lognormal: {median: 2ms, p99: 20ms}}}
clients:
  x: {calls: a, arrivals: {poisson: 1000/s}, keys: {count: 100}}
)";

bool same(const Histogram& a, const Histogram& b) {
  const auto x = a.buckets();
  const auto y = b.buckets();
  return a.mean() == b.mean() && a.min() == b.min() && a.max() == b.max() &&
         std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto& p, const auto& q) {
           return p.highest == q.highest && p.count == q.count;
         });
}
std::vector<std::uint64_t> offered(const RunRecord& record) {
  std::vector<std::uint64_t> counts;
  for (const SeriesBucket& bucket : record.series) counts.push_back(bucket.offered);
  return counts;
}

// The sum of all latencies is exact to the nanosecond: one other demand would show.
TEST(CommonRandomNumbers, EveryBalancerMeetsTheSameRequestsWithTheSameDemands) {
  const RunRecord reference =
      simulated(scenario_of(kRoomForAll, {"strategies.balancer=round_robin"}));
  EXPECT_GT(reference.offered, 59'000u);
  for (const StrategyInfo* info : Catalogue::of_kind("balancer")) {
    const RunRecord record =
        simulated(scenario_of(kRoomForAll, {"strategies.balancer=" + info->name}));
    EXPECT_EQ(record.offered, reference.offered) << info->name;
    EXPECT_EQ(offered(record), offered(reference)) << info->name;
    EXPECT_TRUE(same(record.clients[0].latency_ns, reference.clients[0].latency_ns)) << info->name;
  }
}

TEST(CommonRandomNumbers, AnotherClientChangesNothing) {
  const RunRecord alone = simulated(scenario_of(kRoomForAll));
  const RunRecord together = simulated(
      scenario_of(kRoomForAll, {"clients.y={calls: a, arrivals: {poisson: 700/s}}",
                                "clients.z={calls: b, closed: {users: 10, think_time: 1ms}}"}));
  EXPECT_GT(together.offered, alone.offered + 40'000);
  EXPECT_TRUE(same(alone.clients[0].latency_ns, together.clients[0].latency_ns));
}

TEST(CommonRandomNumbers, ANewServiceChangesNothing) {
  const RunRecord without = simulated(scenario_of(kRoomForAll));
  const RunRecord with = simulated(
      scenario_of(kRoomForAll, {"services.c={instances: 1, concurrency: 1000, service_time: 1ms}",
                                "clients.y={calls: c, arrivals: {poisson: 700/s}}"}));
  EXPECT_TRUE(same(without.clients[0].latency_ns, with.clients[0].latency_ns));
}

// A request that comes later in another variant still has its demands: the sums agree although the
// network shifts every arrival at b.
TEST(CommonRandomNumbers, DemandsDoNotDependOnTime) {
  const RunRecord quick = simulated(scenario_of(kRoomForAll, {"run.duration=20s"}));
  const RunRecord slow =
      simulated(scenario_of(kRoomForAll, {"run.duration=20s", "network.latency=1s"}));
  // The fastest request: 4 s more for four messages.
  EXPECT_EQ(slow.clients[0].latency_ns.min(), quick.clients[0].latency_ns.min() + 4'000'000'000);
}

TEST(Simulation, IsAFunctionOfScenarioAndReplication) {
  const Scenario scenario = scenario_of(kRoomForAll);
  const RunRecord first = simulated(scenario, 3);
  const RunRecord again = simulated(scenario, 3);
  const RunRecord other = simulated(scenario, 4);
  EXPECT_TRUE(same(first.clients[0].latency_ns, again.clients[0].latency_ns));
  EXPECT_EQ(offered(first), offered(again));
  EXPECT_EQ(first.events, again.events);
  EXPECT_FALSE(same(first.clients[0].latency_ns, other.clients[0].latency_ns));
  EXPECT_NE(offered(first), offered(other));
}

TEST(Simulation, DependsOnTheSeed) {
  const RunRecord one = simulated(scenario_of(kRoomForAll, {"run.seed=1"}));
  const RunRecord two = simulated(scenario_of(kRoomForAll, {"run.seed=2"}));
  EXPECT_NE(offered(one), offered(two));
}

TEST(Simulation, StopsWhenProgressSaysSo) {
  const Scenario scenario = scenario_of(kRoomForAll);
  double last = 0;
  EXPECT_FALSE(simulate(scenario, 0, [&](double share) {
                 last = share;
                 return false;
               }).has_value());
  EXPECT_GT(last, 0);
  EXPECT_LT(last, 1);
}

TEST(Simulation, ReportsGrowingProgress) {
  double last = 0;
  int reports = 0;
  (void)simulate(scenario_of(kRoomForAll), 0, [&](double share) {
    EXPECT_GE(share, last);
    EXPECT_LE(share, 1);
    last = share;
    ++reports;
    return true;
  });
  EXPECT_GT(reports, 1);
}

// Only requests that ended after the warm-up are measured; all are counted.
TEST(Simulation, MeasuresAfterTheWarmup) {
  const RunRecord record = simulated(scenario_of(R"(
name: warm
run: {duration: 10s, warmup: 4s, replications: 1}
services:
  a: {instances: 1, concurrency: 10, service_time: 1ms}
clients:
  x: {calls: a, arrivals: {constant: 100/s}}
)"));
  // Due at 10 ms, 20 ms, ..., 10 s; the last one ends after the run. From 4 s on 601 arrive and 600
  // are answered.
  EXPECT_EQ(record.offered, 1000u);
  EXPECT_EQ(record.unfinished, 1u);
  EXPECT_EQ(record.clients[0].latency_ns.count(), 600u);
  EXPECT_EQ(record.answered, 600u);
  EXPECT_EQ(record.succeeded, 600u);
  EXPECT_DOUBLE_EQ(record.measured_seconds, 6);
  EXPECT_EQ(record.services[0].instances[0].attempts, 601u);
  EXPECT_NEAR(record.services[0].instances[0].busy_seconds, 0.06, 1e-12);
}

// Load far above capacity, faults of every kind, retries, time-outs, loss: whatever happens,
// simulated() checks that every request is accounted for.
class Conservation : public testing::TestWithParam<std::string> {};

TEST_P(Conservation, HoldsInTurmoil) {
  const Scenario scenario = scenario_of(R"(
name: turmoil
run: {duration: 30s, warmup: 3s, replications: 1}
network:
  zones: [east, west]
  latency: {within: {exponential: 200us}, between: {lognormal: {median: 2ms, p99: 9ms}}}
  loss: 1%
  retransmit: never
  bandwidth: 10MB/s
services:
  a: {instances: 4, concurrency: 4, queue: {limit: 20}, service_time: {exponential: 4ms},
      calls: [b, [b, {c: {probability: 30%}}]], holds_slot_during_calls: false}
  b: {instances: 3, concurrency: 2, queue: {discipline: processor_sharing, limit: 10},
      service_time: {pareto: {mean: 3ms, shape: 1.5}}}
  c: {instances: 2, queue: {discipline: lifo, limit: 5}, service_time: {exponential: 6ms}}
clients:
  x: {calls: a, arrivals: {poisson: 1500/s}, keys: {count: 1000, zipf: 1.1}}
  y: {calls: b, closed: {users: 30}, zone: west}
faults:
  - {at: 5s, for: 3s, crash: {target: a/0}}
  - {at: 6s, for: 8s, pause: {target: b/1}}
  - {at: 7s, for: 9s, slow: {target: "zone:west", factor: 5}}
  - {at: 8s, for: 2s, crash: {target: "zone:east"}}
  - {at: 9s, for: 9s, network_delay: {target: b, latency: {exponential: 10ms}}}
  - {at: 20s, crash: {target: c}}
  - {at: 22s, for: 2s, reset: {target: b}}
strategies:
  resilience: {timeout: 200ms, retry: {attempts_max: 4, backoff_base: 2ms, backoff_max: 20ms}}
)",
                                        {"strategies.balancer=" + GetParam()});
  const RunRecord record = simulated(scenario);
  EXPECT_GT(test::succeeded(record), 1000u);
  for (const Outcome outcome : {Outcome::queue_full, Outcome::connection_refused,
                                Outcome::connection_reset, Outcome::deadline_exceeded})
    EXPECT_GT(record.finished[static_cast<std::size_t>(outcome)], 0u) << to_text(outcome);
}

std::vector<std::string> balancer_names() {
  std::vector<std::string> names;
  for (const StrategyInfo* info : Catalogue::of_kind("balancer")) names.push_back(info->name);
  return names;
}
INSTANTIATE_TEST_SUITE_P(Balancers, Conservation, testing::ValuesIn(balancer_names()),
                         [](const auto& of) { return of.param; });

}  // namespace
}  // namespace steelyard
