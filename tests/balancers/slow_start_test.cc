#include "tests/balancers/layers.h"

namespace steelyard::test {
namespace {

// The share of an endpoint that joins one other with the same weight, `after` so long.
double share_of_the_new(const Picker::Entries& settings, Duration after,
                        std::string_view inner = "weighted_random") {
  Picker picker = layered(layer("slow_start", settings), inner, weighted({1}));
  picker.now += 100s;
  picker.set_endpoints(weighted({1, 1}));
  const Instant joined = picker.now;
  while (picker.wakes_at() <= joined + after) picker.wake();
  picker.now = joined + after;
  return shares(picker, 40000)[1];
}
// w of the new against 1 of the old.
double share_at(double weight) { return weight / (1 + weight); }

// [Envoy: 60 s window; after 15 s a weight of 0.25 at aggression 1, 0.5 at aggression 2. The
// standard deviation of a share of 40,000 is at most 0.0025.]
TEST(SlowStart, HasAQuarterOfTheWeightAfterAQuarterOfTheWindow) {
  EXPECT_NEAR(share_of_the_new({}, 15s), share_at(0.25), 0.008);
}
TEST(SlowStart, RisesFasterWithAggression) {
  EXPECT_NEAR(share_of_the_new({{"aggression", {2.0}}}, 15s), share_at(0.5), 0.01);
}
TEST(SlowStart, BeginsWithTheLeastWeight) {
  EXPECT_NEAR(share_of_the_new({}, 0s), share_at(0.1), 0.006);
  EXPECT_NEAR(share_of_the_new({{"min_weight", {0.5}}}, 0s), share_at(0.5), 0.01);
}
TEST(SlowStart, EndsWithTheWindow) {
  EXPECT_NEAR(share_of_the_new({}, 59s), share_at(59 / 60.0), 0.01);
  EXPECT_NEAR(share_of_the_new({}, 60s), 0.5, 0.01);
}

// The smooth sequence shows the weights exactly: 1000 to 250 is 4 to 1.
TEST(SlowStart, IsExactOverAWeightedRotation) {
  EXPECT_DOUBLE_EQ(share_of_the_new({}, 15s, "weighted_round_robin"), 0.2);
}

TEST(SlowStart, LooksAgainOnlyAsOftenAsItIsTold) {
  const Picker::Entries rare{{"refresh", {Duration(20s)}}};
  EXPECT_NEAR(share_of_the_new(rare, 19s), share_at(0.1), 0.006) << "as at the beginning";
  EXPECT_NEAR(share_of_the_new(rare, 20s), share_at(20 / 60.0), 0.01);
}

TEST(SlowStart, AsksToBeWokenOnlyWhileSomebodyWarmsUp) {
  Picker picker = layered(layer("slow_start"), "p2c", weighted({1, 1}));
  EXPECT_EQ(picker.wakes_at(), kNever) << "who was there from the start is warm";
  picker.set_endpoints(weighted({1, 1, 1}));
  EXPECT_EQ(picker.wakes_at(), kStart + 1s);
  for (int i = 0; i < 60; ++i) picker.wake();
  EXPECT_EQ(picker.now, kStart + 60s);
  EXPECT_EQ(picker.wakes_at(), kNever);
}

TEST(SlowStart, ScalesAllAlikeThatStartedTogether) {
  const Named all = layer("slow_start", {{"at_start", {true}}});
  Picker picker = layered(all, "weighted_round_robin", weighted({3, 1}));
  EXPECT_EQ(picker.counts(400), (std::vector<int>{300, 100}));
}

TEST(SlowStart, BeginsAnewForOneThatWasGone) {
  Picker picker = layered(layer("slow_start"), "weighted_round_robin", weighted({1, 1}));
  picker.now += 100s;
  picker.set_endpoints(weighted({1}));
  picker.now += 100s;
  picker.set_endpoints(weighted({1, 1}));
  EXPECT_EQ(picker.counts(110), (std::vector<int>{100, 10}));
}

// Health only shows where a layer in front wants to see it; then one that recovers is new as well.
TEST(SlowStart, BeginsAnewForOneThatIsHealthyAgain) {
  Picker picker(stack({layer("slow_start"), layer("panic")}, balancer("weighted_round_robin")),
                weighted({1, 1, 1}));
  std::vector<Endpoint> endpoints = picker.endpoints();
  endpoints[2].healthy = false;
  picker.set_endpoints(endpoints);
  picker.now += 10s;
  endpoints[2].healthy = true;
  picker.set_endpoints(endpoints);
  EXPECT_EQ(picker.counts(210), (std::vector<int>{100, 100, 10}));
}

TEST(SlowStart, KeepsTheLargestWeightsInProportion) {
  Picker picker = layered(layer("slow_start"), "weighted_random", weighted({4294967295}));
  picker.set_endpoints(weighted({4294967295, 4294967295}));
  EXPECT_NEAR(shares(picker, 40000)[1], share_at(0.1), 0.006);
}

}  // namespace
}  // namespace steelyard::test
