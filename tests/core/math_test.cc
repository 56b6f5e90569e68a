// The portable functions against the C library (which may differ in the last bit) and against
// golden bits (which may not).
#include "core/math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/random.h"

namespace steelyard {
namespace {

double relative_error(double got, double expected) {
  return expected == 0 ? std::abs(got) : std::abs(got - expected) / std::abs(expected);
}

constexpr double kUlp = std::numeric_limits<double>::epsilon();

TEST(Log, AgreesWithTheCLibraryOverTheWholeRange) {
  RandomStream random(11);
  for (int i = 0; i < 200'000; ++i) {
    const double x = std::ldexp(1 + random.uniform(), static_cast<int>(random.below(2040)) - 1020);
    ASSERT_LE(relative_error(math::log(x), std::log(x)), 2 * kUlp) << "seed 11, x = " << x;
  }
}

TEST(Log, KeepsItsRelativePrecisionNearOne) {
  RandomStream random(12);
  for (int i = 0; i < 200'000; ++i) {
    const double x = 1 + (random.uniform() - 0.5) * std::ldexp(1, -static_cast<int>(i % 50));
    ASSERT_LE(relative_error(math::log(x), std::log(x)), 2 * kUlp) << "seed 12, x = " << x;
  }
}

TEST(Log, IsExactAtOneAndHandlesTheSmallestAndLargestNumbers) {
  EXPECT_EQ(math::log(1), 0);
  EXPECT_NEAR(math::log(std::numeric_limits<double>::denorm_min()), -744.4400719213812, 1e-12);
  EXPECT_NEAR(math::log(std::numeric_limits<double>::max()), 709.782712893384, 1e-12);
}

TEST(Exp, AgreesWithTheCLibraryOverTheWholeRange) {
  RandomStream random(13);
  for (int i = 0; i < 200'000; ++i) {
    const double x = (random.uniform() * 2 - 1) * 700;
    ASSERT_LE(relative_error(math::exp(x), std::exp(x)), 3 * kUlp) << "seed 13, x = " << x;
  }
}

TEST(Exp, EndsInZeroAndInfinity) {
  EXPECT_EQ(math::exp(0), 1);
  EXPECT_EQ(math::exp(-746), 0);
  EXPECT_EQ(math::exp(710), std::numeric_limits<double>::infinity());
  EXPECT_EQ(math::exp(-std::numeric_limits<double>::infinity()), 0);
  EXPECT_EQ(math::exp(std::numeric_limits<double>::infinity()),
            std::numeric_limits<double>::infinity());
  EXPECT_GT(math::exp(-745), 0);  // subnormal
}

TEST(Exp, OfNotANumberIsNotANumber) {
  EXPECT_TRUE(std::isnan(math::exp(std::numeric_limits<double>::quiet_NaN())));
}

// The error of exp(e ln b) grows with its argument: |e ln b| times that of the logarithm (2 ulp at
// most), half an ulp for the product, and the exponential's own.
TEST(Pow, AgreesWithTheCLibrary) {
  RandomStream random(14);
  for (int i = 0; i < 100'000; ++i) {
    const double base = std::ldexp(1 + random.uniform(), static_cast<int>(random.below(40)) - 20);
    const double exponent = random.uniform() * 10 - 5;
    const double bound = (2 * std::abs(exponent * std::log(base)) + 4) * kUlp;
    ASSERT_LE(relative_error(math::pow(base, exponent), std::pow(base, exponent)), bound)
        << "seed 14, base = " << base << ", exponent = " << exponent;
  }
}

TEST(Expm1, KeepsItsRelativePrecisionNearZero) {
  RandomStream random(15);
  for (int i = 0; i < 100'000; ++i) {
    const double x = (random.uniform() * 2 - 1) * std::ldexp(1, 5 - static_cast<int>(i % 60));
    ASSERT_LE(relative_error(math::expm1(x), std::expm1(x)), 6 * kUlp) << "seed 15, x = " << x;
  }
  EXPECT_EQ(math::expm1(0), 0);
  EXPECT_EQ(math::expm1(-800), -1);
  EXPECT_EQ(math::expm1(800), std::numeric_limits<double>::infinity());
}

TEST(Log1p, KeepsItsRelativePrecisionNearZero) {
  RandomStream random(16);
  for (int i = 0; i < 100'000; ++i) {
    const double x = (random.uniform() * 2 - 1) * std::ldexp(1, -static_cast<int>(i % 60));
    ASSERT_LE(relative_error(math::log1p(x), std::log1p(x)), 6 * kUlp) << "seed 16, x = " << x;
  }
  EXPECT_EQ(math::log1p(0), 0);
}

TEST(SineAndCosine, AgreeWithTheCLibraryOverManyTurns) {
  constexpr double kTwoPi = 6.283185307179586477;
  RandomStream random(17);
  for (int i = 0; i < 100'000; ++i) {
    const double turn = random.uniform() - 0.5;
    ASSERT_NEAR(math::sin_turns(turn), std::sin(kTwoPi * turn), 4 * kUlp) << "seed 17, " << turn;
    ASSERT_NEAR(math::cos_turns(turn), std::cos(kTwoPi * turn), 4 * kUlp) << "seed 17, " << turn;
  }
}

// A whole number of turns more changes nothing at all: that is why the argument counts turns.
TEST(SineAndCosine, ArePeriodicToTheLastBit) {
  for (int i = 0; i < 64; ++i) {
    const double turn = i / 64.0;
    EXPECT_EQ(math::sin_turns(turn + 365), math::sin_turns(turn)) << turn;
    EXPECT_EQ(math::cos_turns(turn - 365), math::cos_turns(turn)) << turn;
  }
}

TEST(SineAndCosine, AreExactAtTheQuarters) {
  EXPECT_EQ(math::sin_turns(0), 0);
  EXPECT_EQ(math::sin_turns(0.25), 1);
  EXPECT_EQ(math::sin_turns(0.5), 0);
  EXPECT_EQ(math::sin_turns(0.75), -1);
  EXPECT_EQ(math::cos_turns(0), 1);
  EXPECT_EQ(math::cos_turns(0.25), 0);
  EXPECT_EQ(math::cos_turns(0.5), -1);
  EXPECT_EQ(math::cos_turns(-0.25), 0);
}

TEST(LogGamma, AgreesWithTheCLibrary) {
  RandomStream random(18);
  for (int i = 0; i < 50'000; ++i) {
    const double x = std::ldexp(0.5 + random.uniform(), static_cast<int>(i % 16) - 5);
    const double expected = std::lgamma(x);
    ASSERT_NEAR(math::log_gamma(x), expected, 1e-14 * (1 + std::abs(expected)))
        << "seed 18, x = " << x;
  }
}

// Gamma(n) = (n - 1)!, and Gamma(1/2) = sqrt(pi).
TEST(LogGamma, KnowsTheFactorialsAndTheRootOfPi) {
  EXPECT_NEAR(math::exp(math::log_gamma(1)), 1, 1e-14);
  EXPECT_NEAR(math::exp(math::log_gamma(2)), 1, 1e-14);
  EXPECT_NEAR(math::exp(math::log_gamma(11)), 3628800, 1e-7);
  EXPECT_NEAR(math::exp(math::log_gamma(0.5)), 1.7724538509055160273, 1e-14);
}

// Abramowitz and Stegun, table 26.5; the last is Wichura's own check value for AS 241.
TEST(NormalQuantile, ReproducesPublishedValues) {
  EXPECT_EQ(math::normal_quantile(0.5), 0);
  EXPECT_NEAR(math::normal_quantile(0.975), 1.9599639845400542, 1e-15);
  // 0.99 is half an ulp, 5.6e-17, off; there the quantile has slope 1/phi(2.33) = 37.5.
  EXPECT_NEAR(math::normal_quantile(0.99), 2.3263478740408411, 3e-15);
  EXPECT_NEAR(math::normal_quantile(0.25), -0.6744897501960817, 1e-15);
  EXPECT_NEAR(math::normal_quantile(0.001), -3.0902323061678132, 2e-15);
  EXPECT_NEAR(math::normal_quantile(1e-20), -9.262340089798408, 1e-14);
}

// Phi(quantile(p)) = p, with Phi from the C library's erfc, down to where p is tiny.
TEST(NormalQuantile, InvertsTheDistributionFunction) {
  RandomStream random(19);
  for (int i = 0; i < 100'000; ++i) {
    const double p = std::ldexp(random.uniform_open(), -static_cast<int>(i % 100));
    const double z = math::normal_quantile(p);
    const double back = 0.5 * std::erfc(-z / std::sqrt(2.0));
    // One ulp of z changes Phi by z * phi(z) / Phi(z) of it, about z^2 in the tail.
    ASSERT_LE(relative_error(back, p), 8 * kUlp * (1 + z * z)) << "seed 19, p = " << p;
  }
}

TEST(NormalQuantile, IsFiniteForEveryOpenUniform) {
  EXPECT_TRUE(std::isfinite(math::normal_quantile(0x1p-53)));
  EXPECT_TRUE(std::isfinite(math::normal_quantile(1 - 0x1p-53)));
  EXPECT_EQ(math::normal_quantile(0x1p-53), -math::normal_quantile(1 - 0x1p-53));
}

// Abramowitz and Stegun, tables 26.1 and 26.2: 1 - P(x).
TEST(NormalTail, ReproducesPublishedValues) {
  EXPECT_EQ(math::normal_tail(0), 0.5);
  EXPECT_NEAR(math::normal_tail(1), 0.158655253931457, 5e-16);
  EXPECT_NEAR(math::normal_tail(2), 0.0227501319481792, 5e-17);
  EXPECT_NEAR(math::normal_tail(-2), 1 - 0.0227501319481792, 5e-16);
  EXPECT_NEAR(math::normal_tail(5) / 2.866515719e-7, 1, 5e-10);
  EXPECT_NEAR(math::normal_tail(10) / 7.61985e-24, 1, 5e-6);
}

TEST(NormalTail, AgreesWithTheCLibraryAndInvertsTheQuantile) {
  RandomStream random(21);
  for (int i = 0; i < 100'000; ++i) {
    const double z = random.uniform() * 74 - 37;
    const double expected = 0.5 * std::erfc(z / std::sqrt(2.0));
    ASSERT_LE(relative_error(math::normal_tail(z), expected), 8 * kUlp * (1 + z * z))
        << "seed 21, z = " << z;
    const double p = random.uniform_open();
    ASSERT_NEAR(math::normal_tail(-math::normal_quantile(p)), p, 8 * kUlp) << "seed 21, p = " << p;
  }
  EXPECT_EQ(math::normal_tail(std::numeric_limits<double>::infinity()), 0);
  EXPECT_EQ(math::normal_tail(-std::numeric_limits<double>::infinity()), 1);
}

// Percentage points of chi-square, Q(degrees/2, x/2): Abramowitz and Stegun, table 26.8. Half a
// unit of the last digit of x is 5e-5 of density .02 for 18.307.
TEST(GammaTail, ReproducesPublishedValues) {
  const auto chi_square = [](double degrees, double x) {
    return math::gamma_tail(degrees / 2, x / 2);
  };
  EXPECT_NEAR(chi_square(1, 3.84146), 0.05, 5e-7);
  EXPECT_NEAR(chi_square(1, 0.0157908), 0.9, 5e-6);
  EXPECT_NEAR(chi_square(5, 11.0705), 0.05, 5e-7);
  EXPECT_NEAR(chi_square(10, 18.3070), 0.05, 2e-6);
  EXPECT_NEAR(chi_square(10, 23.2093), 0.01, 5e-7);
  EXPECT_NEAR(chi_square(10, 2.55821), 0.99, 5e-7);
  EXPECT_NEAR(chi_square(30, 59.7031), 0.001, 5e-8);
}

// Q(1, x) = e^-x, Q(1/2, x) = erfc(sqrt x), and Q(a + 1, x) = Q(a, x) + x^a e^-x / Gamma(a + 1)
// (DLMF 8.8.6) on both sides of where the series ends and the fraction begins.
TEST(GammaTail, KeepsItsRelations) {
  for (double x = 1e-9; x < 300; x *= 1.3) {
    EXPECT_LE(relative_error(math::gamma_tail(1, x), std::exp(-x)), 1e-13) << x;
    EXPECT_LE(relative_error(math::gamma_tail(0.5, x), std::erfc(std::sqrt(x))), 1e-13) << x;
    for (const double a : {0.001, 0.05, 0.7, 3.0, 20.0, 300.0}) {
      const double step = std::exp(a * std::log(x) - x - std::lgamma(a + 1));
      EXPECT_NEAR(math::gamma_tail(a + 1, x), math::gamma_tail(a, x) + step, 1e-13 + 1e-15 * a)
          << a << " " << x;
    }
  }
  EXPECT_EQ(math::gamma_tail(2, 0), 1);
  EXPECT_EQ(math::gamma_tail(2, std::numeric_limits<double>::infinity()), 0);
}

// Many phases are normal: Q(a, a + z sqrt a) is that of z, and its skewness of 2/sqrt(a) moves it
// by (z^2 - 1) phi(z) / (3 sqrt a) in the first order (Edgeworth), 1e-4 here at most.
TEST(GammaTail, OfALargeShapeIsNormal) {
  constexpr double kShape = 1e6;
  for (const double z : {-3.0, -1.0, 0.0, 0.5, 2.0, 4.0})
    EXPECT_NEAR(math::gamma_tail(kShape, kShape + z * std::sqrt(kShape)),
                math::normal_tail(z) + (z * z - 1) * std::exp(-z * z / 2) / 2.5066 / 3e3, 1e-6)
        << z;
}

// The sum of the results over a fixed set of arguments, to the last bit: a compiler that fuses a
// multiplication with an addition, or a C library with a square root of its own, shows here.
TEST(PortableMath, GivesTheSameBitsOnEveryMachine) {
  RandomStream random(20);
  double logs = 0;
  double exps = 0;
  double quantiles = 0;
  double sines = 0;
  double gammas = 0;
  double tails = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double u = random.uniform_open();
    logs += math::log(u);
    exps += math::exp(u * 4 - 2);
    quantiles += math::normal_quantile(u);
    sines += math::sin_turns(u) + math::cos_turns(u);
    gammas += math::log_gamma(u * 8 + 0.1);
    tails += math::normal_tail(u * 12 - 6) + math::gamma_tail(u * 8 + 0.1, 4 + 4 * u);
  }
  EXPECT_EQ(logs, -0x1.3b08a8887b777p+13);
  EXPECT_EQ(exps, 0x1.1bbea8fba01ddp+14);
  EXPECT_EQ(quantiles, -0x1.1f93af90308acp+5);
  EXPECT_EQ(sines, 0x1.bceaba9915787p+6);
  EXPECT_EQ(gammas, 0x1.b811af739874ep+14);
  EXPECT_EQ(tails, 0x1.adaad33fc6dd8p+12);
}

}  // namespace
}  // namespace steelyard
