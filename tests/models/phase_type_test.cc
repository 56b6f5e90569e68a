// Moments and tails in closed form; queues against Pollaczek-Khinchine, Kendall and M/M/1.
#include "models/phase_type.h"

#include <gtest/gtest.h>

#include <cmath>

#include "models/dispatching.h"
#include "models/quasi_birth_death.h"
#include "models/queueing.h"

namespace steelyard::queueing {
namespace {

// Mean 1 and a squared coefficient of variation of 4, balanced means: p = (1 + sqrt(3/5))/2.
PhaseType variable() {
  const double p = (1 + std::sqrt(0.6)) / 2;
  return hyperexponential({p, 1 - p}, {1 / (2 * p), 1 / (2 * (1 - p))});
}

TEST(PhaseType, HasTheMomentsOfItsKind) {
  EXPECT_NEAR(exponential(2).moment(3), 6 * 8, 1e-12);  // k! mean^k
  EXPECT_NEAR(erlang(4, 2).mean(), 2, 1e-15);
  EXPECT_NEAR(erlang(4, 2).variance(), 1, 1e-14);  // mean^2/4
  EXPECT_NEAR(variable().mean(), 1, 1e-15);
  EXPECT_NEAR(variable().variance(), 4, 1e-14);
  // 1, and with chance 1/2 another 3: mean 2.5, variance 1 + .5 * 9 * 2 - 1.5^2 = 7.75.
  EXPECT_NEAR(coxian({1, 3}, {0.5}).mean(), 2.5, 1e-15);
  EXPECT_NEAR(coxian({1, 3}, {0.5}).variance(), 7.75, 1e-13);
  EXPECT_NEAR(sum(variable(), erlang(3, 2)).mean(), 3, 1e-14);
  EXPECT_NEAR(sum(variable(), erlang(3, 2)).variance(), 4 + 4.0 / 3, 1e-13);
}

// e^-t; e^-2t (1 + 2t) for two phases of 1/2; and far out, where only relative errors tell.
TEST(PhaseType, HasTheTailOfItsKind) {
  for (const double t : {0.0, 0.1, 1.0, 7.0, 300.0}) {
    EXPECT_NEAR(exponential(1).tail(t) / std::exp(-t), 1, 1e-12) << t;
    EXPECT_NEAR(erlang(2, 1).tail(t) / (std::exp(-2 * t) * (1 + 2 * t)), 1, 1e-12) << t;
  }
  EXPECT_NEAR(erlang(2, 1).tail(erlang(2, 1).quantile(0.999)), 1e-3, 1e-14);
  EXPECT_NEAR(exponential(5).quantile(0.99), 5 * std::log(100), 1e-10);
}

// Pollaczek-Khinchine knows the mean of every one of them.
TEST(PhaseQueueTest, OfPoissonArrivalsFollowsPollaczekAndKhinchine) {
  for (const PhaseType& service :
       {exponential(1), erlang(2, 1), erlang(10, 1), variable(), coxian({0.5, 2}, {0.25}),
        hyperexponential({0.99, 0.01}, {0.5, 50.5})})
    for (const double load : {0.1, 0.5, 0.9, 0.99}) {
      const double expected = mg1_mean_response(load, service.mean(), service.variance());
      const auto queue = ph_ph_1(exponential(1 / load), service);
      ASSERT_TRUE(queue);
      EXPECT_NEAR(queue->mean_response / expected, 1, 1e-9) << service.phases() << " at " << load;
      EXPECT_NEAR(m_ph_1_response(load, service).mean() / expected, 1, 1e-9);
    }
}

// Of exponential service the response is exponential again: M/M/1.
TEST(PhaseQueueTest, HasTheResponseQuantilesOfMM1) {
  const PhaseType response = m_ph_1_response(0.8, exponential(1));
  for (const double q : {0.5, 0.9, 0.99, 0.9999})
    EXPECT_NEAR(response.quantile(q) / mm1_response_quantile(0.8, 1, q), 1, 1e-10);
}

// E_n/M/1 has a closed form: round robin.
TEST(PhaseQueueTest, OfErlangArrivalsFollowsKendall) {
  for (const int servers : {1, 2, 5, 20})
    for (const double load : {0.3, 0.9, 0.98}) {
      const auto queue = ph_ph_1(erlang(servers, 1 / load), exponential(1));
      ASSERT_TRUE(queue);
      EXPECT_NEAR(queue->mean_response / round_robin_mean_response(load, servers), 1, 1e-9)
          << servers << " at " << load;
    }
}

// Variance on either side: worse than M/M/1 where both vary more, better where both vary less.
TEST(PhaseQueueTest, OrdersByVariability) {
  const double mm1 = 5;  // at .8
  EXPECT_GT(ph_ph_1({variable().start, variable().rates * 0.8}, variable())->mean_response,
            3 * mm1);
  EXPECT_LT(ph_ph_1(erlang(4, 1 / 0.8), erlang(4, 1))->mean_response, 0.5 * mm1);
}

TEST(PhaseQueueTest, HasNoSteadyStateAtFullLoad) {
  EXPECT_FALSE(ph_ph_1(exponential(1), exponential(1)));
  EXPECT_FALSE(ph_ph_1(erlang(3, 1), variable()));
  EXPECT_FALSE(ph_ph_1(exponential(0.5), exponential(1)));
}

// M/M/1 as levels with one phase: shares (1 - r) r^n, R = r.
TEST(QuasiBirthDeath, WithOnePhaseIsMM1) {
  const auto of = [](double x) { return Eigen::MatrixXd::Constant(1, 1, x); };
  const auto found = solve({of(0.7), of(0), of(1), of(0.7), of(0), of(1)});
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->ratio(0, 0), 0.7, 1e-15);
  for (int n = 0; n < 5; ++n) EXPECT_NEAR(found->at(n)(0), 0.3 * std::pow(0.7, n), 1e-15);
  EXPECT_NEAR(found->mean_level(), 0.7 / 0.3, 1e-13);
  EXPECT_NEAR(found->busy.sum(), 0.7, 1e-15);
}

}  // namespace
}  // namespace steelyard::queueing
