#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

class WeibullShapes : public testing::TestWithParam<double> {};

TEST_P(WeibullShapes, HasTheDistributionFunctionOfItsShape) {
  const double shape = GetParam();
  const auto weibull =
      make<Distribution>("weibull", {{"scale", time(4ms)}, {"shape", number(shape)}});
  expect_distribution(*weibull, 14,
                      [=](double x) { return -std::expm1(-std::pow(x / 4e-3, shape)); });
  expect_moments(*weibull, 15);
  EXPECT_NEAR(weibull->mean_seconds(), 4e-3 * std::tgamma(1 + 1 / shape), 1e-14);
}

INSTANTIATE_TEST_SUITE_P(FromHeavyToBellShaped, WeibullShapes, testing::Values(0.7, 1.0, 3.0));

TEST(WeibullDistribution, MeetsItsMean) {
  const auto weibull = make<Distribution>("weibull", {{"mean", time(4ms)}, {"shape", number(0.5)}});
  // Shape 1/2: scale = mean/Gamma(3) = mean/2; E[X^2] = scale^2 Gamma(5) = 6 mean^2.
  EXPECT_NEAR(weibull->mean_seconds(), 4e-3, 1e-15);
  EXPECT_NEAR(weibull->variance_seconds2(), 5 * 16e-6, 1e-16);
  expect_distribution(*weibull, 16, [](double x) { return -std::expm1(-std::sqrt(x / 2e-3)); });
}

TEST(WeibullDistribution, WantsEitherMeanOrScale) {
  EXPECT_EQ(refusal<Distribution>("weibull", {{"shape", number(1)}}),
            "got none of them, expected exactly one of mean, scale");
  EXPECT_EQ(refusal<Distribution>(
                "weibull", {{"mean", time(4ms)}, {"scale", time(4ms)}, {"shape", number(1)}}),
            "got mean and scale, expected exactly one of mean, scale");
}

TEST(WeibullDistribution, IsTheSameOnEveryMachine) {
  const auto weibull = make<Distribution>("weibull", {{"mean", time(4ms)}, {"shape", number(0.7)}});
  EXPECT_EQ(first_five(*weibull), (Nanoseconds{3156196, 54216, 15874878, 440490, 5737346}));
}

}  // namespace
}  // namespace steelyard
