#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

TEST(ConstantArrivals, AreEvenlySpaced) {
  const auto constant = make<Arrivals>("constant", {{"rate", rate(100)}});
  EXPECT_EQ(first_five(*constant),
            (Nanoseconds{10'000'000, 20'000'000, 30'000'000, 40'000'000, 50'000'000}));
  EXPECT_EQ(constant->constant_rate(), 100);
}

// 0/s to 20/s over 20 s: the integral is t^2/2, so the n-th request comes at sqrt(2 n).
TEST(ConstantArrivals, FollowTheirSchedule) {
  const auto constant = make<Arrivals>(
      "constant",
      {{"rate", strategy("schedule", "ramp",
                         {{"from", number(0)}, {"to", number(20)}, {"over", time(20s)}})}});
  const auto all = arrivals_before(*constant, 1, 20);
  ASSERT_GE(all.size(), 100u);
  for (std::size_t n = 1; n <= 100; ++n)
    EXPECT_NEAR(all[n - 1], std::sqrt(2.0 * static_cast<double>(n)), 1e-9);
}

// Over an hour at a third of a request a second the times must not drift: the n-th is at 3n.
TEST(ConstantArrivals, DoNotDrift) {
  const auto constant = make<Arrivals>("constant", {{"rate", rate(1.0 / 3)}});
  const auto all = arrivals_before(*constant, 1, 3601);
  ASSERT_EQ(all.size(), 1200u);
  EXPECT_NEAR(all.back(), 3600, 1e-9);
}

}  // namespace
}  // namespace steelyard
