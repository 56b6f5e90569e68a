#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

// sigma = ln(p99/median)/z99 = ln 4/2.3263.
TEST(LognormalDistribution, MeetsItsMedianAndItsP99) {
  const auto lognormal =
      make<Distribution>("lognormal", {{"median", time(3ms)}, {"p99", time(12ms)}});
  const double sigma = std::log(4.0) / 2.3263478740408411;
  expect_distribution(*lognormal, 7,
                      [=](double x) { return normal_cdf(std::log(x / 3e-3) / sigma); });
  expect_moments(*lognormal, 8);
  EXPECT_NEAR(lognormal->mean_seconds(), 3e-3 * std::exp(sigma * sigma / 2), 1e-15);
}

TEST(LognormalDistribution, MeetsItsMeanAndItsSigma) {
  const auto lognormal =
      make<Distribution>("lognormal", {{"mean", time(5ms)}, {"sigma", number(0.8)}});
  EXPECT_NEAR(lognormal->mean_seconds(), 5e-3, 1e-15);
  EXPECT_NEAR(lognormal->variance_seconds2(), 25e-6 * std::expm1(0.64), 1e-16);
  expect_distribution(*lognormal, 9,
                      [](double x) { return normal_cdf((std::log(x / 5e-3) + 0.32) / 0.8); });
  expect_moments(*lognormal, 10);
}

// The example of the scenario file: mean 3 ms, p99 12 ms.
TEST(LognormalDistribution, MeetsItsMeanAndItsP99) {
  const auto lognormal =
      make<Distribution>("lognormal", {{"mean", time(3ms)}, {"p99", time(12ms)}});
  EXPECT_NEAR(lognormal->mean_seconds(), 3e-3, 1e-15);
  std::vector<double> all = samples(*lognormal, 11, 100'000);
  const auto below = std::count_if(all.begin(), all.end(), [](double x) { return x < 12e-3; });
  EXPECT_NEAR(static_cast<double>(below), 99'000, 5 * std::sqrt(990)) << "seed 11";
}

TEST(LognormalDistribution, MayHaveNoSpread) {
  const auto lognormal =
      make<Distribution>("lognormal", {{"median", time(3ms)}, {"sigma", number(0)}});
  for (const double x : samples(*lognormal, 1, 10)) EXPECT_EQ(x, 3e-3);
  EXPECT_EQ(lognormal->variance_seconds2(), 0);
}

TEST(LognormalDistribution, WantsOneLocationAndOneSpread) {
  EXPECT_EQ(refusal<Distribution>("lognormal", {{"median", time(3ms)}}),
            "got none of them, expected exactly one of p99, sigma");
  EXPECT_EQ(refusal<Distribution>("lognormal", {{"p99", time(3ms)}}),
            "got none of them, expected exactly one of median, mean");
  EXPECT_EQ(refusal<Distribution>(
                "lognormal", {{"median", time(3ms)}, {"mean", time(3ms)}, {"sigma", number(1)}}),
            "got median and mean, expected exactly one of median, mean");
}

TEST(LognormalDistribution, RefusesAP99ThatNoSpreadReaches) {
  EXPECT_EQ(refusal<Distribution>("lognormal", {{"median", time(3ms)}, {"p99", time(2ms)}}),
            "got p99 2ms below median 3ms, expected p99 to be at least the median");
  // The largest ratio of p99 to mean is e^(z99^2/2) = e^2.70595 = 14.97.
  EXPECT_EQ(refusal<Distribution>("lognormal", {{"mean", time(1ms)}, {"p99", time(15ms)}}),
            "got p99 15ms with mean 1ms, expected a p99 between 1 and 14.97 times the mean (no "
            "lognormal has a larger one)");
}

TEST(LognormalDistribution, IsTheSameOnEveryMachine) {
  const auto lognormal =
      make<Distribution>("lognormal", {{"median", time(3ms)}, {"p99", time(12ms)}});
  EXPECT_EQ(first_five(*lognormal), (Nanoseconds{2454683, 7716637, 1094086, 4728598, 1890179}));
}

}  // namespace
}  // namespace steelyard
