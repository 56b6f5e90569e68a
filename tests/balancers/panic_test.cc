#include "tests/balancers/layers.h"

namespace steelyard::test {
namespace {

// [Envoy, "Panic threshold": 50% by default]
TEST(Panic, HeedsHealthWhileHalfAreHealthy) {
  Picker picker = layered(layer("panic"), "round_robin", level(0, 5, 10));
  const std::vector<int> counts = picker.counts(100);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(counts[i], i < 5 ? 20 : 0) << i;
}

TEST(Panic, UsesAllWhenFewerThanHalfAreHealthy) {
  Picker picker = layered(layer("panic"), "round_robin", level(0, 4, 10));
  for (const int count : picker.counts(100)) EXPECT_EQ(count, 10);
}

// [Envoy: never while the endpoints can carry 100%, and 72 of 100 can: 140 * 72 / 100 >= 100]
TEST(Panic, NeverWhileTheHealthyCanCarryEverything) {
  const Named eager = layer("panic", {{"threshold", {0.9}}});
  Picker can = layered(eager, "round_robin", level(0, 72, 100));
  EXPECT_EQ(can.counts(720).back(), 0);
  Picker cannot = layered(eager, "round_robin", level(0, 71, 100));
  EXPECT_EQ(cannot.counts(700).back(), 7);
}

TEST(Panic, MayFailTrafficInstead) {
  const Named failing = layer("panic", {{"fail_traffic_on_panic", {true}}});
  Picker picker = layered(failing, "p2c", level(0, 4, 10));
  EXPECT_EQ(picker.try_pick(), Balancer::kNobody);
  picker.set_endpoints(level(0, 5, 10));
  EXPECT_LT(picker.pick(), 5);
}

TEST(Panic, AtZeroNobodyGetsARequestWhenNobodyIsHealthy) {
  const Named never = layer("panic", {{"threshold", {0.0}}});
  Picker picker = layered(never, "p2c", level(0, 0, 3));
  EXPECT_EQ(picker.try_pick(), Balancer::kNobody);
}

// What was learnt of endpoints stays when panic comes and goes: the rotation goes on.
TEST(Panic, KeepsTheBalancerBehind) {
  Picker picker(stack({layer("panic")}, balancer("round_robin", {{"start", {"first"}}})),
                level(0, 3, 4));
  EXPECT_EQ(picker.letters(2), "ab");
  picker.set_endpoints(level(0, 1, 4));
  EXPECT_EQ(picker.letters(3), "cda");
  picker.set_endpoints(level(0, 3, 4));
  EXPECT_EQ(picker.letters(3), "bca");
}

}  // namespace
}  // namespace steelyard::test
