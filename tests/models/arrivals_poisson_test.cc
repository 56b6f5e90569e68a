#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

TEST(PoissonArrivals, HaveExponentialGaps) {
  const auto poisson = make<Arrivals>("poisson", {{"rate", rate(1000)}});
  std::vector<double> all = arrivals_before(*poisson, 40, 20);
  std::vector<double> gaps;
  double last = 0;
  for (const double t : all) gaps.push_back(t - std::exchange(last, t));
  std::sort(gaps.begin(), gaps.end());
  const auto n = static_cast<double>(gaps.size());
  double distance = 0;
  for (std::size_t i = 0; i < gaps.size(); ++i)
    distance = std::max(
        distance, std::abs(-std::expm1(-gaps[i] * 1000) - (static_cast<double>(i) + 0.5) / n));
  EXPECT_LT(distance, std::sqrt(std::log(2e6) / (2 * n)) + 0.5 / n) << "seed 40";
  EXPECT_NEAR(n, 20'000, 5 * std::sqrt(20'000)) << "seed 40";
  EXPECT_EQ(poisson->constant_rate(), 1000);
}

// 0/s to 200/s over 100 s: 10,000 requests; the count of each tenth is Poisson with mean
// 100 (2i + 1), i = 0..9.
TEST(PoissonArrivals, FollowTheirSchedule) {
  const auto poisson = make<Arrivals>(
      "poisson",
      {{"rate", strategy("schedule", "ramp",
                         {{"from", number(0)}, {"to", number(200)}, {"over", time(100s)}})}});
  std::vector<int> counts(10);
  for (const double t : arrivals_before(*poisson, 41, 100))
    ++counts[static_cast<std::size_t>(t / 10)];
  double chi2 = 0;
  for (int i = 0; i < 10; ++i) {
    const double expected = 100 * (2 * i + 1);
    const double excess = counts[static_cast<std::size_t>(i)] - expected;
    chi2 += excess * excess / expected;
  }
  // Chi-squared with 10 degrees of freedom exceeds 46.9 with probability 1e-6, and falls below
  // 0.43 as rarely: it would be too good to be random.
  EXPECT_LT(chi2, 46.9) << "seed 41";
  EXPECT_GT(chi2, 0.43) << "seed 41";
  EXPECT_LT(poisson->constant_rate(), 0);
}

TEST(PoissonArrivals, EndWhereTheScheduleEnds) {
  const auto poisson = make<Arrivals>(
      "poisson", {{"rate", strategy("schedule", "steps",
                                    {{"rates", numbers_of({100, 0})}, {"every", time(1s)}})}});
  const auto all = arrivals_before(*poisson, 42, INFINITY);
  EXPECT_NEAR(static_cast<double>(all.size()), 100, 50) << "seed 42";
  EXPECT_LE(all.back(), 1);
  EXPECT_EQ(poisson->next(), kNever);
}

// The same requests, only twice as dense: common random numbers across rates.
TEST(PoissonArrivals, ScaleWithTheRateArrivalForArrival) {
  const auto slow = make<Arrivals>("poisson", {{"rate", rate(100)}});
  const auto fast = make<Arrivals>("poisson", {{"rate", rate(200)}});
  const auto at_slow = arrivals_before(*slow, 43, 10);
  const auto at_fast = arrivals_before(*fast, 43, 5);
  ASSERT_EQ(at_slow.size(), at_fast.size());
  for (std::size_t i = 0; i < at_slow.size(); ++i) EXPECT_NEAR(at_slow[i], 2 * at_fast[i], 3e-9);
}

TEST(PoissonArrivals, HandOnTheErrorOfTheSchedule) {
  EXPECT_EQ(refusal<Arrivals>(
                "poisson", {{"rate", strategy("schedule", "steps", {{"rates", numbers_of({1})}})}}),
            "rate: got none of them, expected exactly one of every, at");
}

TEST(PoissonArrivals, AreTheSameOnEveryMachine) {
  EXPECT_EQ(first_five(*make<Arrivals>("poisson", {{"rate", rate(1000)}})),
            (Nanoseconds{999157, 1057248, 4152646, 4404399, 5922557}));
  const auto diurnal = make<Arrivals>(
      "poisson", {{"rate", strategy("schedule", "diurnal", {{"mean", number(0.001)}})}});
  EXPECT_EQ(first_five(*diurnal), (Nanoseconds{981645668585, 1037681159984, 3880667678934,
                                               4100908566813, 5399321151717}));
  const auto ramp = make<Arrivals>(
      "poisson",
      {{"rate", strategy("schedule", "ramp",
                         {{"from", number(1)}, {"to", number(10)}, {"over", time(10s)}})}});
  EXPECT_EQ(first_five(*ramp),
            (Nanoseconds{747629825, 782036697, 2123494087, 2208846930, 2683069405}));
}

}  // namespace
}  // namespace steelyard
