// What hangs on which service, and how many instances a service needs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/theory_report.h"
#include "models/capacity.h"
#include "models/general_service.h"
#include "tests/app/theory_scenarios.h"

namespace steelyard::app {
namespace {

using test::kShop;
using test::scenario_of;
using testing::Contains;
using testing::HasSubstr;

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

// 260/s of 4 ms to instances of one place: an exponential service takes fewer than one of the same
// mean that varies more, and a constant one fewer still. Twice as fast, and with a target half as
// long, it is the same service by another clock.
TEST(CapacityPlanTest, KnowsTargetsOfAnyServiceTime) {
  const auto at_random = [](const std::string& service_time, double p99_seconds,
                            const char* instances = "4") {
    const Scenario scenario =
        scenario_of(kShop, {"services.users.service_time=" + service_time,
                            std::string("services.users.instances=") + instances});
    const TheoryReport report =
        theory_report(scenario, {.p99_seconds = p99_seconds, .failures = {}});
    return report.capacity.services[1].at_random.value();
  };
  const std::int64_t exponential = at_random("{exponential: 4ms}", 0.03);
  EXPECT_LT(at_random("4ms", 0.03), exponential);
  EXPECT_GT(at_random("{hyperexponential: {mean: 4ms, scv: 2}}", 0.03), exponential);
  EXPECT_EQ(at_random("{lognormal: {mean: 4ms, sigma: 1}}", 0.03),
            at_random("{lognormal: {mean: 8ms, sigma: 1}}", 0.03, "[{count: 4, speed: 2}]"));
}

// M/G/1 of 260/s over so many instances meets the target, and over one instance less does not.
TEST(CapacityPlanTest, NeedsTheFewestThatMeetTheTarget) {
  const Scenario scenario =
      scenario_of(kShop, {"services.users.service_time={lognormal: {mean: 4ms, sigma: 1}}"});
  const TheoryReport report = theory_report(scenario, {.p99_seconds = 0.05, .failures = {}});
  const std::int64_t needed = report.capacity.services[1].at_random.value();
  const auto p99 = [&](std::int64_t instances) {
    return queueing::MGc{260.0 / static_cast<double>(instances),
                         report.traffic.services[1].distribution.get(), 1}
        .response_quantile(0.99);
  };
  EXPECT_LE(p99(needed).low, 0.05);
  EXPECT_GT(p99(needed - 1).high, 0.05);
}

TEST(CapacityPlanTest, SaysWhereNothingIsKnownOfPercentiles) {
  for (const char* unknown : {"services.users.queue={discipline: processor_sharing}",
                              "services.users.queue={discipline: lifo}"}) {
    const Scenario scenario = scenario_of(kShop, {unknown});
    const TheoryReport report = theory_report(scenario, {.p99_seconds = 0.05, .failures = {}});
    EXPECT_FALSE(report.capacity.services[1].at_random) << unknown;
    EXPECT_TRUE(report.capacity.services[2].at_random) << unknown;
    const std::string text = theory_sections(report, 200)[3].text;
    EXPECT_THAT(text, HasSubstr("not known  not known")) << unknown;
    EXPECT_THAT(text, HasSubstr("Percentiles are not known where")) << unknown;
  }
}

// Of one place each, M/G/1 is exact even then.
TEST(CapacityPlanTest, KnowsTargetsOfInfiniteVarianceForQueuesOfOnePlace) {
  const auto plan_of = [](const char* service) {
    const Scenario scenario =
        scenario_of(kShop, {std::string("services.users.service_time=") + service});
    const TheoryReport report = theory_report(scenario, {.p99_seconds = 0.5, .failures = {}});
    if (report.capacity.services[1].keep_up == queueing::kNeverEnough) {
      EXPECT_THAT(theory_sections(report, 200)[3].text, HasSubstr("never"));
    }
    return report.capacity.services[1];
  };
  EXPECT_TRUE(plan_of("{pareto: {mean: 4ms, shape: 1.5}}").at_random);
  EXPECT_FALSE(plan_of("{pareto: {mean: 4ms, shape: 1.5}}").knows_at_best);
  EXPECT_EQ(plan_of("{pareto: {minimum: 4ms, shape: 0.9}}").keep_up, queueing::kNeverEnough);
}

// A place is kept for the own 1 ms and for 10 ms or so of a call: exponential, as far as anybody
// knows, whatever the own time is.
TEST(CapacityPlanTest, TakesPlacesThatAreKeptForExponentialTimes) {
  const auto plan_of = [](const char* service_time) {
    const Scenario scenario = scenario_of(std::string(R"(
services:
  a: {instances: 4, concurrency: 2, calls: [b], service_time: )") +
                                          service_time + R"(}
  b: {instances: 1, concurrency: 100, service_time: {exponential: 10ms}}
clients:
  x: {calls: a, arrivals: {poisson: 300/s}}
)");
    const TheoryReport report = theory_report(scenario, {.p99_seconds = 0.1, .failures = {}});
    EXPECT_THAT(theory_sections(report, 200)[3].text, HasSubstr("for exponential times"));
    return report.capacity.services[0];
  };
  EXPECT_TRUE(plan_of("1ms").held_as_exponential);
  EXPECT_EQ(plan_of("1ms").at_best, plan_of("{exponential: 1ms}").at_best);
  EXPECT_TRUE(plan_of("1ms").at_random);
}

// Shards that are alike need alike; one that is asked more, or is slower, does not.
TEST(CapacityPlanTest, TellsTwinsFromOthers) {
  const Scenario scenario = scenario_of(R"(
services:
  a: {instances: 1, service_time: 0ms, calls: [b, c, {d: {probability: 0.5}}, e],
      holds_slot_during_calls: false}
  b: &shard {instances: 9, service_time: {lognormal: {mean: 10ms, sigma: 1}}}
  c: *shard
  d: *shard
  e: {instances: 9, service_time: {lognormal: {mean: 20ms, sigma: 1}}}
clients:
  x: {calls: a, arrivals: {poisson: 300/s}}
strategies: {balancer: random}
)");
  const TheoryReport report = theory_report(scenario, {.p99_seconds = 0.2, .failures = {}});
  const auto needed = [&](std::size_t service) {
    return report.capacity.services[service].at_random.value();
  };
  EXPECT_EQ(needed(1), needed(2));
  EXPECT_LT(needed(3), needed(1));
  EXPECT_GT(needed(4), needed(1));
  const auto p99 = [&](std::size_t service) { return report.times.services[service].own.p99.high; };
  EXPECT_EQ(p99(1), p99(2));
  EXPECT_LT(p99(3), p99(1));
  EXPECT_GT(p99(4), p99(1));
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
