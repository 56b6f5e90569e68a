// What theory knows of scenarios, and what it says it leaves out.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "app/assumptions.h"
#include "app/facts.h"
#include "app/networks.h"
#include "app/theory_report.h"
#include "models/dispatching.h"
#include "models/general_service.h"
#include "models/queueing.h"
#include "models/shortest_queue.h"
#include "tests/app/theory_scenarios.h"

namespace steelyard::app {
namespace {

using test::kShop;
using test::one;
using test::scenario_of;
using test::value_of;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

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
  EXPECT_NEAR(mean_of("p2c"), 2.6141 + 0.3083, 1e-4);
  EXPECT_NEAR(mean_of("{p2c: {replacement: true}}"), 2.6141 + 0.4429, 1e-4);
  EXPECT_NEAR(mean_of("{p2c: 1}"), 10, 1e-9);
  const queueing::Bounds bounds = queueing::shortest_queue_mean_response(0.9, 10);
  EXPECT_NEAR(mean_of("least_request"), (bounds.low + bounds.high) / 2, 1e-9);
  // Who draws all ten finds the shortest queue.
  EXPECT_NEAR(mean_of("{p2c: 10}"), (bounds.low + bounds.high) / 2, 1e-9);
}

// Two choices of two servers find the shorter queue; and where the correction is half of the limit,
// what it leaves may be half of that.
TEST(TheoryOf, OfFewServersTheSupermarketIsSolvedOrNotKnown) {
  const auto values_of = [](const char* balancer, int instances, const char* rate) {
    return theory_of(scenario_of(
        one(fmt::format("instances: {}, service_time: {{exponential: 10ms}}", instances), rate) +
        fmt::format("strategies: {{balancer: {}}}\n", balancer)));
  };
  EXPECT_NEAR(value_of(values_of("p2c", 2, "160/s"), "latency_ms.mean"),
              10 * queueing::shortest_queue_mean_response(0.8, 2).low, 1e-6);
  EXPECT_THAT(values_of("p2c", 3, "285/s"), IsEmpty());
  EXPECT_THAT(values_of("{p2c: {replacement: true}}", 2, "160/s"), IsEmpty());
  EXPECT_THAT(values_of("p2c", 3, "150/s"), Not(IsEmpty()));
}

// What stands in front of the only instance may turn everybody away.
TEST(TheoryOf, NothingBehindALayerEvenOfOneInstance) {
  const Scenario scenario = scenario_of(
      one("instances: 1, service_time: {exponential: 10ms}") +
      "strategies: {balancer: random, layers: [{locality_weighted: {weights: [0]}}]}\n");
  EXPECT_THAT(theory_of(scenario), IsEmpty());
  EXPECT_THAT(theory_report(scenario, {}).times.left_out,
              ElementsAre("layers in front of the balancer: a"));
}

// One place: as exact as the grid. Several: an approximation that says so, or nothing where it may
// be off by more than a quarter.
TEST(TheoryOf, QueuesOfAnyServiceTimeHavePercentiles) {
  const auto values_of = [](const std::string& service, const char* rate) {
    return theory_of(scenario_of(one(service, rate)));
  };
  const std::vector<TheoryValue> constant = values_of("instances: 1, service_time: 10ms", "80/s");
  EXPECT_NEAR(value_of(constant, "latency_ms.mean"), 10 * (1 + 0.8 / 0.4), 1e-9);
  const auto service = scenario_of(one("instances: 1, service_time: 10ms"));
  const queueing::Bounds p99 =
      queueing::MGc{80, traffic_of(service).services[0].distribution.get(), 1}.response_quantile(
          0.99);
  EXPECT_NEAR(value_of(constant, "latency_ms.p99"), (p99.low + p99.high) / 2 * 1e3, 1e-9);
  EXPECT_EQ(constant.front().tolerance, 0.01);
  const std::string lognormal =
      "instances: 1, concurrency: 8, service_time: {lognormal: {mean: 10ms, sigma: ";
  const std::vector<TheoryValue> several = values_of(lognormal + "0.8}}", "640/s");
  EXPECT_GT(value_of(several, "latency_ms.p99"), value_of(several, "latency_ms.p90"));
  EXPECT_GT(several.front().tolerance, 0.05);
  EXPECT_LT(several.front().tolerance, 0.25);
  EXPECT_THAT(values_of(lognormal + "2}}", "640/s"), IsEmpty());
}

// The order of service, and sharing, change percentiles, not the mean.
TEST(TheoryOf, PercentilesAreOfQueuesThatAreServedInOrder) {
  for (const char* discipline : {"lifo", "processor_sharing"}) {
    const std::vector<TheoryValue> values = theory_of(scenario_of(one(
        std::string("instances: 1, service_time: 10ms, queue: {discipline: ") + discipline + "}",
        "80/s")));
    ASSERT_EQ(values.size(), 1u) << discipline;
    EXPECT_EQ(values.front().metric, "latency_ms.mean");
  }
}

// Join-the-idle-queue's dispatchers are the views: ten servers for each of four processes. Of four
// servers with .8 of one idle on average the limit would be 18 ms, where simulation has 23.2.
TEST(TheoryOf, TheIdleQueueCountsDispatchersAndNeedsIdleServers) {
  const auto values_of = [](int instances, int processes, const char* rate) {
    return theory_of(scenario_of(fmt::format(R"(
services:
  a: {{instances: {}, service_time: {{exponential: 10ms}}}}
clients:
  x: {{calls: a, instances: {}, arrivals: {{poisson: {}}}}}
strategies: {{balancer: join_idle_queue}}
)",
                                             instances, processes, rate)));
  };
  const std::vector<TheoryValue> many = values_of(40, 4, "3200/s");
  EXPECT_NEAR(value_of(many, "latency_ms.mean"), 10 * queueing::idle_queue_mean_response(0.8, 10),
              1e-9);
  // Eight are idle: the more, the nearer is the limit.
  EXPECT_NEAR(many.front().tolerance, 0.1 + 0.45 / (8 * 2), 1e-12);
  EXPECT_THAT(values_of(4, 1, "320/s"), IsEmpty());
}

