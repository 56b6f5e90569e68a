// Against closed forms: birth and death, Erlang's loss system, independent parts.
#include "models/markov_chain.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.h"
#include "models/queueing.h"

namespace steelyard::queueing {
namespace {

// Erlang's loss system as a chain: the last state's share is Erlang B.
TEST(Stationary, OfALossSystemEndsWithErlangB) {
  constexpr int kServers = 10;
  Eigen::MatrixXd rates = Eigen::MatrixXd::Zero(kServers + 1, kServers + 1);
  for (int n = 0; n < kServers; ++n) {
    rates(n, n + 1) = 5;
    rates(n + 1, n) = n + 1;
  }
  const Eigen::VectorXd shares = stationary(rates);
  EXPECT_NEAR(shares.sum(), 1, 1e-15);
  EXPECT_NEAR(shares(kServers), erlang_b(kServers, 5), 1e-16);
}

// Balance: what flows into a state flows out of it. Random chains with rates over six orders.
TEST(Stationary, BalancesRandomChains) {
  RandomStream random(4);
  for (int round = 0; round < 50; ++round) {
    const auto n = static_cast<Eigen::Index>(2 + random.below(12));
    Eigen::MatrixXd rates(n, n);
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j)
        rates(i, j) = i == j ? 0 : std::pow(10, 6 * random.uniform_open() - 3);
    const Eigen::VectorXd shares = stationary(rates);
    for (Eigen::Index i = 0; i < n; ++i) {
      const double out = shares(i) * rates.row(i).sum();
      EXPECT_NEAR(shares.dot(rates.col(i)), out, 1e-12 * out) << "seed 4, round " << round;
    }
  }
}

// Shares of 1e-40 keep their digits: 40 steps at a ratio of 1/10.
TEST(Stationary, KeepsTheDigitsOfTheImprobable) {
  Eigen::MatrixXd rates = Eigen::MatrixXd::Zero(41, 41);
  for (int n = 0; n < 40; ++n) {
    rates(n, n + 1) = 1;
    rates(n + 1, n) = 10;
  }
  EXPECT_NEAR(stationary(rates)(40) / (0.9e-40), 1, 1e-12);
}

double binomial(int n, int k) {
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1));
}

// A repairer for each part: parts are independent, each up a = 1000/(1000 + 10) of the time, and
// the whole as often as at least k of n are: a binomial tail.
TEST(Availability, WithIndependentRepairIsBinomial) {
  const double a = 1000.0 / 1010;
  for (int n = 1; n <= 6; ++n)
    for (int k = 1; k <= n; ++k) {
      double expected = 0;
      for (int broken = n - k + 1; broken <= n; ++broken)
        expected += binomial(n, broken) * std::pow(1 - a, broken) * std::pow(a, n - broken);
      const Availability found = availability({.parts = n,
                                               .needed = k,
                                               .repairers = n,
                                               .mean_time_to_failure = 1000,
                                               .mean_time_to_repair = 10});
      EXPECT_NEAR(found.unavailable / expected, 1, 1e-12) << k << " of " << n;
      EXPECT_NEAR(found.available + found.unavailable, 1, 1e-15);
    }
}

// Two parts, one needed, one repairer, l = 1/100, m = 1/10: MTTF from both up is (3 l + m)/(2 l^2)
// = .13/.0002 = 650 [Trivedi: Probability and Statistics with Reliability, Queuing and Computer
// Science Applications, chapter 8]; shares are 1 : 2 l/m : 2 (l/m)^2 = 1 : .2 : .02.
TEST(Availability, OfTwoWithOneRepairerIsTheTextbooks) {
  const Availability found = availability({.parts = 2,
                                           .needed = 1,
                                           .repairers = 1,
                                           .mean_time_to_failure = 100,
                                           .mean_time_to_repair = 10});
  EXPECT_NEAR(found.mean_time_to_failure, 650, 1e-9);
  EXPECT_NEAR(found.unavailable, 0.02 / 1.22, 1e-15);
  EXPECT_NEAR(found.mean_outage, 10, 1e-12);                // one repair
  EXPECT_NEAR(found.mean_time_between_outages, 600, 1e-9);  // it begins with one still broken
}

// One repairer for five: the chain solved as any other.
TEST(Availability, AgreesWithTheChainOfItsStates) {
  Eigen::MatrixXd rates = Eigen::MatrixXd::Zero(6, 6);  // by broken parts
  for (int broken = 0; broken < 5; ++broken) {
    rates(broken, broken + 1) = (5 - broken) / 50.0;
    rates(broken + 1, broken) = std::min(broken + 1, 2) / 8.0;
  }
  const Eigen::VectorXd shares = stationary(rates);
  const Availability found = availability({.parts = 5,
                                           .needed = 3,
                                           .repairers = 2,
                                           .mean_time_to_failure = 50,
                                           .mean_time_to_repair = 8});
  EXPECT_NEAR(found.unavailable, shares(3) + shares(4) + shares(5), 1e-15);
  EXPECT_NEAR(1 / (found.mean_outage + found.mean_time_between_outages), shares(2) * 3 / 50, 1e-15);
}

TEST(Availability, SurvivesManyPartsThatHardlyWork) {
  const Availability found = availability({.parts = 2000,
                                           .needed = 1999,
                                           .repairers = 1,
                                           .mean_time_to_failure = 1e-3,
                                           .mean_time_to_repair = 1e3});
  EXPECT_NEAR(found.unavailable, 1, 1e-12);
  EXPECT_TRUE(std::isfinite(found.mean_time_to_failure));
}

}  // namespace
}  // namespace steelyard::queueing
