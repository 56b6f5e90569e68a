// What theory knows of scenarios, and what it says it leaves out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "app/assumptions.h"
#include "app/facts.h"
#include "app/networks.h"
#include "app/theory_report.h"
#include "models/dispatching.h"
#include "models/queueing.h"
#include "models/shortest_queue.h"
#include "scenarios/loader.h"

namespace steelyard::app {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Scenario scenario_of(const std::string& text, std::vector<std::string> overrides = {}) {
  const LoadResult loaded =
      load_scenario_text("name: theory\n" + text, "test.yaml", {.overrides = std::move(overrides)});
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_text(problem);
  return loaded.comparison->base();
}

// Three services in a Jackson network; 100/s and 60/s arrive.
constexpr const char* kShop = R"(
services:
  orders: {instances: 2, concurrency: 2, service_time: {exponential: 10ms}, holds_slot_during_calls: false,
           calls: [users, {stock: {probability: 0.5}}, users]}
  users: {instances: 4, service_time: {exponential: 5ms}, holds_slot_during_calls: false, calls: [stock]}
  stock: {instances: 1, concurrency: 4, service_time: {exponential: 4ms}}
clients:
  shoppers: {calls: orders, arrivals: {poisson: 100/s}}
  visitors: {calls: users, arrivals: {poisson: 60/s}}
strategies: {balancer: random}
)";

std::string one(const std::string& service, const std::string& rate = "80/s") {
  return "services:\n  a: {" + service +
         "}\nclients:\n  x: {calls: a, arrivals: {poisson: " + rate + "}}\n";
}

double value_of(const std::vector<TheoryValue>& values, const std::string& metric) {
  for (const TheoryValue& value : values)
    if (value.metric == metric) return value.value;
  ADD_FAILURE() << "no theory of " << metric;
  return 0;
}

// ---- Traffic -----------------------------------------------------------------------------------

// users: 60 + 2 * 100; stock: .5 * 100 + 260. What topological order adds up is what solving the
// traffic equations gives.
TEST(TrafficTest, IsTheSolutionOfTheTrafficEquations) {
  const Scenario scenario = scenario_of(kShop);
  const Traffic traffic = traffic_of(scenario);
  EXPECT_NEAR(traffic.services[0].rate, 100, 1e-12);
  EXPECT_NEAR(traffic.services[1].rate, 260, 1e-12);
  EXPECT_NEAR(traffic.services[2].rate, 310, 1e-12);
  EXPECT_NEAR(traffic.clients[0].visits[2], 2.5, 1e-15);
  EXPECT_NEAR(traffic.services[2].utilisation(), 310 * 0.004 / 4, 1e-15);
  const auto solved = jackson_network_of(traffic);
  ASSERT_TRUE(solved);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(solved->rates(static_cast<Eigen::Index>(i)), traffic.services[i].rate, 1e-10);
}

TEST(TrafficTest, CountsChannels) {
  const Scenario direct = scenario_of(kShop);
  EXPECT_EQ(traffic_of(direct).services[1].callers, 3u);  // two instances of orders, one client
  const Scenario both = scenario_of(R"(
services:
  a: {instances: 2, service_time: 1ms}
clients:
  x: {calls: a, arrivals: {poisson: 1/s}}
  y: {calls: a, arrivals: {poisson: 1/s}}
)");
  EXPECT_EQ(traffic_of(both).services[0].callers, 2u);
  Scenario proxied = both;
  proxied.via = Via::steelyard;
  EXPECT_EQ(traffic_of(proxied).services[0].callers, 1u);
}

// Two of speed 2 and two of 1: 6 places' worth of a place of speed 1, where 10 ms are 100/s.
TEST(TrafficTest, AddsUpSpeeds) {
  const Scenario scenario =
      scenario_of(one("instances: [{count: 2, speed: 2}, {count: 2}], service_time: 10ms"));
  const Traffic traffic = traffic_of(scenario);
  EXPECT_NEAR(traffic.services[0].capacity(), 600, 1e-9);
  EXPECT_FALSE(traffic.services[0].alike);
}

// Sharing does not cost processors: ten of them serve ten times as much.
TEST(TrafficTest, CountsTheProcessorsThatAreShared) {
  const std::string shared =
      "instances: 1, concurrency: 10, service_time: 10ms, queue: {discipline: processor_sharing}";
  EXPECT_THAT(notes_on(scenario_of(one(shared, "900/s"))), IsEmpty());
  EXPECT_THAT(notes_on(scenario_of(one(shared, "1100/s"))),
              ElementsAre(HasSubstr("can serve 1,000/s at most")));
}

// ---- Beside measurements -----------------------------------------------------------------------

