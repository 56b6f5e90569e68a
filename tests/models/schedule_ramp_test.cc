#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

// From 100/s at 10 s to 300/s at 30 s: 1000 by 10 s, 1000 + 20 * 200 = 5000 by 30 s.
TEST(RampSchedule, GoesFromOneRateToTheOther) {
  const auto ramp = make<RateSchedule>(
      "ramp",
      {{"from", number(100)}, {"to", number(300)}, {"over", time(20s)}, {"start_at", time(10s)}});
  EXPECT_EQ(ramp->rate_at(5), 100);
  EXPECT_DOUBLE_EQ(ramp->rate_at(20), 200);
  EXPECT_EQ(ramp->rate_at(40), 300);
  EXPECT_DOUBLE_EQ(ramp->expected_by(10), 1000);
  EXPECT_DOUBLE_EQ(ramp->expected_by(30), 5000);
  EXPECT_DOUBLE_EQ(ramp->time_of(5000), 30);
  EXPECT_DOUBLE_EQ(ramp->time_of(5300), 31);
  EXPECT_LT(ramp->constant_rate(), 0);
}

// To nothing: 10/s falling for 10 s makes 50 requests, and no 51st.
TEST(RampSchedule, MayEndInSilence) {
  const auto ramp =
      make<RateSchedule>("ramp", {{"from", number(10)}, {"to", number(0)}, {"over", time(10s)}});
  EXPECT_DOUBLE_EQ(ramp->expected_by(100), 50);
  EXPECT_TRUE(std::isinf(ramp->time_of(50.5)));
}

TEST(RampSchedule, RefusesSilenceAllAlong) {
  EXPECT_EQ(
      refusal<RateSchedule>("ramp", {{"from", number(0)}, {"to", number(0)}, {"over", time(10s)}}),
      "got from 0 and to 0, expected one above zero");
}

}  // namespace
}  // namespace steelyard
