#include "scenarios/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/support.h"

namespace steelyard {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::uint16_t> zones_of(const ServiceSpec& service) {
  std::vector<std::uint16_t> zones;
  for (const InstanceSpec& instance : service.instances) zones.push_back(instance.zone);
  return zones;
}

std::vector<std::string> wrong(const std::string& text, std::vector<std::string> overrides = {}) {
  return complaints(load(text, std::move(overrides)));
}

TEST(Instances, AreDealtToTheZonesInTurnUnlessTheirGroupNamesOne) {
  const Scenario scenario = loaded(
      kSmallest, {"network={zones: [a, b, c]}",
                  "services.orders.instances=[{count: 2}, {count: 3, zone: b}, {count: 2}]"});
  // The turn goes on behind the group that has a zone: a b | b b b | c a.
  EXPECT_THAT(zones_of(scenario.services[0]), ElementsAre(0, 1, 1, 1, 1, 2, 0));
}

TEST(Instances, HaveTheSpeedAndWeightOfTheirGroup) {
  const Scenario scenario =
      loaded(kSmallest, {"services.orders.instances=[{speed: 0.5, weight: 0}, {weight: 7}]"});
  const ServiceSpec& orders = scenario.services[0];
  ASSERT_EQ(orders.instances.size(), 2u);
  EXPECT_EQ(orders.instances[0].speed, 0.5);
  EXPECT_EQ(orders.instances[0].weight, 0u);
  EXPECT_EQ(orders.instances[1].weight, 7u);
}

TEST(Instances, CannotAllBeWithoutWeight) {
  EXPECT_THAT(wrong(kSmallest, {"services.orders.instances=[{weight: 0}, {count: 3, weight: 0}]"}),
              ElementsAre(HasSubstr("got weight 0 for every instance, expected one above 0")));
}

const std::string kTwoServices = R"(name: shop
services:
  orders: {instances: 2, service_time: 4ms, strategies: {resilience: {retry: {attempts_max: 3}}}}
  users: {instances: 2, service_time: 4ms, strategies: {balancer: random}}
clients:
  shoppers: {calls: orders, arrivals: {poisson: 100/s}}
strategies:
  balancer: {p2c: {choices: 3}}
  resilience: {timeout: 1s, retry: {backoff_base: 1ms}}
)";

TEST(StrategiesOfAService, OverrideTheScenariosKeyByKey) {
  const Scenario scenario = loaded(kTwoServices);
  const StrategiesSpec& orders = scenario.services[0].strategies;
  EXPECT_EQ(orders.balancer.name, "p2c");
  EXPECT_EQ(orders.resilience.timeout, 1s);
  EXPECT_EQ(orders.resilience.retry.attempts_max, 3);
  EXPECT_EQ(orders.resilience.retry.backoff_base, 1ms);
  const StrategiesSpec& users = scenario.services[1].strategies;
  EXPECT_EQ(users.balancer.name, "random");
  EXPECT_EQ(users.resilience.retry.attempts_max, 1);
}

TEST(StrategiesOfAService, ComplainAtTheirOwnPlace) {
  EXPECT_THAT(wrong(kTwoServices, {"services.users.strategies.resilience={timeout: 1}"}),
              ElementsAre(HasSubstr("services.users.strategies.resilience.timeout: got '1'")));
}

TEST(Names, ThatDangleAreOneProblemEach) {
  // The fault's target and the client's call name what is not there; nothing follows from it.
  const std::string text =
      "name: shop\nservices: {orders: {instances: 2, service_time: 4ms}}\n"
      "clients: {shoppers: {calls: users, arrivals: {poisson: 100/s}}}\n"
      "faults: [{at: 1s, crash: {target: users}}]\n";
  EXPECT_THAT(wrong(text), ElementsAre(HasSubstr("3:29: clients.shoppers.calls: unknown service"),
                                       HasSubstr("4:35: faults.0.crash.target: unknown service")));
}

TEST(Names, OfServicesWithMistakesStillResolve) {
  const std::string text =
      "name: shop\nservices: {orders: {instances: two, service_time: 4ms}}\n"
      "clients: {shoppers: {calls: orders, arrivals: {poisson: 100/s}}}\n"
      "faults: [{at: 1s, crash: {target: orders/1}}]\n";
  EXPECT_THAT(wrong(text), ElementsAre(HasSubstr("got 'two', expected a whole number")));
}

