#include "scenarios/variants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/support.h"

namespace steelyard {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names(const std::string& comparison) {
  const LoadResult result = load(kSmallest + comparison);
  std::vector<std::string> names = complaints(result);
  if (result.comparison)
    for (const Variant& variant : result.comparison->variants) names.push_back(variant.name);
  return names;
}

TEST(Axes, CrossTheLastOneFastest) {
  EXPECT_THAT(names("compare: {services.orders.instances: [4, 6], balancer: [p2c, random]}\n"),
              ElementsAre("services.orders.instances=4,balancer=p2c",
                          "services.orders.instances=4,balancer=random",
                          "services.orders.instances=6,balancer=p2c",
                          "services.orders.instances=6,balancer=random"));
}

TEST(Axes, SetWhatTheyName) {
  const LoadResult result = load(kSmallest + R"(compare:
  services.orders.instances: [4]
  services.orders.strategies.balancer: [{p2c: {choices: 5}}]
  clients.shoppers.arrivals.poisson: [200/s]
  resilience: [{timeout: 50ms}]
)");
  ASSERT_TRUE(result.comparison.has_value());
  const Variant& variant = result.comparison->variants.at(0);
  const ServiceSpec& orders = variant.scenario.services[0];
  EXPECT_EQ(orders.instances.size(), 4u);
  EXPECT_EQ(orders.strategies.balancer.settings.integer("choices"), 5);
  EXPECT_EQ(orders.strategies.resilience.timeout, 50ms);
  const Named& rate = variant.scenario.clients[0].arrivals->settings.strategy("rate");
  EXPECT_EQ(rate.settings.number("rate"), 200);
  ASSERT_EQ(variant.settings.size(), 4u);
  EXPECT_EQ(variant.settings[1].path, "services.orders.strategies.balancer");
  EXPECT_EQ(variant.settings[1].value, "p2c(choices=5)");
  EXPECT_EQ(variant.settings[3].value, "timeout(50ms)");
}

TEST(Axes, MayReplaceWholeSections) {
  EXPECT_THAT(names("compare: {network: [{latency: 1ms}, {latency: 2ms}]}\n"),
              ElementsAre("network=latency(1ms)", "network=latency(2ms)"));
}

TEST(Axes, ComplainAtTheirValue) {
  // Line 7 is `  services.orders.instances: [2, two]`: two stands in column 34.
  EXPECT_THAT(names("compare:\n  services.orders.instances: [2, two]\n"),
              ElementsAre("7:34: compare.services.orders.instances: got 'two', expected a whole "
                          "number"));
}

TEST(Axes, LeaveTheComparisonItselfAlone) {
  for (const char* path : {"compare.balancer", "expect", "name", "variants.a"})
    EXPECT_THAT(names("compare:\n  " + std::string(path) + ": [a, b]\n"),
                ElementsAre(HasSubstr("unknown axis")));
}

TEST(Variants, MayBePickedByHand) {
  const char* list =
      "variants:\n"
      "  - {name: few fast ones, set: {services.orders.instances: [{speed: 2}]}}\n"
      "  - {name: as it is, set: {}}\n";
  EXPECT_THAT(names(list), ElementsAre("few fast ones", "as it is"));
  const char* map =
      "variants:\n"
      "  small: {balancer: p2c, services.orders.instances: 1}\n"
      "  big: {balancer: random, services.orders.instances: 9}\n";
  EXPECT_THAT(names(map), ElementsAre("small", "big"));
  EXPECT_EQ(load(kSmallest + map).comparison->variants[1].scenario.services[0].instances.size(),
            9u);
}

TEST(Variants, MayBeNamedByExpectations) {
  EXPECT_THAT(names("compare: {balancer: [p2c, random]}\n"
                    "expect: [{variant: balancer=p2c, that: latency_ms.p99 < 1}]\n"),
              ElementsAre("balancer=p2c", "balancer=random"));
  EXPECT_THAT(names("compare: {balancer: [p2c, random]}\n"
                    "expect: [{variant: balancer=p3c, that: latency_ms.p99 < 1}]\n"),
              ElementsAre(HasSubstr("unknown variant 'balancer=p3c'; did you mean "
                                    "'balancer=p2c'?")));
}

TEST(Variants, HaveNamesThatFitIntoATable) {
  EXPECT_THAT(names("variants: {" + std::string(250, 'a') + ": {balancer: p2c}}\n"),
              ElementsAre(HasSubstr("expected 1 to 200 bytes")));
}

TEST(Variants, AreBoundedTogetherWithTheFile) {
  // 1000 variants would be allowed, but not of a file with 5000 values.
  std::string text = "compare: {run.seed: [0";
  for (int i = 1; i < 900; ++i) text += ", " + std::to_string(i);
  text += "]}\nfaults:\n";
  for (int i = 0; i < 700; ++i) text += "  - {at: 1s, crash: {target: orders}}\n";
  EXPECT_THAT(names(text), ElementsAre(HasSubstr("got 900 variants of a file with")));
}

}  // namespace
}  // namespace steelyard
