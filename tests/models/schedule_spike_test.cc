#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

TEST(SpikeSchedule, RisesOnceAndComesBack) {
  const auto spike = make<RateSchedule>(
      "spike",
      {{"base", number(100)}, {"peak", number(1000)}, {"at", time(30s)}, {"for", time(5s)}});
  EXPECT_EQ(spike->rate_at(29.9), 100);
  EXPECT_EQ(spike->rate_at(30), 1000);
  EXPECT_EQ(spike->rate_at(35), 100);
  EXPECT_DOUBLE_EQ(spike->expected_by(35), 8000);  // 3000 + 5000
  EXPECT_DOUBLE_EQ(spike->time_of(4000), 31);
}

TEST(SpikeSchedule, MayBeAtTheVeryStartAndOutOfNothing) {
  const auto spike = make<RateSchedule>(
      "spike", {{"base", number(0)}, {"peak", number(10)}, {"at", time(0s)}, {"for", time(5s)}});
  EXPECT_EQ(spike->rate_at(0), 10);
  EXPECT_DOUBLE_EQ(spike->time_of(50), 5);
  EXPECT_TRUE(std::isinf(spike->time_of(51)));
}

}  // namespace
}  // namespace steelyard