// M/M/2 of 50/s, M/M/1 of 65/s at 5 ms, M/M/4 of 310/s at 4 ms; each is visited as often as called.
TEST(TheoryOf, AJacksonNetworkAddsUpItsVisits) {
  const std::vector<TheoryValue> values = theory_of(scenario_of(kShop));
  const double orders = queueing::MMc{50, 0.010, 2}.mean_response();
  const double users = 0.005 / (1 - 0.325);
  const double stock = queueing::MMc{310, 0.004, 4}.mean_response();
  const double shoppers = orders + 2 * users + 2.5 * stock;
  const double visitors = users + stock;
  EXPECT_NEAR(value_of(values, "clients.shoppers.latency_ms.mean"), shoppers * 1e3, 1e-9);
  EXPECT_NEAR(value_of(values, "clients.visitors.latency_ms.mean"), visitors * 1e3, 1e-9);
  EXPECT_NEAR(value_of(values, "latency_ms.mean"), (100 * shoppers + 60 * visitors) / 160 * 1e3,
              1e-9);
  EXPECT_NEAR(value_of(values, "services.users.utilisation"), 0.325, 1e-12);
}

TEST(TheoryOf, AQueueWithALimitIsWhatItRefuses) {
  const std::vector<TheoryValue> values = theory_of(scenario_of(
      one("instances: 1, concurrency: 2, service_time: {exponential: 10ms}, queue: {limit: 3}",
          "300/s")));
  const queueing::MMcK queue = queueing::mmck(300, 0.01, 2, 5);
  EXPECT_NEAR(value_of(values, "error_ratio"), queue.block_probability, 1e-15);
  EXPECT_NEAR(value_of(values, "latency_ms.mean"), queue.mean_response * 1e3, 1e-12);
  EXPECT_EQ(values.size(), 2u);
}

