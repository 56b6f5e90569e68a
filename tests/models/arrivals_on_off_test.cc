#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

Given bursts() {
  return {{"on_rate", number(1000)},
          {"off_rate", number(100)},
          {"mean_on", time(100ms)},
          {"mean_off", time(300ms)}};
}

// Mean rate (1000 * .1 + 100 * .3)/.4 = 325/s. With r1 = 1/.1 and r2 = 1/.3 the counts' index of
// dispersion is 1 + 2 (l1 - l2)^2 r1 r2/((r1 + r2)^2 (l1 r2 + l2 r1)) = 1 + 2 * 810000 * 33.33 /
// (177.8 * 4333.3) = 71.1. [Fischer, Meier-Hellstern 1993]
TEST(OnOffArrivals, HaveTheRateAndTheBurstinessOfTheTheory) {
  const auto on_off = make<Arrivals>("on_off", bursts());
  EXPECT_DOUBLE_EQ(on_off->constant_rate(), 325);
  constexpr double kDispersion = 71.1;
  constexpr std::size_t kWindows = 2000;  // of 4 s, ten cycles each
  std::vector<double> windows(kWindows);
  for (const double t : arrivals_before(*on_off, 46, 4.0 * kWindows))
    ++windows[static_cast<std::size_t>(t / 4)];
  double mean = 0;
  for (const double n : windows) mean += n / kWindows;
  EXPECT_NEAR(mean, 1300, 5 * std::sqrt(kDispersion * 1300 / kWindows)) << "seed 46";
  double variance = 0;
  for (const double n : windows) variance += (n - mean) * (n - mean) / kWindows;
  // Over windows of t seconds the limit is approached as 1 - 1/((r1 + r2) t) = 1 - 1/53. The
  // variance of 2000 counts is known to sqrt(2/2000) = 3.2%, a little worse for their skew.
  EXPECT_NEAR(variance / mean, kDispersion * (1 - 1.0 / 53), 0.2 * kDispersion) << "seed 46";
}

TEST(OnOffArrivals, AreSilentBetweenBurstsUnlessTold) {
  Given given = bursts();
  given[1].second = number(0);
  const auto on_off = make<Arrivals>("on_off", std::move(given));
  const auto all = arrivals_before(*on_off, 47, 100);
  double longest = 0;
  for (std::size_t i = 1; i < all.size(); ++i) longest = std::max(longest, all[i] - all[i - 1]);
  // Some 250 pauses of 300 ms: the longest is near .3 ln 250 = 1.7 s, and 100/s would never pause.
  EXPECT_GT(longest, 0.6) << "seed 47";
}

// The first request must not come as if every run began with a burst: over many streams the share
// of runs that begin with one is mean_on/(mean_on + mean_off) = 1/4.
TEST(OnOffArrivals, BeginInEitherStateAsOftenAsTheyAreInIt) {
  int early = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Given given = bursts();
    given[1].second = number(0);
    const auto on_off = make<Arrivals>("on_off", std::move(given));
    on_off->start(RandomStream(seed));
    early += on_off->next() < kStart + 10ms ? 1 : 0;
  }
  // On at first (1/4) and a request within 10 ms (1 - e^-10, and the burst lasting: about .99); or
  // off at first and on within 10 ms (1 - e^(-1/30) = .033, less the wait for a request: .03).
  EXPECT_NEAR(early, 4000 * (0.25 * 0.99 + 0.75 * 0.03), 5 * std::sqrt(4000 * 0.27 * 0.73));
}

TEST(OnOffArrivals, RefuseBurstsThatAreNone) {
  Given given = bursts();
  given[1].second = number(2000);
  EXPECT_EQ(refusal<Arrivals>("on_off", given),
            "got off_rate 2000/s above on_rate 1000/s, expected it below");
}

// A scenario that asks for one request in 1e9 cycles would search for it for ever.
TEST(OnOffArrivals, RefuseCyclesWithoutRequests) {
  EXPECT_EQ(
      refusal<Arrivals>(
          "on_off", {{"on_rate", number(1e-3)}, {"mean_on", time(1us)}, {"mean_off", time(1us)}}),
      "got 1e-09 requests a cycle (on_rate mean_on + off_rate mean_off), expected at least "
      "0.001");
}

TEST(OnOffArrivals, AreTheSameOnEveryMachine) {
  EXPECT_EQ(first_five(*make<Arrivals>("on_off", bursts())),
            (Nanoseconds{18945410, 19201078, 19669057, 21067565, 22799686}));
}

}  // namespace
}  // namespace steelyard
