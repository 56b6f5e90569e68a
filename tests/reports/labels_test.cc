#include "reports/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace steelyard {
namespace {

using ::testing::ElementsAre;

VariantRecord named(std::string name, std::vector<VariantRecord::Setting> settings) {
  return {.name = std::move(name), .settings = std::move(settings)};
}

TEST(ShortLabels, DropWhatAllVariantsHaveInCommon) {
  EXPECT_THAT(short_labels({named("balancer=p2c", {{"balancer", "p2c"}}),
                            named("balancer=random", {{"balancer", "random"}})}),
              ElementsAre("p2c", "random"));
}

TEST(ShortLabels, SayWhatANumberIs) {
  const std::string path = "services.orders.instances";
  EXPECT_THAT(short_labels({named(path + "=4", {{path, "4"}}), named(path + "=6", {{path, "6"}})}),
              ElementsAre("instances=4", "instances=6"));
}

TEST(ShortLabels, OfSeveralAxesNameThemAll) {
  const std::string path = "services.orders.instances";
  const auto make = [&](const std::string& balancer, const std::string& count) {
    return named("balancer=" + balancer + "," + path + "=" + count,
                 {{"balancer", balancer}, {path, count}});
  };
  EXPECT_THAT(short_labels({make("p2c", "4"), make("p2c", "6"), make("random", "4")}),
              ElementsAre("p2c, instances=4", "p2c, instances=6", "random, instances=4"));
}

TEST(ShortLabels, KeepAsMuchOfAPathAsTellsAxesApart) {
  const std::string a = "services.orders.instances", b = "services.users.instances";
  const auto make = [&](const std::string& x, const std::string& y) {
    return named(a + "=" + x + "," + b + "=" + y, {{a, x}, {b, y}});
  };
  EXPECT_THAT(short_labels({make("4", "2"), make("6", "3")}),
              ElementsAre("orders.instances=4, users.instances=2",
                          "orders.instances=6, users.instances=3"));
}

TEST(ShortLabels, NamesChosenByHandStay) {
  EXPECT_THAT(short_labels({named("naive", {{"balancer", "random"}}),
                            named("careful", {{"balancer", "p2c"}})}),
              ElementsAre("naive", "careful"));
}

TEST(ShortLabels, OfASingleVariantIsItsValue) {
  EXPECT_THAT(short_labels({named("balancer=p2c", {{"balancer", "p2c"}})}), ElementsAre("p2c"));
  EXPECT_THAT(short_labels({named("base", {})}), ElementsAre("base"));
}

TEST(Axes, AreTheSettingsThatDiffer) {
  const std::vector<Axis> axes =
      axes_of({named("a", {{"balancer", "p2c"}, {"run.seed", "1"}}),
               named("b", {{"balancer", "random"}, {"run.seed", "1"}}),
               named("c", {{"balancer", "p2c"}, {"run.seed", "1"}, {"resilience.timeout", "1s"}})});
  ASSERT_EQ(axes.size(), 2u);
  EXPECT_EQ(axes[0].name, "balancer");
  EXPECT_THAT(axes[0].values, ElementsAre("p2c", "random"));
  EXPECT_EQ(axes[1].name, "resilience.timeout");  // given in one and absent in the others
}

}  // namespace
}  // namespace steelyard
