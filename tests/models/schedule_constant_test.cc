#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

TEST(ConstantSchedule, NeverChanges) {
  const auto schedule = make<RateSchedule>("constant", {{"rate", number(250)}});
  EXPECT_EQ(schedule->constant_rate(), 250);
  EXPECT_EQ(schedule->rate_at(1e6), 250);
  EXPECT_EQ(schedule->expected_by(4), 1000);
  EXPECT_EQ(schedule->time_of(1000), 4);
}

}  // namespace
}  // namespace steelyard
