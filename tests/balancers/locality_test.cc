// Layers that go by zone.
#include "balancers/layers/zone_routing.h"
#include "tests/balancers/layers.h"

namespace steelyard::test {
namespace {

// So many endpoints in each zone, of which so many are healthy.
std::vector<Endpoint> zones(const std::vector<std::pair<std::size_t, std::size_t>>& healthy_of) {
  std::vector<Endpoint> endpoints;
  for (std::size_t zone = 0; zone < healthy_of.size(); ++zone) {
    const auto [healthy, count] = healthy_of[zone];
    auto here = level(0, healthy, count, static_cast<std::uint32_t>(endpoints.size()));
    for (Endpoint& endpoint : here) endpoint.zone = static_cast<std::uint16_t>(zone);
    endpoints = together(std::move(endpoints), here);
  }
  return endpoints;
}

std::vector<double> shares_of_zones(Picker& picker) {
  std::vector<double> by_zone;
  const std::vector<double> each = shares(picker, 40000);
  for (std::size_t i = 0; i < each.size(); ++i) {
    by_zone.resize(std::max<std::size_t>(by_zone.size(), picker.endpoints()[i].zone + 1u));
    by_zone[picker.endpoints()[i].zone] += each[i];
    EXPECT_TRUE(picker.endpoints()[i].healthy || each[i] == 0) << i << " is not healthy";
  }
  return by_zone;
}

Value list(const std::vector<std::int64_t>& numbers) {
  Value::List values;
  for (const std::int64_t number : numbers) values.push_back({number});
  return {values};
}

// [Envoy, "Locality weighted load balancing": X and Y with weights 1 and 2, Y healthy]
TEST(LocalityWeighted, TakesFromAZoneWhatItCannotCarry) {
  const std::vector<std::pair<std::size_t, double>> table{{100, 0.33}, {70, 0.33}, {69, 0.32},
                                                          {50, 0.26},  {25, 0.15}, {0, 0}};
  for (const auto& [healthy, share] : table) {
    Picker picker = layered(layer("locality_weighted", {{"weights", list({1, 2})}}), "random",
                            zones({{healthy, 100}, {100, 100}}));
    EXPECT_NEAR(shares_of_zones(picker)[0], share, 0.01) << healthy << "% healthy";
  }
}

TEST(LocalityWeighted, GoesByTheEndpointsWeightsUnlessTold) {
  Picker picker = layered(layer("locality_weighted"), "round_robin", zones({{3, 3}, {1, 1}}));
  EXPECT_NEAR(shares_of_zones(picker)[0], 0.75, 0.01);
}

TEST(LocalityWeighted, GivesNothingToAZoneWithoutAWeight) {
  Picker picker = layered(layer("locality_weighted", {{"weights", list({1, 0})}}), "p2c",
                          zones({{2, 2}, {2, 2}, {2, 2}}));
  EXPECT_EQ(shares_of_zones(picker), (std::vector<double>{1, 0, 0}));
}

TEST(LocalityWeighted, HasNobodyWhenNobodyIsHealthyUnlessPanicSaysOtherwise) {
  Picker alone = layered(layer("locality_weighted"), "p2c", zones({{0, 2}, {0, 2}}));
  EXPECT_EQ(alone.try_pick(), Balancer::kNobody);
  Picker before(stack({layer("panic"), layer("locality_weighted")}, balancer("p2c")),
                zones({{0, 2}, {0, 2}}));
  EXPECT_LT(before.pick(), 4u);
  Picker behind(stack({layer("locality_weighted"), layer("panic")}, balancer("p2c")),
                zones({{0, 2}, {0, 2}}));
  EXPECT_LT(behind.pick(), 4u);
}

// [Envoy: local {40, 40, 20}, upstream {25, 50, 25}: 62.5% stay, residual {0, 10, 5}]
TEST(ZoneRouting, IsEnvoys) {
  const std::vector<std::uint64_t> callers{40, 40, 20};
  const std::vector<std::uint64_t> endpoints{25, 50, 25};
  const ZoneRouting first = zone_routing(callers, endpoints, 0);
  EXPECT_EQ(first.stays, 6250u);
  EXPECT_EQ(first.residual, (std::vector<std::uint64_t>{0, 1000, 500}));
  EXPECT_EQ(zone_routing(callers, endpoints, 1).stays, 10000u);
  EXPECT_EQ(zone_routing(callers, endpoints, 2).stays, 10000u);
}

// One caller of 20,001 is 0.00%, rounded down as Envoy's percentages are, and an empty zone 0.00%
// of the endpoints: nothing stays where nobody is. [Envoy: direct only if upstream_percentage > 0]
TEST(ZoneRouting, NothingStaysInAZoneWithoutEndpointsHoweverFewItsCallersAre) {
  const std::vector<std::uint64_t> callers{1, 20000};
  const ZoneRouting empty = zone_routing(callers, std::vector<std::uint64_t>{0, 6}, 0);
  EXPECT_EQ(empty.stays, 0u);
  EXPECT_EQ(empty.residual, (std::vector<std::uint64_t>{0, 1}));  // 100% less 99.99%
  EXPECT_EQ(zone_routing(callers, std::vector<std::uint64_t>{1, 6}, 0).stays, 10000u);
}

std::vector<double> routed(std::uint16_t zone, const Picker::Entries& settings,
                           const std::vector<Endpoint>& endpoints,
                           std::vector<std::uint32_t> callers) {
  Picker picker = layered(layer("zone_aware", settings), "random", endpoints,
                          {.zone = zone, .count_by_zone = std::move(callers)});
  return shares_of_zones(picker);
}
void expect_near(const std::vector<double>& got, const std::vector<double>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 0.01) << i;
}

// 62.5% stay; of the other 37.5%, 10 parts of 15 and 5 parts of 15.
TEST(ZoneAware, KeepsWhatTheOwnZoneCanCarry) {
  const auto endpoints = zones({{25, 25}, {50, 50}, {25, 25}});
  expect_near(routed(0, {}, endpoints, {40, 40, 20}), {0.625, 0.25, 0.125});
  expect_near(routed(1, {}, endpoints, {40, 40, 20}), {0, 1, 0});
  expect_near(routed(2, {}, endpoints, {40, 40, 20}), {0, 0, 1});
}

// What the callers of all zones together send each zone's endpoints is its share of them:
// 40 (0.625) = 25; 40 (0.25) + 40 = 50; 40 (0.125) + 20 = 25.
TEST(ZoneAware, CountsHealthyEndpointsOnly) {
  expect_near(routed(0, {}, zones({{25, 50}, {50, 60}, {25, 25}}), {40, 40, 20}),
              {0.625, 0.25, 0.125});
}

TEST(ZoneAware, UsesAllAlikeWhenThereAreFew) {
  const auto five = zones({{2, 2}, {3, 3}});
  expect_near(routed(0, {}, five, {1, 1}), {0.4, 0.6});
  expect_near(routed(0, {{"min_cluster_size", {std::int64_t{5}}}}, five, {1, 1}), {0.8, 0.2});
  expect_near(routed(0, {}, zones({{2, 4}, {3, 3}}), {1, 1}), {0.4, 0.6});  // healthy ones count
}

// [Envoy since 2023: the own zone can take nothing, so all goes by what others have to spare]
// Of the endpoints zones 1 and 2 have 50% each, of the callers 40% and 20%: 10 parts and 30.
TEST(ZoneAware, LeavesAZoneThatIsSickAsAWholeByWhatOthersCanSpare) {
  expect_near(routed(0, {}, zones({{0, 6}, {6, 6}, {6, 6}}), {40, 40, 20}), {0, 0.25, 0.75});
  expect_near(routed(0, {}, zones({{0, 0}, {6, 6}, {6, 6}}), {40, 40, 20}), {0, 0.25, 0.75});
}

TEST(ZoneAware, UsesAllAlikeWhenItKnowsTooLittle) {
  const auto endpoints = zones({{3, 3}, {6, 6}});
  expect_near(routed(0, {}, endpoints, {}), {1 / 3.0, 2 / 3.0});
  expect_near(routed(0, {}, zones({{0, 3}, {6, 6}}), {5, 5}), {0, 1});
}

// Half of the requests as above, half by size: (0.625 + 0.25) / 2, (0.25 + 0.5) / 2, …
TEST(ZoneAware, RoutesOnlyAShareIfTold) {
  expect_near(
      routed(0, {{"routing_enabled", {0.5}}}, zones({{25, 25}, {50, 50}, {25, 25}}), {40, 40, 20}),
      {0.4375, 0.375, 0.1875});
}

TEST(ZoneAware, KeepsAKeyInItsZoneOverAHashingBalancer) {
  for (const double routed : {1.0, 0.5}) {
    Picker picker = layered(layer("zone_aware", {{"routing_enabled", {routed}}}), "ring_hash",
                            zones({{25, 25}, {75, 75}}), {.zone = 0, .count_by_zone = {50, 50}});
    int at_home = 0;
    for (std::uint64_t key = 0; key < 1000; ++key) {
      const std::size_t position = picker.pick_key(mix64(key));
      EXPECT_EQ(picker.pick_key(mix64(key)), position);
      at_home += position < 25 ? 1 : 0;
    }
    // By zone 25 of 50 stay, by size a quarter; three deviations are 47.
    EXPECT_NEAR(at_home, 500 * routed + 250 * (1 - routed), 47);
  }
}

}  // namespace
}  // namespace steelyard::test
