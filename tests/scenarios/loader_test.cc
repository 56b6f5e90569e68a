#include "scenarios/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/registry.h"
#include "tests/scenarios/support.h"

namespace steelyard {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kFolder = STEELYARD_SOURCE_DIR "/tests/scenarios/valid/";

LoadResult load_file(const std::string& name) {
  return load_scenario(kFolder + name, {.read_file = file_text});
}

class DesignExample : public testing::Test {
 protected:
  const LoadResult result = load_file("design_example.yaml");
  const Comparison& comparison = result.comparison.value();
  const Scenario& scenario = comparison.base();
};

TEST_F(DesignExample, SaysWhatItRuns) {
  EXPECT_EQ(scenario.name, "flash_sale");
  EXPECT_EQ(scenario.question,
            "Which balancer keeps checkout under 100 ms while one order instance is slow?");
  EXPECT_EQ(scenario.run.seed, 7u);
  EXPECT_EQ(scenario.run.duration, 120s);
  EXPECT_EQ(scenario.run.warmup, 20s);
  EXPECT_EQ(scenario.run.replications.count, 10);
  EXPECT_FALSE(scenario.run.replications.automatic);
}

TEST_F(DesignExample, HasItsNetwork) {
  EXPECT_THAT(scenario.network.zones, ElementsAre("east", "west"));
  EXPECT_EQ(scenario.network.latency_within->name, "lognormal");
  EXPECT_EQ(scenario.network.latency_within->settings.duration("median"), 200us);
  EXPECT_EQ(scenario.network.latency_within->settings.duration("p99"), 1ms);
  EXPECT_EQ(scenario.network.latency_between->name, "constant");
  EXPECT_EQ(scenario.network.latency_between->settings.duration("value"), 2ms);
  EXPECT_EQ(scenario.network.loss, 0);
  EXPECT_EQ(scenario.network.retransmit, 200ms);
}

TEST_F(DesignExample, HasItsServices) {
  ASSERT_EQ(scenario.services.size(), 4u);
  const ServiceSpec& orders = scenario.services[2];
  EXPECT_EQ(orders.name, "orders");
  EXPECT_EQ(orders.concurrency, 8);
  EXPECT_EQ(orders.discipline, Discipline::fifo);
  EXPECT_EQ(orders.queue_limit, 200);
  EXPECT_EQ(orders.service_time.name, "exponential");
  EXPECT_EQ(orders.service_time.settings.duration("mean"), 4ms);
  EXPECT_TRUE(orders.holds_slot_during_calls);
  EXPECT_EQ(orders.request_bytes, 1024);
  // users first, then inventory and payments at once.
  ASSERT_EQ(orders.calls.size(), 2u);
  ASSERT_EQ(orders.calls[0].size(), 1u);
  EXPECT_EQ(orders.calls[0][0].service, 0u);
  ASSERT_EQ(orders.calls[1].size(), 2u);
  EXPECT_EQ(orders.calls[1][0].service, 1u);
  EXPECT_EQ(orders.calls[1][0].probability, 1);
  EXPECT_EQ(orders.calls[1][1].service, 3u);
  EXPECT_EQ(orders.calls[1][1].probability, 0.3);
  // Two zones: the four instances are dealt to them in turn.
  ASSERT_EQ(orders.instances.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(orders.instances[i].zone, i % 2);
  EXPECT_EQ(scenario.services[3].queue_limit, std::nullopt);
}

TEST_F(DesignExample, HasItsClientFaultAndStrategies) {
  ASSERT_EQ(scenario.clients.size(), 1u);
  EXPECT_EQ(scenario.clients[0].name, "shoppers");
  EXPECT_EQ(scenario.clients[0].calls, 2u);
  EXPECT_EQ(scenario.clients[0].arrivals->name, "poisson");
  const Named& rate = scenario.clients[0].arrivals->settings.strategy("rate");
  EXPECT_EQ(rate.name, "constant");
  EXPECT_EQ(rate.settings.number("rate"), 1500);

  ASSERT_EQ(scenario.faults.size(), 1u);
  EXPECT_EQ(scenario.faults[0].kind, FaultKind::slow);
  EXPECT_EQ(scenario.faults[0].at, 40s);
  EXPECT_EQ(scenario.faults[0].length, 30s);
  EXPECT_EQ(scenario.faults[0].factor, 10);
  EXPECT_EQ(scenario.faults[0].label, "slow ×10 on orders/0");
  ASSERT_EQ(scenario.faults[0].targets.size(), 1u);
  EXPECT_EQ(scenario.faults[0].targets[0].service, 2u);
  EXPECT_EQ(scenario.faults[0].targets[0].instance, 0u);

  for (const ServiceSpec& service : scenario.services) {
    EXPECT_EQ(service.strategies.resilience.timeout, 1s);
    EXPECT_EQ(service.strategies.resilience.retry.attempts_max, 1);
    EXPECT_EQ(service.strategies.discovery, "static");
  }
}

TEST_F(DesignExample, ComparesFiveBalancers) {
  std::vector<std::string> names;
  for (const Variant& variant : comparison.variants) names.push_back(variant.name);
  EXPECT_THAT(names,
              ElementsAre("balancer=random", "balancer=round_robin", "balancer=p2c(choices=3)",
                          "balancer=least_request", "balancer=peak_ewma"));
  const Variant& p2c = comparison.variants[2];
  EXPECT_EQ(p2c.settings[0].path, "balancer");
  EXPECT_EQ(p2c.settings[0].value, "p2c(choices=3)");
  for (const ServiceSpec& service : p2c.scenario.services) {
    EXPECT_EQ(service.strategies.balancer.name, "p2c");
    EXPECT_EQ(service.strategies.balancer.settings.integer("choices"), 3);
  }
}

TEST_F(DesignExample, HasItsExpectations) {
  ASSERT_EQ(scenario.expect.size(), 2u);
  EXPECT_EQ(scenario.expect[0].text, "latency_ms.p99 < 100");
  EXPECT_EQ(scenario.expect[1].metric, "error_ratio");
  EXPECT_EQ(scenario.expect[1].limit, 0.001);
}

TEST(Loader, FillsInTheDefaultsOfTheSmallestScenario) {
  const Scenario scenario = loaded(kSmallest);
  EXPECT_EQ(scenario.run.seed, 1u);
  EXPECT_EQ(scenario.run.duration, 60s);
  EXPECT_EQ(scenario.run.warmup, 6s);  // a tenth
  EXPECT_EQ(scenario.run.replications.count, 10);
  EXPECT_THAT(scenario.network.zones, ElementsAre("default"));
  EXPECT_EQ(scenario.network.latency_within, std::nullopt);
  const ServiceSpec& orders = scenario.services[0];
  EXPECT_EQ(orders.concurrency, 1);
  EXPECT_EQ(orders.strategies.balancer.name, "round_robin");
  EXPECT_EQ(orders.strategies.resilience.timeout, 0s);
  EXPECT_EQ(orders.instances[1].speed, 1);
  EXPECT_EQ(orders.instances[1].weight, 1u);
  EXPECT_EQ(scenario.clients[0].keys, std::nullopt);
}

TEST(Loader, CallsTheOnlyVariantDefault) {
  const LoadResult result = load(kSmallest);
  ASSERT_EQ(result.comparison->variants.size(), 1u);
  EXPECT_EQ(result.comparison->variants[0].name, "default");
  EXPECT_TRUE(result.comparison->variants[0].settings.empty());
}

TEST(Loader, ReadsWindowsLineEndsAndByteOrderMarks) {
  std::string text = "\xEF\xBB\xBF";
  for (const char c : kSmallest) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(loaded(text).services[0].instances.size(), 2u);
}

TEST(Loader, FollowsAliases) {
  const Scenario scenario = loaded(R"(name: shop
services:
  orders: {instances: 2, service_time: &time {exponential: 4ms}}
  users: {instances: 2, service_time: *time}
clients:
  shoppers: {calls: orders, arrivals: {poisson: 100/s}}
)");
  EXPECT_EQ(scenario.services[1].service_time.settings.duration("mean"), 4ms);
}

TEST(Loader, ReplacesAndAddsByOverrides) {
  const Scenario scenario =
      loaded(kSmallest, {"run.duration=10s", "services.orders.instances=[{count: 3, speed: 2}]",
                         "strategies.balancer={p2c: {choices: 3}}",
                         "strategies.balancer.p2c.choices=4", "run.duration=20s"});
  EXPECT_EQ(scenario.run.duration, 20s);  // the last one wins
  EXPECT_EQ(scenario.services[0].instances.size(), 3u);
  EXPECT_EQ(scenario.services[0].instances[2].speed, 2);
  EXPECT_EQ(scenario.services[0].strategies.balancer.settings.integer("choices"), 4);
}

TEST(Loader, OverridesInsideLists) {
  const std::string text = kSmallest + "faults: [{at: 1s, crash: {target: orders/1}}]\n";
  EXPECT_EQ(loaded(text, {"faults.0.at=2s"}).faults[0].at, 2s);
}

TEST(Loader, ShowsWhereAnOverrideIsWrong) {
  const LoadResult result = load(kSmallest, {"run.duration=10x"});
  ASSERT_EQ(result.problems.size(), 1u);
  // `run.duration=` is 13 characters long.
  EXPECT_EQ(to_text(result.problems[0]),
            "--set run.duration=10x:1:14: run.duration: got '10x', expected a duration with its "
            "unit (10ns, 200us, 5ms, 1.5s, 2min, 1h)\n"
            "    1 | run.duration=10x\n"
            "                     ^\n");
}

TEST(Loader, RefusesOverridesOfNothing) {
  EXPECT_THAT(complaints(load(kSmallest, {"run.duration"})),
              ElementsAre("1:1: got no '=', expected PATH=VALUE such as run.duration=10s"));
  EXPECT_THAT(complaints(load(kSmallest, {"run.duration="})),
              ElementsAre("1:14: run.duration: got nothing, expected a value after '='"));
  EXPECT_THAT(complaints(load(kSmallest, {"services.users.instances=3"})),
              ElementsAre(HasSubstr("unknown service 'users', expected 'orders'")));
  EXPECT_THAT(complaints(load(kSmallest, {"run.sed=3"})),
              ElementsAre("1:1: run.sed: unknown key 'sed'; did you mean 'seed'?"));
}

TEST(Loader, TellsProblemsOfAllVariantsOnce) {
  const LoadResult result = load(
      "name: shop\nrun: {duration: 5}\n"
      "services: {orders: {instances: 2, service_time: 4ms}}\n"
      "clients: {shoppers: {calls: orders, arrivals: {poisson: 100/s}}}\n"
      "compare: {balancer: [random, p2x, round_robin]}\n");
  EXPECT_THAT(complaints(result),
              ElementsAre(HasSubstr("2:17: run.duration: got '5'"),
                          "5:30: compare.balancer: unknown balancer 'p2x'; did you mean 'p2c'?"));
}

TEST(Loader, DigestsTextAndOverrides) {
  const std::string plain = load(kSmallest).comparison->digest;
  EXPECT_EQ(plain.size(), 16u);
  EXPECT_EQ(plain, load(kSmallest).comparison->digest);
  EXPECT_NE(plain, load(kSmallest + "\n").comparison->digest);
  EXPECT_NE(plain, load(kSmallest, {"run.seed=2"}).comparison->digest);
}

TEST(Loader, ReadsLayersOutermostFirst) {
  const LoadResult result = load(kSmallest + R"(strategies: {layers: [{panic: 0.3}, priority]}
compare:
  layers: [[], [{priority: failover}, panic]]
)");
  ASSERT_TRUE(result.comparison.has_value());
  const auto& variants = result.comparison->variants;
  EXPECT_EQ(variants[0].name, "layers=[]");
  EXPECT_TRUE(variants[0].scenario.services[0].strategies.layers.empty());
  EXPECT_EQ(variants[1].name, "layers=[priority(failover), panic]");
  const std::vector<Named>& layers = variants[1].scenario.services[0].strategies.layers;
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[0].settings.text("mode"), "failover");
  EXPECT_EQ(layers[1].settings.number("threshold"), 0.5);
}

TEST(Loader, ReadsWhatLayersGoBy) {
  const Scenario scenario = load_file("everything.yaml").comparison->base();
  const std::vector<InstanceSpec>& users = scenario.services[0].instances;
  EXPECT_EQ(users[0].priority, 0);
  EXPECT_TRUE(users[0].labels.empty());
  EXPECT_EQ(users[3].priority, 1);
  EXPECT_THAT(users[3].labels, ElementsAre("version=v2"));
  EXPECT_THAT(scenario.clients[0].labels, ElementsAre("version=2"));
}

TEST(Loader, LooksForTablesBesideTheScenario) {
  const LoadResult result = load_file("everything.yaml");
  ASSERT_TRUE(result.comparison.has_value());
  const Settings& settings = result.comparison->base().services[2].service_time.settings;
  EXPECT_THAT(settings.table("file").columns, ElementsAre("latency_ms", "other"));
  EXPECT_THAT(settings.table("file").cells, ElementsAre(3, 1, 5.5, 2, 7, 3));
}

TEST(Loader, SaysWhereATableIsBroken) {
  const LoadOptions options{.read_file = [](const std::string& path) -> Result<std::string> {
    EXPECT_EQ(path, "here/t.csv");
    return std::string("a,b\n1,2\n3,x\n");
  }};
  const std::string text =
      "name: shop\nservices: {orders: {instances: 2, service_time: {empirical: {file: t.csv}}}}\n"
      "clients: {shoppers: {calls: orders, arrivals: {poisson: 100/s}}}\n";
  const LoadResult result = load_scenario_text(text, "here/shop.yaml", options);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].message, "t.csv:3: got 'x', expected a number such as 3 or 0.5");
  EXPECT_EQ(result.problems[0].line, 2);
}

TEST(Loader, SaysThatAFileCannotBeRead) {
  const LoadResult result = load_scenario("nowhere.yaml", {.read_file = file_text});
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(to_text(result.problems[0]), "nowhere.yaml: there is no such file\n");
}

TEST(Loader, ExpandsAMillionInstances) {
  const Scenario scenario = loaded(kSmallest, {"services.orders.instances=1000000"});
  EXPECT_EQ(scenario.services[0].instances.size(), 1'000'000u);
}

TEST(Loader, BoundsWhatAllVariantsHoldTogether) {
  // Three variants of eight million are more than twenty.
  const LoadResult result =
      load(kSmallest + "compare: {run.seed: [1, 2, 3]}\n", {"services.orders.instances=8000000"});
  EXPECT_THAT(complaints(result),
              ElementsAre(HasSubstr("got more instances than all variants together may have")));
}

}  // namespace
}  // namespace steelyard