// A model is of one rule. Variants of it, and whatever stands in front, have none.
TEST(TheoryOf, NothingWhereABalancerIsNotTheTextbooks) {
  const std::string service = one("instances: 10, service_time: {exponential: 10ms}", "900/s");
  for (const char* other :
       {"balancer={p2c: {memory: true}}", "balancer={least_request: {load: reported}}",
        "balancer={join_idle_queue: {otherwise: p2c}}", "balancer=peak_ewma", "view={known: 50%}",
        "view={workers: 2}"}) {
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

// users are 80% busy and so answer in 50 ms; a place of orders is taken for 60 ms of each 12.5: 4.8
// of four. What says that it is overloaded says that four do not keep up.
TEST(CapacityPlanTest, AgreesWithWhatWaitingForCallsTakes) {
  const Scenario scenario = scenario_of(R"(
services:
  orders: {instances: 4, service_time: {exponential: 10ms}, calls: [users]}
  users: {instances: 1, service_time: {exponential: 10ms}}
clients:
  x: {calls: orders, arrivals: {poisson: 80/s}}
strategies: {balancer: random}
)");
  const TheoryReport report = theory_report(scenario, {});
  EXPECT_EQ(report.times.services[0].own.model, "overloaded");
  EXPECT_NEAR(report.times.services[0].utilisation, 1.2, 1e-9);
  EXPECT_EQ(report.capacity.services[0].keep_up, 5);
  EXPECT_EQ(*report.capacity.bottleneck, 0u);
  EXPECT_NEAR(report.capacity.growth, 1 / 1.2, 1e-9);
}

// Two places and room for one more, offered four: chances 1, 4, 8 and 16 in proportion, so 16/29
// are refused, and 4 * 13/29 places are busy.
TEST(ResponseTimesTest, OfAFullQueueCountWhoIsLetIn) {
  const Scenario scenario = scenario_of(
      one("instances: 1, concurrency: 2, service_time: {exponential: 10ms}, queue: {limit: 1}",
          "400/s"));
  const ServiceTimes times = theory_report(scenario, {}).times.services[0];
  EXPECT_NEAR(times.rate, 400, 1e-9);
  EXPECT_NEAR(times.own.block_probability, 16.0 / 29, 1e-12);
  EXPECT_NEAR(times.busy, 4 * 13.0 / 29, 1e-12);
  EXPECT_NEAR(times.utilisation, 2 * 13.0 / 29, 1e-12);
}

// One place, no queue, offered 1: half is refused and calls nobody. Of the 50/s that call s1, with
// one place and none to wait, .5/1.5 are refused, so two thirds of them go on to s2.
TEST(ResponseTimesTest, OfWhatOthersRefuseCountNothing) {
  const Scenario scenario = scenario_of(R"(
services:
  s0: {instances: 1, service_time: {exponential: 10ms}, queue: {limit: 0}, calls: [s1, s2],
       holds_slot_during_calls: false}
  s1: {instances: 1, service_time: {exponential: 10ms}, queue: {limit: 0}}
  s2: {instances: 1, service_time: {exponential: 12ms}}
clients:
  x: {calls: s0, arrivals: {poisson: 100/s}}
)");
  const TheoryReport report = theory_report(scenario, {});
  EXPECT_NEAR(report.times.services[1].rate, 50, 1e-6);
  EXPECT_NEAR(report.times.services[2].rate, 50 / 1.5, 1e-6);
  EXPECT_NEAR(report.times.services[2].utilisation, 0.012 * 50 / 1.5, 1e-8);
  // What s0 lets in is no Poisson stream.
  EXPECT_THAT(report.times.left_out, ElementsAre("a queue limit: s0 and s1"));
}

// A service that looks and has a limit: never more than all its places.
TEST(ResponseTimesTest, OfALimitWithoutAModelRefuseAtLeastWhatIsTooMuch) {
  const Scenario scenario = scenario_of(
      one("instances: 4, service_time: {exponential: 10ms}, queue: {limit: 3}", "800/s") +
      "strategies: {balancer: p2c}\n");
  const TheoryReport report = theory_report(scenario, {});
  EXPECT_NEAR(report.times.services[0].own.block_probability, 0.5, 1e-12);
  EXPECT_NEAR(report.times.services[0].utilisation, 1, 1e-12);
  EXPECT_THAT(report.times.left_out, Contains("a queue limit: a"));
}

// Users who go round beside an open stream: what they add is not known, and not nothing.
TEST(ResponseTimesTest, OfARateThatIsNotKnownAreBoundsOrNothing) {
  const Scenario scenario = scenario_of(R"(
services:
  a: {instances: 3, service_time: {exponential: 10ms}}
  b: {instances: 1, service_time: {exponential: 10ms}}
clients:
  x: {calls: a, arrivals: {poisson: 100/s}}
  y: {calls: a, closed: {users: 30}}
  z: {calls: b, arrivals: {poisson: 50/s}}
)");
  const TheoryReport report = theory_report(scenario, {});
  EXPECT_TRUE(report.times.services[0].at_least);
  EXPECT_NEAR(report.times.services[0].utilisation, 1.0 / 3, 1e-12);
  EXPECT_FALSE(report.times.services[0].own.mean.known());
  EXPECT_FALSE(report.times.clients[0].mean.known());
  EXPECT_FALSE(report.times.services[1].at_least);
  EXPECT_NEAR(report.times.services[1].own.mean.low, 0.02, 1e-12);
  EXPECT_TRUE(theory_json(report)["bottleneck"].is_null());
  EXPECT_THAT(theory_sections(report, 80)[0].text, HasSubstr("≥ 33.3%"));
  EXPECT_THAT(theory_sections(report, 80)[3].text, HasSubstr("is not known"));
}

TEST(ResponseTimesTest, OfMoreUsersThanCanBeSolvedAreNotNothing) {
  const Scenario scenario = scenario_of(R"(
services:
  a: {instances: 1, service_time: {exponential: 10ms}}
clients:
  x: {calls: a, closed: {users: 2001}}
)");
  const TheoryReport report = theory_report(scenario, {});
  EXPECT_TRUE(report.times.services[0].at_least);
  EXPECT_THAT(theory_sections(report, 80)[0].text, Not(HasSubstr("0%")));
}

// Three processors, 240/s of 10 ms: M/M/3 at .8, whatever the service time is like.
TEST(ResponseTimesTest, OfSharedProcessorsDoNotMindTheDistribution) {
  const std::string shared = "queue: {discipline: processor_sharing}, instances: 1, concurrency: 3";
  const Scenario constant = scenario_of(one(shared + ", service_time: 10ms", "240/s"));
  EXPECT_NEAR(theory_report(constant, {}).times.services[0].own.mean.low,
              (queueing::MMc{240, 0.01, 3}.mean_response()), 1e-12);
  EXPECT_NEAR(theory_report(constant, {}).times.services[0].own.mean.low, 0.02079, 5e-6);
  EXPECT_THAT(theory_report(constant, {}).times.left_out, IsEmpty());
}

// A service time of infinite variance: whoever queues behind one waits for ever, on average.
TEST(ResponseTimesTest, OfInfiniteVarianceAreInfinite) {
  const char* service = "instances: 2, service_time: {pareto: {mean: 10ms, shape: 1.5}}";
  const TheoryReport random =
      theory_report(scenario_of(one(service, "100/s") + "strategies: {balancer: random}\n"), {});
  EXPECT_TRUE(std::isinf(random.times.services[0].own.mean.low));
  // Half of all wait behind no giant.
  EXPECT_LT(random.times.services[0].own.p50.high, 0.02);
  EXPECT_GT(random.times.services[0].own.p99.low, 1);
  const Scenario looks = scenario_of(one(service, "100/s") + "strategies: {balancer: p2c}\n");
  EXPECT_NEAR(theory_report(looks, {}).times.services[0].own.mean.low, 0.01, 1e-12);
  EXPECT_TRUE(std::isinf(theory_report(looks, {}).times.services[0].own.mean.high));
}

TEST(ResponseTimesTest, OfCallsMadeAtOnceAreALowerBound) {
  const Scenario scenario = scenario_of(kShop, {"services.orders.calls=[[users, stock]]"});
  const TheoryReport report = theory_report(scenario, {});
  EXPECT_TRUE(report.times.clients[0].at_least);
  EXPECT_FALSE(report.times.clients[1].at_least);
  EXPECT_THAT(report.times.left_out, Contains(HasSubstr("calls made at once")));
}

// The slowest of 50 answers of 10 ms, with places enough: H_50 = 4.4992 means, and p99 85.1 ms. In
// queues at half load, at most what independent ones of 20 ms are.
TEST(ResponseTimesTest, OfCallsMadeAtOnceToQueuesThatAreKnownAreTheSlowests) {
  const auto text_of = [](int concurrency, int rate) {
    std::string leaves;
    std::string calls;
    for (int i = 0; i < 50; ++i) {
      leaves += fmt::format(
          "  leaf{}: {{instances: 1, concurrency: {}, service_time: {{exponential: 10ms}}}}\n", i,
          concurrency);
      calls += fmt::format("{}leaf{}", i == 0 ? "" : ", ", i);
    }
    return fmt::format(
        "services:\n  root: {{instances: 1, service_time: 0ms, calls: [[{}]],\n"
        "         holds_slot_during_calls: false}}\n{}clients:\n"
        "  x: {{calls: root, arrivals: {{poisson: {}/s}}}}\n",
        calls, leaves, rate);
  };
  const Scenario idle = scenario_of(text_of(100, 50));
  const TheoryReport report = theory_report(idle, {});
  ASSERT_EQ(report.times.services[0].at_once.size(), 1u);
  const SlowestCall& slowest = report.times.services[0].at_once[0];
  EXPECT_NEAR(slowest.mean.low, 0.044992, 1e-6);
  EXPECT_NEAR(slowest.mean.high, 0.044992, 1e-6);
  EXPECT_NEAR(slowest.p99.high, 0.0851, 5e-5);
  EXPECT_FALSE(report.times.clients[0].at_least);
  EXPECT_NEAR(report.times.clients[0].mean.high, 0.044992, 1e-6);
  const Scenario queues = scenario_of(text_of(1, 50));
  const Range bounds = theory_report(queues, {}).times.clients[0].mean;
  EXPECT_NEAR(bounds.low, 0.044992, 1e-6);
  EXPECT_NEAR(bounds.high, 2 * 0.044992, 2e-6);
}

}  // namespace
}  // namespace steelyard::app
