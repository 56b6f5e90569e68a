#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

Value gamma_gaps(double shape) {
  return strategy("distribution", "gamma", {{"mean", time(1ms)}, {"shape", number(shape)}});
}

// The number by time t of a renewal process has mean t/m and, for large t, variance scv t/m.
TEST(RenewalArrivals, AreAsBurstyAsTheirGaps) {
  for (const double shape : {0.25, 4.0}) {
    const auto renewal = make<Arrivals>("renewal", {{"interarrival", gamma_gaps(shape)}});
    const auto all = arrivals_before(*renewal, 44, 100);
    EXPECT_NEAR(static_cast<double>(all.size()), 100'000, 5 * std::sqrt(100'000 / shape))
        << "seed 44, shape " << shape;
    std::vector<double> windows(1000);  // of 100 requests each
    for (const double t : all) ++windows[static_cast<std::size_t>(t * 10)];
    double variance = 0;
    for (const double n : windows) variance += (n - 100) * (n - 100) / 1000;
    // The variance of 1000 nearly normal counts is known to sqrt(2/1000) = 4.5%; five times that,
    // and 5% for windows that are not long.
    EXPECT_NEAR(variance * shape / 100, 1, 0.28) << "seed 44, shape " << shape;
    EXPECT_NEAR(renewal->constant_rate(), 1000, 1e-9);
  }
}

TEST(RenewalArrivals, TakeTheirRateFromTheScheduleIfThereIsOne) {
  const auto renewal =
      make<Arrivals>("renewal", {{"interarrival", gamma_gaps(4)}, {"rate", rate(50)}});
  const auto all = arrivals_before(*renewal, 45, 200);
  EXPECT_NEAR(static_cast<double>(all.size()), 10'000, 5 * std::sqrt(10'000 / 4)) << "seed 45";
  EXPECT_EQ(renewal->constant_rate(), 50);
}

TEST(RenewalArrivals, RefuseGapsThatNeverAdvance) {
  EXPECT_EQ(refusal<Arrivals>("renewal", {{"interarrival", strategy("distribution", "constant",
                                                                    {{"value", time(0s)}})}}),
            "got an interarrival time of 0, expected a mean above 0");
}

TEST(RenewalArrivals, RefuseToScaleGapsWithoutAMean) {
  EXPECT_EQ(
      refusal<Arrivals>("renewal",
                        {{"interarrival", strategy("distribution", "pareto",
                                                   {{"minimum", time(1ms)}, {"shape", number(1)}})},
                         {"rate", rate(50)}}),
      "got rate with an interarrival time of infinite mean, expected a finite one");
}

TEST(RenewalArrivals, AreTheSameOnEveryMachine) {
  const auto renewal = make<Arrivals>("renewal", {{"interarrival", gamma_gaps(4)}});
  EXPECT_EQ(first_five(*renewal), (Nanoseconds{764767, 1086434, 1679833, 2759437, 3300024}));
}

}  // namespace
}  // namespace steelyard
