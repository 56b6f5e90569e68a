#include "core/time.h"

#include <gtest/gtest.h>

#include <limits>

namespace steelyard {
namespace {

TEST(FromSeconds, RoundsToTheNearestNanosecondTiesToEven) {
  EXPECT_EQ(from_seconds(1.5e-9), 2ns);
  EXPECT_EQ(from_seconds(2.5e-9), 2ns);
  EXPECT_EQ(from_seconds(-1.5e-9), -2ns);
  EXPECT_EQ(from_seconds(0.1), 100ms);
  EXPECT_EQ(from_seconds(86400), 24h);
}

TEST(FromSeconds, ClampsWhatAnIntegerCannotHold) {
  EXPECT_EQ(from_seconds(1e30), Duration::max());
  EXPECT_EQ(from_seconds(-1e30), Duration::min());
  EXPECT_EQ(from_seconds(std::numeric_limits<double>::infinity()), Duration::max());
}

TEST(ToSeconds, IsTheInverse) {
  EXPECT_DOUBLE_EQ(to_seconds(1500ms), 1.5);
  EXPECT_DOUBLE_EQ(to_ms(1500us), 1.5);
}

TEST(ToSeconds, KeepsWholeNumbersWhole) {
  for (int i = 1; i <= 100'000; ++i) {
    ASSERT_EQ(to_seconds(std::chrono::seconds(i)), i);
    ASSERT_EQ(to_ms(std::chrono::milliseconds(i)), i);
  }
}

TEST(DurationText, TakesTheLargestUnitBelowTheValue) {
  EXPECT_EQ(to_text(0ns), "0s");
  EXPECT_EQ(to_text(5ns), "5ns");
  EXPECT_EQ(to_text(250us), "250us");
  EXPECT_EQ(to_text(12300us), "12.3ms");
  EXPECT_EQ(to_text(2s), "2s");
  EXPECT_EQ(to_text(-5ms), "-5ms");
}

TEST(DurationText, UsesMinutesAndHoursOnlyWhereTheyAreRound) {
  EXPECT_EQ(to_text(90s), "90s");
  EXPECT_EQ(to_text(120s), "2min");
  EXPECT_EQ(to_text(90min), "90min");
  EXPECT_EQ(to_text(24h), "24h");
}

TEST(DurationText, RoundsToFourSignificantDigits) {
  EXPECT_EQ(to_text(1234567ns), "1.235ms");
  EXPECT_EQ(to_text(1234567us), "1.235s");
}

// Long times that are not whole minutes stay in seconds, and must not turn into "1e+05s".
TEST(DurationText, NeverUsesExponents) {
  EXPECT_EQ(to_text(100001s), "100001s");
  EXPECT_EQ(to_text(86399s), "86399s");
  EXPECT_EQ(to_text(87600h), "87600h");
  EXPECT_EQ(to_text(36000000min + 1min), "36000001min");
}

TEST(Instant, CountsFromTheStartOfTheRun) {
  EXPECT_EQ((kStart + 5ms).time_since_epoch(), 5ms);
  EXPECT_LT(kStart + 24h, kNever);
}

}  // namespace
}  // namespace steelyard
