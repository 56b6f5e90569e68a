#include "models/fit_distribution.h"

#include <gtest/gtest.h>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

constexpr std::size_t kSamples = 2000;

DistributionFit fit_of(const Distribution& distribution, std::uint64_t seed) {
  return fit_distribution(samples(distribution, seed, kSamples));
}

std::unique_ptr<Distribution> made(const DistributionFit& fit) {
  return std::move(Registration<Distribution>::make(fit.distribution).value());
}

// Means of 2000 values are off by cv/sqrt(2000): five standard errors are 11% of the deviation.
constexpr double kFiveErrors = 0.112;

TEST(FitDistribution, FindsAnExponentialAndItsMean) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto fit = fit_of(*make<Distribution>("exponential", {{"mean", time(5ms)}}), seed);
    EXPECT_EQ(fit.distribution.name, "exponential") << "seed " << seed;
    EXPECT_NEAR(made(fit)->mean_seconds(), 5e-3, kFiveErrors * 5e-3) << "seed " << seed;
    EXPECT_LT(fit.distance, kFitDistanceMax) << "seed " << seed;
  }
}

// The deviation of n logarithms is off by sigma/sqrt(2 n): five standard errors are 8% of it.
TEST(FitDistribution, FindsALognormalAndItsWidth) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto fit = fit_of(
        *make<Distribution>("lognormal", {{"median", time(4ms)}, {"sigma", number(0.8)}}), seed);
    ASSERT_EQ(fit.distribution.name, "lognormal") << "seed " << seed;
    EXPECT_NEAR(fit.distribution.settings.number("sigma"), 0.8, 0.08 * 0.8) << "seed " << seed;
    // Its mean is 4 ms e^0.32; its deviation sqrt(e^0.64 - 1) = 0.95 of that.
    EXPECT_NEAR(made(fit)->mean_seconds(), 4e-3 * std::exp(0.32),
                kFiveErrors * 0.95 * 4e-3 * std::exp(0.32))
        << "seed " << seed;
  }
}

// The information of one value about ln(shape) is shape (shape psi'(shape) - 1): 0.54 for shape 4,
// of which five standard errors at n = 2000 are 5/sqrt(2000 * 0.54) = 15%.
TEST(FitDistribution, FindsAGammaAndItsShape) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto fit =
        fit_of(*make<Distribution>("gamma", {{"mean", time(5ms)}, {"shape", number(4)}}), seed);
    ASSERT_EQ(fit.distribution.name, "gamma") << "seed " << seed;
    EXPECT_NEAR(fit.distribution.settings.number("shape"), 4, 0.15 * 4) << "seed " << seed;
  }
}

TEST(FitDistribution, TakesValuesThatBarelyDifferForAConstant) {
  RandomStream random(3);
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(5e-3 + 200e-6 * random.uniform());
  values.push_back(50e-3);  // the machine, once
  const DistributionFit fit = fit_distribution(values);
  ASSERT_EQ(fit.distribution.name, "constant");
  // The middle of 5.0 to 5.2 ms; the one far off does not move it.
  EXPECT_NEAR(to_seconds(fit.distribution.settings.duration("value")), 5.1e-3, 0.02e-3);
}

TEST(FitDistribution, FindsTwoModes) {
  RandomStream random(4);
  std::vector<double> values;
  // One in five is a miss: 400 of 2000, at the same places for every compiler.
  for (int i = 0; i < 2000; ++i)
    values.push_back((i % 5 == 0 ? 20e-3 : 2e-3) * (1 + 0.04 * (random.uniform() - 0.5)));
  const DistributionFit fit = fit_distribution(values);
  ASSERT_EQ(fit.distribution.name, "bimodal");
  EXPECT_NEAR(to_seconds(fit.distribution.settings.duration("fast")), 2e-3, 0.02 * 2e-3);
  EXPECT_NEAR(to_seconds(fit.distribution.settings.duration("slow")), 20e-3, 0.02 * 20e-3);
  EXPECT_DOUBLE_EQ(fit.distribution.settings.number("slow_share"), 0.2);
}

TEST(FitDistribution, KeepsThePercentilesWhereNoFamilyFits) {
  // Two wide humps: 1 to 3 ms, and 10 to 14 ms.
  RandomStream random(5);
  std::vector<double> values;
  for (std::size_t i = 0; i < kSamples; ++i)
    values.push_back(i % 3 == 0 ? 10e-3 + 4e-3 * random.uniform() : 1e-3 + 2e-3 * random.uniform());
  const DistributionFit fit = fit_distribution(values);
  ASSERT_EQ(fit.distribution.name, "empirical");
  ASSERT_EQ(fit.candidates.size(), 3u);
  for (const DistributionFit::Candidate& candidate : fit.candidates)
    EXPECT_GT(candidate.distance, kFitDistanceMax) << candidate.name << " was rejected";
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  EXPECT_NEAR(made(fit)->mean_seconds(), mean, 1e-3 * mean) << "the mean decides the load";
  // p65 to p80 is a straight line across the gap at 2/3: at most 0.8 - 0.667 of the mass is astray.
  EXPECT_LT(fit.distance, 0.14);
}

TEST(FitDistribution, IsNotMisledByZeros) {
  // What the network took less than was taken off: a fiftieth of the values.
  auto values = samples(*make<Distribution>("exponential", {{"mean", time(5ms)}}), 6, kSamples);
  for (double& value : values) value = std::max(0.0, value - 0.1e-3);
  EXPECT_EQ(fit_distribution(values, 50e-6).distribution.name, "exponential");
}

TEST(FitDistribution, DoesWithAFewValues) {
  const DistributionFit fit = fit_distribution({5e-3, 7e-3, 2e-3, 9e-3, 11e-3});
  // Mean 6.8 ms; five values refuse nothing.
  EXPECT_EQ(fit.distribution.name, "exponential");
  EXPECT_NEAR(made(fit)->mean_seconds(), 6.8e-3, 1e-9);
}

}  // namespace
}  // namespace steelyard