TEST(TheoryOf, AClosedLoopIsAClosedNetwork) {
  const std::vector<TheoryValue> values = theory_of(scenario_of(R"(
services:
  a: {instances: 1, concurrency: 2, service_time: {exponential: 10ms}}
clients:
  x: {calls: a, closed: {users: 5, think_time: 20ms}}
)"));
  const double expected = queueing::closed_throughput(5, 0.02, 0.01, 2);
  EXPECT_NEAR(value_of(values, "throughput_rps"), expected, 1e-9);
  EXPECT_NEAR(value_of(values, "latency_ms.mean"), (5 / expected - 0.02) * 1e3, 1e-9);
}

TEST(TheoryOf, BalancersThatLookHaveTheirModels) {
  const auto mean_of = [](const std::string& balancer) {
    return value_of(theory_of(scenario_of(
                        one("instances: 10, service_time: {exponential: 10ms}", "900/s") +
                        "strategies: {balancer: " + balancer + "}\n")),
                    "latency_ms.mean") /
           10;
  };
  EXPECT_NEAR(mean_of("random"), 10, 1e-9);
  EXPECT_NEAR(mean_of("round_robin"), queueing::round_robin_mean_response(0.9, 10), 1e-9);
  EXPECT_NEAR(mean_of("p2c"), 2.6141 + 0.45, 1e-3);
  const queueing::Bounds bounds = queueing::shortest_queue_mean_response(0.9, 10);
  EXPECT_NEAR(mean_of("least_request"), (bounds.low + bounds.high) / 2, 1e-9);
}

// Join-the-idle-queue's dispatchers are the views: five servers for each of four processes.
TEST(TheoryOf, TheIdleQueueCountsDispatchers) {
  const Scenario scenario = scenario_of(R"(
services:
  a: {instances: 20, service_time: {exponential: 10ms}}
clients:
  x: {calls: a, instances: 4, arrivals: {poisson: 1600/s}}
strategies: {balancer: join_idle_queue}
)");
  EXPECT_NEAR(value_of(theory_of(scenario), "latency_ms.mean"),
              10 * queueing::idle_queue_mean_response(0.8, 5), 1e-9);
}

// A model is of one rule. Variants of it, and whatever stands in front, have none.
TEST(TheoryOf, NothingWhereABalancerIsNotTheTextbooks) {
  const std::string service = one("instances: 10, service_time: {exponential: 10ms}", "900/s");
  for (const char* other : {"balancer={p2c: {replacement: true}}", "balancer={p2c: {memory: true}}",
                            "balancer={least_request: {load: reported}}",
                            "balancer={join_idle_queue: {otherwise: p2c}}", "balancer=peak_ewma",
                            "view={known: 50%}", "view={workers: 2}"}) {
    const std::string balancer = std::string(other).starts_with("view") ? "round_robin" : "random";
    EXPECT_THAT(theory_of(scenario_of(service + "strategies: {balancer: " + balancer + "}\n",
                                      {std::string("strategies.") + other})),
                IsEmpty())
        << other;
  }
  EXPECT_THAT(theory_of(scenario_of(
                  service, {"strategies.balancer=random", "strategies.view={workers: 2}"})),
              Not(IsEmpty()));
}

// Each of these alone is enough for theory to be silent beside a measurement.
TEST(TheoryOf, NothingWhereAnAssumptionIsBroken) {
  ASSERT_THAT(theory_of(scenario_of(kShop)), Not(IsEmpty()));
  for (const char* broken :
       {"network={latency: 1ms}", "network={loss: 1%}",
        "faults=[{at: 1s, slow: {target: users/0, factor: 2}}]",
        "strategies.resilience={timeout: 1s}", "strategies.balancer=p2c",
        "services.orders.holds_slot_during_calls=true", "services.orders.calls=[[users, stock]]",
        "services.users.service_time=5ms", "services.users.queue={limit: 10}",
        "services.users.queue={discipline: lifo}",
        "services.users.instances=[{count: 4}, {speed: 2}]",
        "clients.visitors.arrivals={constant: 60/s}",
        "clients.visitors={calls: users, closed: {users: 3}}",
        "services.stock.service_time={exponential: 40ms}"})  // overloaded
    EXPECT_THAT(theory_of(scenario_of(kShop, {broken})), IsEmpty()) << broken;
}

// One processor for all does not mind what the service time is like.
TEST(TheoryOf, ASharedProcessorMayBeAStation) {
  const auto shared = [](const char* service_time) {
    return value_of(
        theory_of(scenario_of(kShop, {std::string("services.users.service_time=") + service_time,
                                      "services.users.queue={discipline: processor_sharing}"})),
        "latency_ms.mean");
  };
  EXPECT_NEAR(shared("5ms"), shared("{exponential: 5ms}"), 1e-9);
}

// ---- In words ----------------------------------------------------------------------------------

TEST(LeftOutTest, SaysWhatAndWhose) {
  const Scenario scenario =
      scenario_of(kShop, {"strategies.resilience={timeout: 1s}", "services.users.service_time=5ms",
                          "services.orders.calls=[[users, stock]]",
                          "services.orders.holds_slot_during_calls=true", "network={latency: 1ms}",
                          "clients.visitors.arrivals={constant: 60/s}"});
  const std::vector<std::string> lines =
      to_lines(left_out_of_jackson(scenario, traffic_of(scenario)));
  EXPECT_THAT(lines,
              ElementsAre("constant arrivals, not poisson: visitors", "the network's latency",
                          "a deadline of 1s: orders, users and stock",
                          "places that are kept during calls: orders", "calls made at once: orders",
                          "constant service, not exponential: users"));
}

// ---- The report --------------------------------------------------------------------------------

// A place of orders is taken for its own 10 ms and for both calls to users (nearly idle): M/M/1 of
// 20 ms at 20/s, of which 10 ms are its own.
TEST(ResponseTimesTest, OfKeptPlacesCountTheCalls) {
  const Scenario scenario = scenario_of(R"(
services:
  orders: {instances: 1, service_time: {exponential: 10ms}, calls: [users, users]}
  users: {instances: 1, concurrency: 1000, service_time: {exponential: 5ms}}
clients:
  x: {calls: orders, arrivals: {poisson: 20/s}}
)");
  const TheoryReport report = theory_report(scenario, {});
  EXPECT_NEAR(report.times.services[0].held, 0.020, 1e-12);
  EXPECT_NEAR(report.times.services[0].utilisation, 0.4, 1e-9);
  EXPECT_NEAR(report.times.clients[0].mean.low, 0.020 / 0.6, 1e-9);
  EXPECT_THAT(report.times.left_out, ElementsAre("places that are kept during calls: orders"));
  // At 50/s there is no place left, though the service itself takes but half of the time.
  ASSERT_TRUE(report.capacity.bottleneck);
  EXPECT_EQ(*report.capacity.bottleneck, 0u);
  EXPECT_NEAR(report.capacity.growth, 2.5, 1e-9);
}

TEST(ResponseTimesTest, OfCallsMadeAtOnceAreALowerBound) {
  const Scenario scenario = scenario_of(kShop, {"services.orders.calls=[[users, stock]]"});
  const TheoryReport report = theory_report(scenario, {});
  EXPECT_TRUE(report.times.clients[0].at_least);
  EXPECT_FALSE(report.times.clients[1].at_least);
  EXPECT_THAT(report.times.left_out, Contains(HasSubstr("calls made at once")));
}

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
  EXPECT_NEAR(report.availability->of_clients[1], visitors, 1e-15);
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
