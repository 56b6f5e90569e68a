#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

// 70,000 picks, weights 5:1:1: 50,000 and 10,000 each; standard deviations sqrt(70000 p (1-p)) =
// 119.5 and 92.6; four of them.
TEST(WeightedRandom, FollowsTheWeights) {
  Picker picker("weighted_random", weighted({5, 1, 1}));
  const auto counts = picker.counts(70000);
  EXPECT_NEAR(counts[0], 50000, 480);
  EXPECT_NEAR(counts[1], 10000, 370);
  EXPECT_NEAR(counts[2], 10000, 370);
}

TEST(WeightedRandom, WeightZeroGetsNothing) {
  Picker picker("weighted_random", weighted({0, 3, 0, 1}));
  const auto counts = picker.counts(10000);
  EXPECT_EQ(counts[0], 0);
  EXPECT_EQ(counts[2], 0);
}

// 2^32-1 against 1: the light one is expected once in 2^32 picks.
TEST(WeightedRandom, TheLargestWeightDoesNotOverflow) {
  Picker picker("weighted_random", weighted({1, 4294967295}));
  EXPECT_EQ(picker.counts(10000)[1], 10000);
}

// Equal columns are all full: the alias is never taken, and each draw decides by itself.
TEST(WeightedRandom, AllZeroIsAllEqual) {
  Picker picker("weighted_random", weighted({0, 0, 0, 0}));
  for (const int count : picker.counts(40000)) EXPECT_NEAR(count, 10000, 350);
}

}  // namespace
}  // namespace steelyard::test