std::string service(const std::string& name, const std::string& calls) {
  return "  " + name + ": {instances: 1, service_time: 1ms, calls: [" + calls + "]}\n";
}

TEST(Cycles, AreAllFoundAndNamed) {
  const std::string text = "name: shop\nservices:\n" + service("a", "b") + service("b", "c") +
                           service("c", "a") + service("d", "d") +
                           "clients: {shoppers: {calls: a, arrivals: {poisson: 1/s}}}\n";
  EXPECT_THAT(wrong(text),
              ElementsAre(HasSubstr("services.c.calls.0: got the call cycle a → b → c → a"),
                          HasSubstr("services.d.calls.0: got the call cycle d → d")));
}

TEST(Cycles, AreNotDiamonds) {
  const std::string text = "name: shop\nservices:\n" + service("a", "[b, c]") + service("b", "d") +
                           service("c", "d") +
                           "  d: {instances: 1, service_time: 1ms}\n"
                           "clients: {shoppers: {calls: a, arrivals: {poisson: 1/s}}}\n";
  EXPECT_THAT(wrong(text), ElementsAre());
}

// ---- Faults -------------------------------------------------------------------------------------

const std::string kZones = R"(name: shop
run: {duration: 100s}
network: {zones: [east, west]}
services:
  orders: {instances: 3, service_time: 4ms}
  users: {instances: 1, service_time: 4ms}
clients:
  shoppers: {calls: orders, arrivals: {poisson: 100/s}}
)";

std::vector<std::pair<std::size_t, std::size_t>> targets(const FaultSpec& fault) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const FaultSpec::Target& target : fault.targets)
    pairs.emplace_back(target.service, target.instance);
  return pairs;
}

TEST(Faults, HitAnInstanceAServiceOrAZone) {
  using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;
  const Scenario scenario = loaded(kZones + R"(faults:
  - {at: 1s, crash: {target: orders/2}}
  - {at: 2s, pause: {target: orders}}
  - {at: 3s, network_delay: {target: "zone:east", latency: 5ms}}
)");
  ASSERT_EQ(scenario.faults.size(), 3u);
  EXPECT_EQ(targets(scenario.faults[0]), (Pairs{{0, 2}}));
  EXPECT_EQ(targets(scenario.faults[1]), (Pairs{{0, 0}, {0, 1}, {0, 2}}));
  // orders are dealt east, west, east; users east.
  EXPECT_EQ(targets(scenario.faults[2]), (Pairs{{0, 0}, {0, 2}, {1, 0}}));
  EXPECT_EQ(scenario.faults[2].latency->name, "constant");
  EXPECT_EQ(scenario.faults[0].label, "crash of orders/2");
  EXPECT_EQ(scenario.faults[1].label, "pause of orders");
  EXPECT_EQ(scenario.faults[2].label, "network delay at zone:east");
}

TEST(Faults, EndWithTheRunAtTheLatest) {
  const Scenario scenario = loaded(kZones + R"(faults:
  - {at: 90s, crash: {target: users}}
  - {at: 90s, for: 1h, crash: {target: users}}
  - {at: 90s, for: 4s, crash: {target: users}}
)");
  EXPECT_EQ(scenario.faults[0].length, 10s);
  EXPECT_EQ(scenario.faults[1].length, 10s);
  EXPECT_EQ(scenario.faults[2].length, 4s);
}

TEST(Faults, OfManyInstancesAreBounded) {
  std::string text =
      "name: shop\nservices: {orders: {instances: 6000000, service_time: 4ms}}\n"
      "clients: {shoppers: {calls: orders, arrivals: {poisson: 100/s}}}\nfaults:\n";
  for (int i = 0; i < 2; ++i) text += "  - {at: 1s, crash: {target: orders}}\n";
  EXPECT_THAT(
      wrong(text),
      ElementsAre(HasSubstr("6:30: faults.1.crash.target: got faults on more than 10000000")));
}

}  // namespace
}  // namespace steelyard
