// Published values, and relations between the formulas.
#include "models/dispatching.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <ostream>

namespace steelyard::queueing {
namespace {

double integral(const std::function<double(double)>& f, double from, double to, int steps) {
  const double h = (to - from) / steps;  // Simpson
  double sum = f(from) + f(to);
  for (int i = 1; i < steps; ++i) sum += f(from + i * h) * (i % 2 == 1 ? 4 : 2);
  return sum * h / 3;
}

struct SupermarketRow {
  double load;
  double one;
  double one_digits;  // half a unit of the last digit printed
  double two;
  double three;
  double five;
};
void PrintTo(const SupermarketRow& row, std::ostream* out) { *out << row.load; }
class SupermarketTable : public testing::TestWithParam<SupermarketRow> {};

TEST_P(SupermarketTable, IsReproduced) {
  const SupermarketRow row = GetParam();
  EXPECT_NEAR(supermarket_mean_response(row.load, 1), row.one, row.one_digits);
  EXPECT_NEAR(supermarket_mean_response(row.load, 2), row.two, 5e-5);
  EXPECT_NEAR(supermarket_mean_response(row.load, 3), row.three, 5e-5);
  EXPECT_NEAR(supermarket_mean_response(row.load, 5), row.five, 5e-5);
}

INSTANTIATE_TEST_SUITE_P(Mitzenmacher, SupermarketTable,
                         testing::Values(SupermarketRow{0.5, 2.000, 5e-4, 1.2657, 1.1252, 1.0313},
                                         SupermarketRow{0.7, 3.333, 5e-4, 1.6145, 1.3568, 1.1681},
                                         SupermarketRow{0.8, 5.000, 5e-4, 1.9474, 1.5809, 1.3289},
                                         SupermarketRow{0.9, 10.000, 5e-4, 2.6141, 2.0279, 1.6329},
                                         SupermarketRow{0.95, 20.000, 5e-4, 3.3830, 2.5351, 1.9888},
                                         SupermarketRow{0.99, 100.00, 5e-3, 5.4320, 3.8578,
                                                        2.9017}));

// load^(2^i - 1): .9, .9^3 = .729, .9^7 = .4783, …
TEST(Supermarket, HasQueuesWithDoublyExponentialTails) {
  EXPECT_EQ(supermarket_queue_tail(0.9, 2, 0), 1);
  EXPECT_NEAR(supermarket_queue_tail(0.9, 2, 1), 0.9, 1e-15);
  EXPECT_NEAR(supermarket_queue_tail(0.9, 2, 2), 0.729, 1e-15);
  EXPECT_NEAR(supermarket_queue_tail(0.9, 2, 3), std::pow(0.9, 7), 1e-15);
  EXPECT_NEAR(supermarket_queue_tail(0.9, 1, 5), std::pow(0.9, 5), 1e-15);
  EXPECT_EQ(supermarket_queue_tail(0.9, 2, 100), 0);  // .9^(2^100 - 1)
}

TEST(Supermarket, HasAResponseTailThatIntegratesToItsMean) {
  for (const std::int64_t d : {1, 2, 3, 5})
    EXPECT_NEAR(
        integral([=](double t) { return supermarket_response_tail(0.9, d, t); }, 0, 300, 30'000),
        supermarket_mean_response(0.9, d), 1e-6)
        << d;
  EXPECT_NEAR(supermarket_response_tail(0.9, 2, 0), 1, 1e-15);
}

// One choice is M/M/1; no load leaves the service time alone.
TEST(Supermarket, HasQuantilesThatInvertItsTail) {
  EXPECT_NEAR(supermarket_response_quantile(0.9, 1, 0.99), 10 * std::log(100), 1e-10);
  EXPECT_NEAR(supermarket_response_quantile(0, 2, 0.99), std::log(100), 1e-10);
  for (const double q : {0.5, 0.99, 0.9999})
    EXPECT_NEAR(supermarket_response_tail(0.95, 2, supermarket_response_quantile(0.95, 2, q)),
                1 - q, 1e-12);
}

TEST(Supermarket, HasNoSteadyStateAtFullLoad) {
  EXPECT_TRUE(std::isinf(supermarket_mean_response(1, 2)));
  EXPECT_TRUE(std::isinf(supermarket_response_quantile(1, 2, 0.5)));
}

// [Gast, Van Houdt 2018: mean number of requests for each server at .9, two choices with
// replacement: 2.3527 in the limit, 2.7513 refined for ten servers and 2.3925 for a hundred]
TEST(Supermarket, OfFinitelyManyIsSlowerByThePublishedRefinement) {
  const auto requests = [](std::int64_t servers) {
    return 0.9 * (supermarket_mean_response(0.9, 2) +
                  supermarket_correction(0.9, 2, servers, Draws::with_replacement));
  };
  EXPECT_NEAR(0.9 * supermarket_mean_response(0.9, 2), 2.3527, 5e-5);
  EXPECT_NEAR(requests(10), 2.7513, 5e-5);
  EXPECT_NEAR(requests(100), 2.3925, 1e-4);
}

// Distinct draws add the drift -load x (1 - x)/n to the arrivals where two choices of two are among
// a share x; where the drift is 0, y_i = load (2 x_(i-1) y_(i-1) - x_(i-1) (1 - x_(i-1))), from
// y_1 = 0, and the mean moves by the sum of y over the load.
TEST(Supermarket, OfDistinctDrawsIsFasterByWhatTheyDoNotMeetTwice) {
  for (const double load : {0.5, 0.7, 0.9, 0.99}) {
    double y = 0;
    double sum = 0;
    for (double x = load; x > 1e-18; x = load * x * x) {
      y = load * (2 * x * y - x * (1 - x));
      sum += y;
    }
    EXPECT_NEAR(supermarket_correction(load, 2, 1, Draws::distinct),
                supermarket_correction(load, 2, 1, Draws::with_replacement) + sum / load,
                1e-9 / (1 - load))
        << load;
  }
}

// [by simulation of the shares alone, ± .005: ten servers at .9, distinct draws 2.97; a hundred at
// .99 with replacement by docs/VALIDATION.md]
TEST(Supermarket, HasACorrectionInProportionToServersAndNoneWithoutChoice) {
  EXPECT_EQ(supermarket_correction(0.9, 1, 10, Draws::distinct), 0);
  EXPECT_EQ(supermarket_correction(0, 2, 10, Draws::distinct), 0);
  EXPECT_TRUE(std::isinf(supermarket_correction(1, 2, 10, Draws::distinct)));
  for (const std::int64_t choices : {2, 3, 5}) {
    const double ten = supermarket_correction(0.999, choices, 10, Draws::distinct);
    EXPECT_NEAR(ten, 10 * supermarket_correction(0.999, choices, 100, Draws::distinct), 1e-9 * ten);
    EXPECT_LT(ten, supermarket_correction(0.999, choices, 10, Draws::with_replacement));
    EXPECT_GT(ten, 0);
  }
}

// One server is M/M/1. Two: sigma = (2r/(2r + 1 - sigma))^2; without its root 1, for r = .5:
// sigma^2
// - 3 sigma + 1 = 0, so sigma = (3 - sqrt 5)/2, and T = 2/(sqrt 5 - 1), the golden section.
TEST(RoundRobin, IsErlangsGapsInFrontOfEachServer) {
  EXPECT_NEAR(round_robin_mean_response(0.9, 1), 10, 1e-12);
  EXPECT_NEAR(round_robin_mean_response(0.5, 2), (1 + std::sqrt(5)) / 2, 1e-14);
  EXPECT_NEAR(round_robin_response_quantile(0.5, 2, 0.99), std::log(100) * (1 + std::sqrt(5)) / 2,
              1e-12);
  EXPECT_EQ(round_robin_mean_response(0, 3), 1);
  EXPECT_TRUE(std::isinf(round_robin_mean_response(1, 3)));
}

// Of many servers each gets its arrivals as by a clock, D/M/1: sigma = e^(-(1 - sigma)/r), at .8
// the root .6286 [by hand: e^(-.3714/.8) = .6286].
TEST(RoundRobin, OfManyServersIsAsByAClock) {
  EXPECT_NEAR(round_robin_mean_response(0.8, 1'000'000), 1 / (1 - 0.6286), 2e-3);
}

// [Lu et al. 2011] Ten servers for each dispatcher, half loaded: 10 * .5 = 5 idle ones for each, of
// 5/6 of them; blind is 1/6 of .5. At .9: one idle, half of the dispatchers, 1/(1 - .45).
TEST(IdleQueue, SendsBlindlyOnlyWhereNobodyReported) {
  EXPECT_NEAR(idle_queue_known(0.5, 10), 5.0 / 6, 1e-15);
  EXPECT_NEAR(idle_queue_mean_response(0.5, 10), 1 / (1 - 0.5 / 6), 1e-15);
  EXPECT_NEAR(idle_queue_mean_response(0.9, 10), 1 / 0.55, 1e-14);
  EXPECT_NEAR(idle_queue_mean_response(0.9, 1e-9), 10, 1e-6);  // nobody reports: random
  EXPECT_NEAR(idle_queue_mean_response(0.9, 1e9), 1, 1e-6);
  EXPECT_TRUE(std::isinf(idle_queue_mean_response(1, 10)));
}

}  // namespace
}  // namespace steelyard::queueing
