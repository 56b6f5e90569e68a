#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

TEST(ExponentialDistribution, HasTheTailOfItsDefinition) {
  const auto exponential_5ms = make<Distribution>("exponential", {{"mean", time(5ms)}});
  expect_distribution(*exponential_5ms, 4, [](double x) { return -std::expm1(-x / 5e-3); });
  expect_moments(*exponential_5ms, 5);
  EXPECT_DOUBLE_EQ(exponential_5ms->mean_seconds(), 5e-3);
  EXPECT_DOUBLE_EQ(exponential_5ms->variance_seconds2(), 25e-6);
}

// Inversion: the same stream gives the same request, only longer. Common random numbers rest on it.
TEST(ExponentialDistribution, ScalesWithItsMeanSampleForSample) {
  const auto one = samples(*make<Distribution>("exponential", {{"mean", time(1ms)}}), 6, 1000);
  const auto two = samples(*make<Distribution>("exponential", {{"mean", time(2ms)}}), 6, 1000);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_DOUBLE_EQ(two[i], 2 * one[i]);
}

TEST(ExponentialDistribution, IsTheSameOnEveryMachine) {
  const auto exponential_5ms = make<Distribution>("exponential", {{"mean", time(5ms)}});
  EXPECT_EQ(first_five(*exponential_5ms),
            (Nanoseconds{4995787, 290454, 15476990, 1258764, 7590790}));
}

}  // namespace
}  // namespace steelyard
