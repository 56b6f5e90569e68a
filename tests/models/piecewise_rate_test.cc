#include "models/piecewise_rate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

// 10/s for 2 s, nothing for 3 s, then rising from 0 by 4/s each second for 2 s, then 8/s:
// 20 by 2 s, 20 by 5 s, 28 by 7 s.
const PiecewiseRate kRate({{.start = 0, .rate = 10},
                           {.start = 2, .rate = 0},
                           {.start = 5, .rate = 0, .slope = 4},
                           {.start = 7, .rate = 8}});

TEST(PiecewiseRate, KnowsTheRateAtEveryTime) {
  EXPECT_EQ(kRate.rate_at(0), 10);
  EXPECT_EQ(kRate.rate_at(1.999), 10);
  EXPECT_EQ(kRate.rate_at(2), 0);
  EXPECT_EQ(kRate.rate_at(6), 4);
  EXPECT_EQ(kRate.rate_at(1e6), 8);
}

TEST(PiecewiseRate, IntegratesExactly) {
  EXPECT_DOUBLE_EQ(kRate.expected_by(1), 10);
  EXPECT_DOUBLE_EQ(kRate.expected_by(4), 20);
  EXPECT_DOUBLE_EQ(kRate.expected_by(6), 22);
  EXPECT_DOUBLE_EQ(kRate.expected_by(7), 28);
  EXPECT_DOUBLE_EQ(kRate.expected_by(10), 52);
}

TEST(PiecewiseRate, InvertsItsIntegral) {
  EXPECT_DOUBLE_EQ(kRate.time_of(10), 1);
  EXPECT_DOUBLE_EQ(kRate.time_of(22), 6);
  EXPECT_DOUBLE_EQ(kRate.time_of(52), 10);
  EXPECT_EQ(kRate.time_of(0), 0);
}

// The 20th arrival comes at the end of the first piece, not of the pause after it.
TEST(PiecewiseRate, TakesTheEarliestTimeAcrossAPause) {
  EXPECT_DOUBLE_EQ(kRate.time_of(20), 2);
  EXPECT_GT(kRate.time_of(20.0001), 5);
}

TEST(PiecewiseRate, NeverReachesWhatItDoesNotExpect) {
  const PiecewiseRate ends({{.start = 0, .rate = 10}, {.start = 2, .rate = 0}});
  EXPECT_DOUBLE_EQ(ends.time_of(20), 2);
  EXPECT_TRUE(std::isinf(ends.time_of(20.001)));
}

// Falling to 0: near the end the root under the parabola nearly vanishes, and must not turn
// negative by rounding.
TEST(PiecewiseRate, FallsToZeroWithoutRoundingBelowIt) {
  const PiecewiseRate falls({{.start = 0, .rate = 0.3, .slope = -0.1}, {.start = 3, .rate = 0}});
  EXPECT_NEAR(falls.time_of(falls.expected_by(3)), 3, 1e-6);
  EXPECT_NEAR(falls.time_of(0.25), 1, 1e-12);
  for (double t = 0; t < 3; t += 1e-3) ASSERT_GE(falls.rate_at(t), 0);
}

TEST(PiecewiseRate, IsConstantOnlyWithOnePiece) {
  EXPECT_EQ(PiecewiseRate({{.start = 0, .rate = 5}}).constant_rate(), 5);
  EXPECT_LT(kRate.constant_rate(), 0);
}

}  // namespace
}  // namespace steelyard
