#include "core/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <set>
#include <vector>

namespace steelyard {
namespace {

// SplitMix64 with state s yields mix(s + gamma), mix(s + 2 gamma), …; the reference implementation
// (Vigna, splitmix64.c) started at 1234567 gives these five. The stream mixes its seed first, so
// the check is of the finalizer and the increment.
TEST(Mix64, IsTheFinalizerOfSplitMix64) {
  constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15ULL;
  constexpr std::array<std::uint64_t, 5> kReference{6457827717110365317ULL, 3203168211198807973ULL,
                                                    9817491932198370423ULL, 4593380528125082431ULL,
                                                    16408922859458223821ULL};
  std::uint64_t state = 1234567;
  for (const std::uint64_t expected : kReference) EXPECT_EQ(mix64(state += kGamma), expected);
}

// XXH64 of the empty string with seed 0, and of "a": the specification's test vectors.
TEST(Xxh64, ReproducesTheSpecificationsVectors) {
  EXPECT_EQ(xxh64(""), 0xef46db3751d8e999ULL);
  EXPECT_EQ(xxh64("a"), 0xd24ec4f1a98c6e5bULL);
}

TEST(RandomStream, GivesTheSameNumbersForTheSameSeedOnEveryMachine) {
  RandomStream random(1);
  const std::array<std::uint64_t, 3> got{random.next(), random.next(), random.next()};
  EXPECT_EQ(got, (std::array<std::uint64_t, 3>{6791897765849424158ULL, 17405687883870564846ULL,
                                               834844254806117752ULL}));
}

TEST(RandomStream, NamedStreamsDependOnTheNameAndNotOnWhatOthersDrew) {
  const RandomStream root(7);
  RandomStream arrivals = root.stream("arrivals/users");
  RandomStream other = root.stream("balancer/orders");
  const std::uint64_t first = arrivals.next();
  for (int i = 0; i < 1000; ++i) other.next();
  RandomStream again = root.stream("arrivals/users");
  EXPECT_EQ(again.next(), first);
  EXPECT_NE(root.stream("balancer/orders").next(), first);
  EXPECT_NE(RandomStream(8).stream("arrivals/users").next(), first);
}

TEST(RandomStream, NumberedStreamsDoNotCollide) {
  const RandomStream root(7);
  std::set<std::uint64_t> firsts;
  for (std::uint64_t i = 0; i < 100'000; ++i) firsts.insert(root.stream(i).next());
  EXPECT_EQ(firsts.size(), 100'000u);
}

// Streams of neighbouring numbers must be independent: the first draw of each, as a sequence, is
// tested like one stream.
TEST(RandomStream, FirstDrawsOfNumberedStreamsAreUniform) {
  const RandomStream root(7);
  constexpr int kCells = 64;
  constexpr int kDraws = 64'000;
  std::array<int, kCells> seen{};
  double serial = 0;
  double previous = 0.5;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    RandomStream random = root.stream(i);
    const double u = random.uniform();
    ++seen[static_cast<std::size_t>(u * kCells)];
    serial += (u - 0.5) * (previous - 0.5);
    previous = u;
  }
  double chi2 = 0;
  for (const int n : seen) chi2 += (n - 1000.0) * (n - 1000.0) / 1000.0;
  // Chi-squared with 63 degrees of freedom exceeds 133 with probability 6e-7.
  EXPECT_LT(chi2, 133) << "seed 7";
  // Each product has mean 0 and deviation 1/12; five standard errors of the sum.
  EXPECT_LT(std::abs(serial), 5 * std::sqrt(kDraws) / 12) << "seed 7";
}

TEST(RandomStream, UniformsKeepToTheirIntervals) {
  RandomStream random(3);
  for (int i = 0; i < 100'000; ++i) {
    const double u = random.uniform();
    ASSERT_TRUE(0 <= u && u < 1) << "seed 3";
    const double positive = random.uniform_positive();
    ASSERT_TRUE(0 < positive && positive <= 1) << "seed 3";
    const double open = random.uniform_open();
    ASSERT_TRUE(0 < open && open < 1) << "seed 3";
  }
}

// All 52 bits set gives (2^52 - 1/2) / 2^52 = 1 - 2^-53, which is a double below 1.
TEST(RandomStream, TheLargestOpenUniformIsBelowOne) {
  constexpr double kLargest = (static_cast<double>((std::uint64_t{1} << 52) - 1) + 0.5) * 0x1p-52;
  EXPECT_LT(kLargest, 1.0);
  EXPECT_EQ(kLargest, 1 - 0x1p-53);
}

TEST(RandomStream, BelowIsUnbiasedForANumberThatDoesNotDivideTwoToThe64) {
  RandomStream random(5);
  std::array<int, 7> seen{};
  for (int i = 0; i < 70'000; ++i) ++seen[random.below(7)];
  double chi2 = 0;
  for (const int n : seen) chi2 += (n - 1e4) * (n - 1e4) / 1e4;
  // Chi-squared with 6 degrees of freedom exceeds 38.3 with probability 1e-6.
  EXPECT_LT(chi2, 38.3) << "seed 5";
}

// With n = 3 * 2^62 a multiplication without rejection would make a third of the values twice as
// likely: the lowest of every four neighbours. P(v mod 3 = 0) must stay 1/3.
TEST(RandomStream, BelowIsUnbiasedForHugeBounds) {
  RandomStream random(6);
  const std::uint64_t n = std::uint64_t{3} << 62;
  std::array<int, 3> seen{};
  for (int i = 0; i < 30'000; ++i) {
    const std::uint64_t v = random.below(n);
    ASSERT_LT(v, n);
    ++seen[v % 3];
  }
  for (const int count : seen) EXPECT_NEAR(count, 10'000, 5 * 82) << "seed 6";  // sqrt(30000*2/9)
}

TEST(RandomStream, BelowOneIsZeroAndChanceKeepsItsEnds) {
  RandomStream random(9);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(random.below(1), 0u);
    EXPECT_FALSE(random.chance(0));
    EXPECT_TRUE(random.chance(1));
  }
}

TEST(RandomStream, GoesOnWhereItsStateWasKept) {
  RandomStream random(11);
  for (int i = 0; i < 5; ++i) random.next();
  RandomStream again = RandomStream::from_state(random.state());
  EXPECT_EQ(again.stream("child").next(), random.stream("child").next());
  for (int i = 0; i < 100; ++i) ASSERT_EQ(again.next(), random.next()) << "seed 11";
}

TEST(RandomStream, CountsItsDraws) {
  RandomStream random(12);
  const RandomStream start = random;
  EXPECT_EQ(random.draws_since(start), 0u);
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    random.next();
    ASSERT_EQ(random.draws_since(start), i) << "seed 12";
  }
  const RandomStream later = random;
  random.uniform();
  random.chance(0.5);
  EXPECT_EQ(random.draws_since(later), 2u);
  EXPECT_EQ(random.draws_since(start), 1002u);
}

}  // namespace
}  // namespace steelyard
