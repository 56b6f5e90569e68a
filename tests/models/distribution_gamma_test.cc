#include <gtest/gtest.h>

#include <boost/math/special_functions/gamma.hpp>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

class GammaShapes : public testing::TestWithParam<double> {};

// P(X <= x) is the regularized lower incomplete gamma function of (shape, x shape/mean).
TEST_P(GammaShapes, HasTheDistributionFunctionOfItsShape) {
  const double shape = GetParam();
  const auto gamma = make<Distribution>("gamma", {{"mean", time(4ms)}, {"shape", number(shape)}});
  expect_distribution(*gamma, 12,
                      [=](double x) { return boost::math::gamma_p(shape, x / (4e-3 / shape)); });
  expect_moments(*gamma, 13);
  EXPECT_DOUBLE_EQ(gamma->mean_seconds(), 4e-3);
  EXPECT_DOUBLE_EQ(gamma->variance_seconds2(), 16e-6 / shape);
}

INSTANTIATE_TEST_SUITE_P(FromBurstyToSmooth, GammaShapes, testing::Values(0.25, 1.0, 4.0, 100.0));

TEST(GammaDistribution, IsTheSameOnEveryMachine) {
  const auto smooth = make<Distribution>("gamma", {{"mean", time(4ms)}, {"shape", number(4)}});
  EXPECT_EQ(first_five(*smooth), (Nanoseconds{3059067, 1286670, 2373594, 4318417, 2162349}));
  const auto bursty = make<Distribution>("gamma", {{"mean", time(4ms)}, {"shape", number(0.25)}});
  EXPECT_EQ(first_five(*bursty), (Nanoseconds{1007554, 2085289, 997596, 69382, 14536}));
}

}  // namespace
}  // namespace steelyard
