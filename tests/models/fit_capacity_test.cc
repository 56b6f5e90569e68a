#include "models/fit_capacity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/math.h"
#include "core/random.h"
#include "models/queueing.h"

namespace steelyard {
namespace {

struct Truth {
  std::int64_t places;
  double service;
  double delay;
};

// What a closed loop would measure, off by `error` of normal deviates.
std::vector<LoadStep> measured(const Truth& truth, std::int64_t users_max, double error,
                               std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<LoadStep> steps;
  for (const std::int64_t users : {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128}) {
    if (users > users_max) break;
    const double model =
        queueing::closed_throughput(users, truth.delay, truth.service, truth.places);
    const double noise = error * math::normal_quantile(random.uniform_open());
    steps.push_back({.users = users,
                     .throughput = model * (1 + noise),
                     .relative_error = std::max(1e-3, error)});
  }
  return steps;
}

TEST(FitCapacity, FindsPlacesServiceAndDelayExactlyWithoutNoise) {
  for (const Truth truth : {Truth{1, 5e-3, 0.2e-3}, Truth{4, 5e-3, 0.2e-3}, Truth{16, 2e-3, 0.3e-3},
                            Truth{3, 1e-3, 1e-3}, Truth{7, 0.1, 0.02}}) {
    // Told only the network's part, not the programs'.
    const CapacityFit fit =
        fit_capacity(measured(truth, 4 * truth.places, 0, 1),
                     {.least = truth.delay * 0.8, .doubt = std::max(0.25e-3, truth.delay)});
    EXPECT_EQ(fit.concurrency, truth.places);
    EXPECT_TRUE(fit.saturated);
    EXPECT_NEAR(fit.service_seconds, truth.service, 0.01 * truth.service) << truth.places;
    EXPECT_NEAR(fit.capacity(), static_cast<double>(truth.places) / truth.service,
                0.01 * static_cast<double>(truth.places) / truth.service);
    EXPECT_LT(fit.misfit, 0.005);
  }
}

// 2% noise: steps at and beyond saturation, four or more, tell capacity within 1% (one deviation),
// and the neighbours of 4 places are 25% away.
TEST(FitCapacity, FindsTheNumberOfPlacesThroughNoise) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const CapacityFit fit = fit_capacity(measured({4, 5e-3, 0.2e-3}, 16, 0.02, seed),
                                         {.least = 0.05e-3, .doubt = 0.25e-3});
    EXPECT_EQ(fit.concurrency, 4) << "seed " << seed;
    EXPECT_EQ(fit.concurrency_low, 4) << "seed " << seed;
    EXPECT_EQ(fit.concurrency_high, 4) << "seed " << seed;
    EXPECT_NEAR(fit.service_seconds, 5e-3, 0.06 * 5e-3) << "seed " << seed;
  }
}

TEST(FitCapacity, SaysWhatItCannotTellApart) {
  // Throughput 5% off, and 24 places: the neighbours are 4% away.
  const CapacityFit fit =
      fit_capacity(measured({24, 5e-3, 0.2e-3}, 96, 0.05, 1), {.least = 0.05e-3, .doubt = 0.25e-3});
  EXPECT_LE(fit.concurrency_low, 24);
  EXPECT_GE(fit.concurrency_high, 24);
  EXPECT_LT(fit.concurrency_low, fit.concurrency_high);
}

TEST(FitCapacity, SaysWhenTheServiceWasNotSaturated) {
  const CapacityFit fit =
      fit_capacity(measured({32, 5e-3, 0.2e-3}, 16, 0, 1), {.least = 0.2e-3, .doubt = 0.25e-3});
  EXPECT_FALSE(fit.saturated);
  // Sixteen users were served at once.
  EXPECT_EQ(fit.concurrency, 16);
  EXPECT_NEAR(fit.service_seconds, 5e-3, 0.02 * 5e-3);
}

TEST(FitCapacity, LeavesOutWhereOverloadEatsThroughput) {
  std::vector<LoadStep> steps = measured({4, 5e-3, 0.2e-3}, 16, 0, 1);
  for (LoadStep& step : steps)
    if (step.users >= 12) step.throughput *= 0.6;
  const CapacityFit fit = fit_capacity(steps, {.least = 0.2e-3, .doubt = 0.25e-3});
  EXPECT_EQ(fit.concurrency, 4);
  EXPECT_TRUE(fit.saturated);
  EXPECT_NEAR(fit.capacity(), 800, 8);
}

// Of a server 20 ms away that serves 4 at once in 5 ms: between 4 and 24 users nothing is at a
// bound.
TEST(FitCapacity, FindsTheKneeBehindALongNetwork) {
  const CapacityFit fit =
      fit_capacity(measured({4, 5e-3, 20e-3}, 64, 0.005, 2), {.least = 20e-3, .doubt = 2e-3});
  EXPECT_EQ(fit.concurrency, 4);
  EXPECT_NEAR(fit.service_seconds, 5e-3, 0.05 * 5e-3);
}

}  // namespace
}  // namespace steelyard
