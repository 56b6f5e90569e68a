#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

TEST(UniformDistribution, IsUniformBetweenItsBounds) {
  const auto uniform = make<Distribution>("uniform", {{"min", time(2ms)}, {"max", time(6ms)}});
  expect_distribution(*uniform, 2, [](double x) { return (x - 2e-3) / 4e-3; });
  expect_moments(*uniform, 3);
  EXPECT_DOUBLE_EQ(uniform->mean_seconds(), 4e-3);
  EXPECT_DOUBLE_EQ(uniform->variance_seconds2(), 16e-6 / 12);
}

TEST(UniformDistribution, MayBeAPoint) {
  const auto uniform = make<Distribution>("uniform", {{"min", time(2ms)}, {"max", time(2ms)}});
  for (const double x : samples(*uniform, 1, 10)) EXPECT_EQ(x, 2e-3);
}

TEST(UniformDistribution, RefusesBoundsInTheWrongOrder) {
  EXPECT_EQ(refusal<Distribution>("uniform", {{"min", time(6ms)}, {"max", time(2ms)}}),
            "got max 2ms below min 6ms, expected max to be at least min");
}

TEST(UniformDistribution, IsTheSameOnEveryMachine) {
  const auto uniform = make<Distribution>("uniform", {{"min", time(2ms)}, {"max", time(6ms)}});
  EXPECT_EQ(first_five(*uniform), (Nanoseconds{3472758, 5774257, 2181028, 5109748, 2876461}));
}

}  // namespace
}  // namespace steelyard
