#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

// 20% of 10 ms and 80% of 1 ms: mean 2.8 ms, variance .2 * .8 * 81 = 12.96 ms^2.
TEST(BimodalDistribution, IsFastOrSlowInTheGivenShares) {
  const auto bimodal = make<Distribution>(
      "bimodal", {{"fast", time(1ms)}, {"slow", time(10ms)}, {"slow_share", number(0.2)}});
  EXPECT_NEAR(bimodal->mean_seconds(), 2.8e-3, 1e-15);
  EXPECT_NEAR(bimodal->variance_seconds2(), 12.96e-6, 1e-18);
  expect_moments(*bimodal, 22);
  for (const double x : samples(*bimodal, 23, 1000)) EXPECT_TRUE(x == 1e-3 || x == 10e-3);
}

TEST(BimodalDistribution, IsSlowForATenthUnlessTold) {
  const auto bimodal = make<Distribution>("bimodal", {{"fast", time(0ms)}, {"slow", time(10ms)}});
  EXPECT_DOUBLE_EQ(bimodal->mean_seconds(), 1e-3);
}

TEST(BimodalDistribution, RefusesASlowThatIsFaster) {
  EXPECT_EQ(refusal<Distribution>("bimodal", {{"fast", time(10ms)}, {"slow", time(1ms)}}),
            "got slow 1ms below fast 10ms, expected slow to be at least fast");
}

TEST(BimodalDistribution, IsTheSameOnEveryMachine) {
  const auto bimodal = make<Distribution>(
      "bimodal", {{"fast", time(1ms)}, {"slow", time(10ms)}, {"slow_share", number(0.6)}});
  EXPECT_EQ(first_five(*bimodal), (Nanoseconds{10000000, 1000000, 10000000, 1000000, 10000000}));
}

}  // namespace
}  // namespace steelyard
