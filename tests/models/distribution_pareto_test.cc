#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

TEST(ParetoDistribution, HasAPowerLawTail) {
  const auto pareto =
      make<Distribution>("pareto", {{"minimum", time(2ms)}, {"shape", number(1.5)}});
  expect_distribution(*pareto, 17, [](double x) { return 1 - std::pow(2e-3 / x, 1.5); });
  for (const double x : samples(*pareto, 18, 1000)) EXPECT_GE(x, 2e-3 * (1 - 1e-15));
}

// Shape 6: mean = min 6/5, variance = min^2 6/(25 * 4).
TEST(ParetoDistribution, KnowsItsMoments) {
  const auto pareto = make<Distribution>("pareto", {{"minimum", time(2ms)}, {"shape", number(6)}});
  EXPECT_NEAR(pareto->mean_seconds(), 2.4e-3, 1e-15);
  EXPECT_NEAR(pareto->variance_seconds2(), 4e-6 * 0.06, 1e-18);
  expect_moments(*pareto, 19);
}

TEST(ParetoDistribution, SaysWhereAMomentIsInfinite) {
  const auto no_mean = make<Distribution>("pareto", {{"minimum", time(2ms)}, {"shape", number(1)}});
  EXPECT_TRUE(std::isinf(no_mean->mean_seconds()));
  const auto no_variance =
      make<Distribution>("pareto", {{"minimum", time(2ms)}, {"shape", number(2)}});
  EXPECT_DOUBLE_EQ(no_variance->mean_seconds(), 4e-3);
  EXPECT_TRUE(std::isinf(no_variance->variance_seconds2()));
}

// mean = minimum shape/(shape - 1): shape 1.5 and mean 6 ms make 2 ms.
TEST(ParetoDistribution, MeetsItsMean) {
  const auto pareto = make<Distribution>("pareto", {{"mean", time(6ms)}, {"shape", number(1.5)}});
  EXPECT_NEAR(pareto->mean_seconds(), 6e-3, 1e-15);
  expect_distribution(*pareto, 20, [](double x) { return 1 - std::pow(2e-3 / x, 1.5); });
}

TEST(ParetoDistribution, RefusesAMeanWhereThereIsNone) {
  EXPECT_EQ(refusal<Distribution>("pareto", {{"mean", time(6ms)}, {"shape", number(1)}}),
            "got mean with shape 1, expected a shape above 1 (the mean of any other is infinite; "
            "give the minimum instead)");
  EXPECT_EQ(refusal<Distribution>("pareto", {{"shape", number(1)}}),
            "got none of them, expected exactly one of minimum, mean");
}

// The heaviest tail that may be asked for reaches infinity, and still makes a delay.
TEST(ParetoDistribution, NeverMakesADelayThatOverflows) {
  const auto pareto =
      make<Distribution>("pareto", {{"minimum", time(24h)}, {"shape", number(0.05)}});
  RandomStream random(21);
  for (int i = 0; i < 1000; ++i) {
    const Duration delay = sample_duration(*pareto, random);
    EXPECT_GE(delay, 24h - 1us);
    EXPECT_LE(delay, kDelayMax);
  }
}

TEST(ParetoDistribution, IsTheSameOnEveryMachine) {
  const auto pareto =
      make<Distribution>("pareto", {{"minimum", time(2ms)}, {"shape", number(1.5)}});
  EXPECT_EQ(first_five(*pareto), (Nanoseconds{3893281, 2078974, 15748511, 2365483, 5502775}));
}

}  // namespace
}  // namespace steelyard
