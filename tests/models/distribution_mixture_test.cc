#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

Value mix(std::vector<Value> parts) {
  Value::List list;
  for (Value& part : parts) list.push_back(std::move(part));
  return {std::move(list)};
}

Value constant(Duration value) {
  return strategy("distribution", "constant", {{"value", time(value)}});
}

// Weights 3 and 1 of exponentials with means 1 and 9 ms: mean 3 ms; E[X^2] = 2 (.75 + 20.25) = 42.
TEST(MixtureDistribution, TakesItsPartsInProportionToTheirWeights) {
  const auto mixture = make<Distribution>(
      "mixture",
      {{"weights", numbers_of({3, 1})}, {"of", mix({exponential(1ms), exponential(9ms)})}});
  EXPECT_NEAR(mixture->mean_seconds(), 3e-3, 1e-15);
  EXPECT_NEAR(mixture->variance_seconds2(), (42 - 9) * 1e-6, 1e-17);
  expect_distribution(*mixture, 27, [](double x) {
    return 1 - 0.75 * std::exp(-x / 1e-3) - 0.25 * std::exp(-x / 9e-3);
  });
  expect_moments(*mixture, 28);
}

TEST(MixtureDistribution, NeverTakesAPartOfWeightZero) {
  const auto mixture =
      make<Distribution>("mixture", {{"weights", numbers_of({0, 1, 0})},
                                     {"of", mix({constant(1ms), constant(2ms), constant(3ms)})}});
  for (const double x : samples(*mixture, 29, 1000)) EXPECT_EQ(x, 2e-3);
}

TEST(MixtureDistribution, MayNest) {
  const Value inner =
      strategy("distribution", "mixture",
               {{"weights", numbers_of({1, 1})}, {"of", mix({constant(2ms), constant(4ms)})}});
  const auto mixture = make<Distribution>(
      "mixture", {{"weights", numbers_of({1, 1})}, {"of", mix({inner, constant(7ms)})}});
  EXPECT_NEAR(mixture->mean_seconds(), 5e-3, 1e-15);  // (3 + 7)/2
}

TEST(MixtureDistribution, SaysWhichPartIsWrong) {
  const Value wrong = strategy("distribution", "uniform", {{"min", time(2ms)}, {"max", time(1ms)}});
  EXPECT_EQ(refusal<Distribution>(
                "mixture", {{"weights", numbers_of({1, 1})}, {"of", mix({constant(1ms), wrong})}}),
            "of[1], uniform: got max 1ms below min 2ms, expected max to be at least min");
}

TEST(MixtureDistribution, RefusesWeightsThatDoNotMatch) {
  EXPECT_EQ(refusal<Distribution>("mixture",
                                  {{"weights", numbers_of({1, 1})}, {"of", mix({constant(1ms)})}}),
            "got 2 weights and 1 distributions, expected as many of one as of the other");
  EXPECT_EQ(refusal<Distribution>("mixture",
                                  {{"weights", numbers_of({0})}, {"of", mix({constant(1ms)})}}),
            "got weights that are all zero, expected one above zero");
}

TEST(MixtureDistribution, IsTheSameOnEveryMachine) {
  const auto mixture = make<Distribution>(
      "mixture",
      {{"weights", numbers_of({3, 1})}, {"of", mix({exponential(1ms), exponential(9ms)})}});
  EXPECT_EQ(first_five(*mixture), (Nanoseconds{58091, 251753, 255668, 1398508, 1410972}));
}

}  // namespace
}  // namespace steelyard
