#include "models/popularity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace steelyard {
namespace {

// 1 + 2^-s + … + n^-s, added from the small end.
double harmonic(std::uint64_t n, double s) {
  double sum = 0;
  for (std::uint64_t k = n; k >= 1; --k) sum += std::pow(static_cast<double>(k), -s);
  return sum;
}

class Exponents : public testing::TestWithParam<double> {};

TEST_P(Exponents, GiveProbabilitiesOfZipfsLaw) {
  const double s = GetParam();
  for (const std::uint64_t keys : {1, 2, 63, 64, 65, 1000, 100'000}) {
    const Popularity popularity(keys, s);
    const double total = harmonic(keys, s);
    for (const std::uint64_t key : {std::uint64_t{0}, keys / 2, keys - 1})
      EXPECT_NEAR(popularity.probability(key) * total, std::pow(static_cast<double>(key + 1), -s),
                  1e-12)
          << keys << " keys, key " << key;
    EXPECT_EQ(popularity.probability(keys), 0);
  }
}

// The fifty most popular of 1000 keys one by one, and the rest in one cell.
TEST_P(Exponents, AreSampledAsTheLawSays) {
  constexpr int kSamples = 200'000;
  constexpr std::size_t kCells = 50;
  const Popularity popularity(1000, GetParam());
  RandomStream random(70);
  std::vector<double> seen(kCells + 1);
  for (int i = 0; i < kSamples; ++i) {
    const std::uint64_t key = popularity.sample(random);
    ASSERT_LT(key, 1000u);
    ++seen[std::min<std::uint64_t>(key, kCells)];
  }
  double chi2 = 0;
  double rest = 1;
  for (std::size_t key = 0; key < kCells; ++key) {
    const double p = popularity.probability(key);
    rest -= p;
    chi2 += (seen[key] - kSamples * p) * (seen[key] - kSamples * p) / (kSamples * p);
  }
  chi2 += (seen[kCells] - kSamples * rest) * (seen[kCells] - kSamples * rest) / (kSamples * rest);
  // Chi-squared with 50 degrees of freedom exceeds 113 with probability 1e-6.
  EXPECT_LT(chi2, 113) << "seed 70, exponent " << GetParam();
}

// Every key of a small set, the last one included.
TEST_P(Exponents, ReachTheLastKey) {
  const Popularity popularity(3, GetParam());
  RandomStream random(71);
  std::vector<double> seen(3);
  for (int i = 0; i < 30'000; ++i) ++seen[popularity.sample(random)];
  for (std::size_t key = 0; key < 3; ++key) {
    const double p = popularity.probability(key);
    EXPECT_NEAR(seen[key], 30'000 * p, 5 * std::sqrt(30'000 * p * (1 - p))) << "seed 71";
  }
}

// Uniform, gentle, the exponents on both sides of the singular one, web traffic, and steep.
INSTANTIATE_TEST_SUITE_P(FromUniformToSteep, Exponents,
                         testing::Values(0.0, 0.5, 0.999999, 1.0, 1.000001, 1.2, 2.5));

TEST(Popularity, OfOneKeyIsCertain) {
  for (const double s : {0.0, 1.0, 3.0}) {
    const Popularity popularity(1, s);
    RandomStream random(72);
    EXPECT_DOUBLE_EQ(popularity.probability(0), 1);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(popularity.sample(random), 0u);
  }
}

// A table of 2^53 keys would not fit; the sampler needs none. With exponent 1 the median key is
// near sqrt(n): half the total weight, ln n / 2.
TEST(Popularity, HandlesAnyNumberOfKeys) {
  const std::uint64_t keys = std::uint64_t{1} << 53;
  const Popularity popularity(keys, 1);
  RandomStream random(73);
  int below_root = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t key = popularity.sample(random);
    ASSERT_LT(key, keys);
    below_root += key < (std::uint64_t{1} << 26) ? 1 : 0;
  }
  // H(2^26)/H(2^53) = (26 ln 2 + .5772)/(53 ln 2 + .5772) = .4985.
  EXPECT_NEAR(below_root, 20'000 * 0.4985, 5 * std::sqrt(5000)) << "seed 73";
}

TEST(Popularity, TakesFewTrials) {
  for (const double s : {0.5, 1.0, 2.0}) {
    const Popularity popularity(1'000'000, s);
    RandomStream random(74);
    RandomStream counter(74);
    for (int i = 0; i < 10'000; ++i) (void)popularity.sample(random);
    int draws = 0;
    for (const std::uint64_t next = random.next(); counter.next() != next;) ++draws;
    EXPECT_LT(draws, 13'000) << "exponent " << s;
  }
}

TEST(Popularity, IsTheSameOnEveryMachine) {
  const auto first_eight = [](double s) {
    const Popularity popularity(1000, s);
    RandomStream random(1);
    std::vector<std::uint64_t> keys;
    for (int i = 0; i < 8; ++i) keys.push_back(popularity.sample(random));
    return keys;
  };
  using Keys = std::vector<std::uint64_t>;
  EXPECT_EQ(first_eight(0), (Keys{368, 943, 45, 777, 219, 774, 626, 246}));
  EXPECT_EQ(first_eight(1), (Keys{62, 0, 711, 2, 192, 2, 8, 156}));
  EXPECT_EQ(first_eight(1.2), (Keys{15, 0, 482, 0, 58, 0, 2, 44}));
}

TEST(PopularityDeathTest, RefusesWhatHasNoMeaning) {
  EXPECT_DEATH(Popularity(0, 1), "number of keys");
  EXPECT_DEATH(Popularity(10, -1), "exponent");
  EXPECT_DEATH(Popularity(10, NAN), "exponent");
}

}  // namespace
}  // namespace steelyard
