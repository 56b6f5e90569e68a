#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

std::unique_ptr<RateSchedule> day(double amplitude, double phase = 0) {
  return make<RateSchedule>("diurnal", {{"mean", number(100)},
                                        {"amplitude", number(amplitude)},
                                        {"period", time(24h)},
                                        {"phase", number(phase)}});
}

TEST(DiurnalSchedule, IsAWaveAroundItsMean) {
  const auto schedule = day(0.5);
  EXPECT_DOUBLE_EQ(schedule->rate_at(0), 100);
  EXPECT_DOUBLE_EQ(schedule->rate_at(6 * 3600), 150);
  EXPECT_DOUBLE_EQ(schedule->rate_at(18 * 3600), 50);
  EXPECT_DOUBLE_EQ(day(0.5, 0.25)->rate_at(0), 150);
  EXPECT_DOUBLE_EQ(day(0.5, 0.75)->rate_at(0), 50);
}

// A whole day has the mean; the rising half has 2 amplitude/(2 pi) of a day's requests more.
TEST(DiurnalSchedule, IntegratesToItsMeanOverAPeriod) {
  const auto schedule = day(0.5);
  EXPECT_DOUBLE_EQ(schedule->expected_by(86400), 8'640'000);
  EXPECT_NEAR(schedule->expected_by(43200), 4'320'000 + 0.5 / M_PI * 8'640'000, 1e-6);
  EXPECT_EQ(schedule->expected_by(0), 0);
}

// A microsecond of a day's rate of 100/s is 1e-4 requests; the inverse is asked to be closer still,
// also at full amplitude, where the rate touches 0.
TEST(DiurnalSchedule, InvertsItsIntegral) {
  for (const double amplitude : {0.0, 0.5, 0.99, 1.0})
    for (const double phase : {0.0, 0.3, 0.75})
      for (int i = 1; i <= 300; ++i) {
        const auto schedule = day(amplitude, phase);
        const double count = i * 123'456.7;
        const double t = schedule->time_of(count);
        ASSERT_NEAR(schedule->expected_by(t), count, 1e-15 * 4 * count + 1e-7)
            << "amplitude " << amplitude << ", phase " << phase;
      }
}

TEST(DiurnalSchedule, NeverRunsBackwards) {
  const auto schedule = day(1, 0.6);
  double last = 0;
  for (int i = 0; i < 20'000; ++i) {
    const double t = schedule->time_of(i * 0.01 + 1'000'000);
    ASSERT_GE(t, last);
    last = t;
  }
}

TEST(DiurnalSchedule, IsConstantWithoutAmplitude) {
  EXPECT_EQ(day(0)->constant_rate(), 100);
  EXPECT_LT(day(0.1)->constant_rate(), 0);
}

}  // namespace
}  // namespace steelyard
