// Sums that are known by hand, and the recursion that the transform stands for.
#include "models/geometric_compound.h"

#include <gtest/gtest.h>

#include <cmath>

namespace steelyard::queueing {
namespace {

constexpr std::size_t kCells = 1024;

// Terms between 1 and 2 steps long: rounded down each is 1, so that P(sum > k) = p^(k + 1); rounded
// up it is 2, so that P(sum > k) = p^(k / 2 + 1), halves rounded down.
TEST(GeometricCompound, OfConstantTermsIsGeometric) {
  std::vector<double> terms(kCells, 0);
  terms[1] = 1;
  const CompoundTails tails = geometric_compound(0.9, terms);
  for (std::size_t k = 0; k < kCells; ++k) {
    EXPECT_NEAR(tails.low[k], std::pow(0.9, k + 1), 1e-7) << k;
    EXPECT_NEAR(tails.high[k], std::pow(0.9, k / 2 + 1), 1e-7) << k;
  }
}

// w(k) (1 - p g(0)) = (1 - p) [k = 0] + p sum over j = 1..k of g(j) w(k - j): Panjer's recursion
// for geometric numbers. Terms of which a quarter lies beyond the grid.
TEST(GeometricCompound, IsWhatPanjersRecursionGives) {
  std::vector<double> terms(kCells);
  for (std::size_t k = 0; k < kCells; ++k)
    terms[k] = 0.75 * (1 + std::cos(0.05 * static_cast<double>(k))) / kCells / 1.015;
  for (const double p : {0.0, 0.3, 0.99}) {
    const CompoundTails tails = geometric_compound(p, terms);
    std::vector<double> chances(kCells);
    double tail = 1;
    for (std::size_t k = 0; k < kCells; ++k) {
      double chance = k == 0 ? 1 - p : 0;
      for (std::size_t j = 1; j <= k; ++j) chance += p * terms[j] * chances[k - j];
      chances[k] = chance / (1 - p * terms[0]);
      tail -= chances[k];
      ASSERT_NEAR(tails.low[k], tail, 1e-7) << p << " " << k;
    }
  }
}

// To the last bit, with any compiler.
TEST(GeometricCompound, IsPortable) {
  const CompoundTails tails = geometric_compound(0.9, std::vector<double>(kCells, 1.0 / 1500));
  double sum = 0;
  for (std::size_t k = 0; k < kCells; ++k)
    sum += tails.low[k] + tails.high[k] * static_cast<double>(k);
  EXPECT_EQ(sum, 0x1.b28e646b16645p+18);
}

}  // namespace
}  // namespace steelyard::queueing
