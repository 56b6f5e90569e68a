#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

TEST(ConstantDistribution, IsAlwaysTheSame) {
  const auto constant = make<Distribution>("constant", {{"value", time(3ms)}});
  for (const double x : samples(*constant, 1, 100)) EXPECT_EQ(x, 3e-3);
  EXPECT_EQ(constant->mean_seconds(), 3e-3);
  EXPECT_EQ(constant->variance_seconds2(), 0);
}

TEST(ConstantDistribution, DrawsNoRandomNumber) {
  const auto constant = make<Distribution>("constant", {{"value", time(0ms)}});
  RandomStream random(1);
  RandomStream untouched(1);
  (void)constant->sample(random);
  EXPECT_EQ(random.next(), untouched.next());
}

// Ten years, which leaves room for a run and a sum within an Instant's 292.
TEST(Delay, IsCutOffWhereAnInstantWouldOverflow) {
  EXPECT_EQ(to_delay(0), 0ns);
  EXPECT_EQ(to_delay(1.4e-9), 1ns);
  EXPECT_EQ(to_delay(1.6e-9), 2ns);
  EXPECT_EQ(to_delay(1e30), kDelayMax);
  EXPECT_EQ(to_delay(INFINITY), kDelayMax);
}

}  // namespace
}  // namespace steelyard
