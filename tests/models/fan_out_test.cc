// The slowest of several answers, by hand.
#include "models/fan_out.h"

#include <gtest/gtest.h>

#include <cmath>

namespace steelyard::queueing {
namespace {

// [Dean, Barroso 2013] 100 servers: 63% of requests see at least one p99; 2000 and p99.9: 86%;
// 2000 and p99.99: 18%.
TEST(FanOut, MakesTheRareCommon) {
  EXPECT_NEAR(fan_out_tail(100, 0.01), 0.634, 5e-4);
  EXPECT_NEAR(fan_out_tail(2000, 0.001), 0.865, 5e-4);
  EXPECT_NEAR(fan_out_tail(2000, 0.0001), 0.181, 5e-4);
  EXPECT_EQ(fan_out_tail(0, 0.5), 0);
  EXPECT_EQ(fan_out_tail(5, 0), 0);
  EXPECT_EQ(fan_out_tail(5, 1), 1);
}

// The slowest of 100 stays below its median when each stays below its .5^(1/100) = .9931 quantile.
TEST(FanOut, AsksForHigherPercentilesOfItsParts) {
  EXPECT_NEAR(fan_out_quantile(100, 0.5), 0.993092, 5e-7);
  EXPECT_NEAR(1 - fan_out_tail(100, 1 - fan_out_quantile(100, 0.5)), 0.5, 1e-12);
  EXPECT_EQ(fan_out_quantile(100, 1), 1);
}

const CallAtOnce kNobodyWaits{.probability = 1, .queue = {0, 10, 1}};

// H_50 = 4.4992; (1 - e^-x)^50 = .99 at x = -ln(1 - .99^(1/50)) = 8.512.
TEST(FanOut, OfFiftyExponentialAnswersIsTheHarmonicNumber) {
  const std::vector<CallAtOnce> fifty(50, kNobodyWaits);
  double harmonic = 0;
  for (int i = 1; i <= 50; ++i) harmonic += 1.0 / i;
  EXPECT_NEAR(slowest_mean(fifty), 10 * harmonic, 1e-4);
  EXPECT_NEAR(slowest_quantile(fifty, 0.99), -10 * std::log(1 - std::pow(0.99, 0.02)), 1e-9);
  EXPECT_NEAR(slowest_quantile(fifty, 0.99), 85.12, 5e-3);
}

TEST(FanOut, OfOneAnswerIsThatAnswer) {
  const MMc queue{0.09, 10, 1};
  EXPECT_NEAR(slowest_mean({{1, queue}}), 100, 1e-4);
  EXPECT_NEAR(slowest_quantile({{1, queue}}, 0.99), queue.response_quantile(0.99), 1e-8);
  EXPECT_NEAR(slowest_mean({{0.25, queue}}), 25, 1e-4);
  EXPECT_EQ(slowest_quantile({{0.005, queue}}, 0.99), 0);
}

// Of rates a and b: 1/a + 1/b - 1/(a + b), however far apart they are.
TEST(FanOut, OfAnswersOfDifferentLengthsIsByInclusion) {
  const auto mean = [](double a, double b) {
    return slowest_mean({{1, {0, 1 / a, 1}}, {1, {0, 1 / b, 1}}});
  };
  EXPECT_NEAR(mean(1, 3), 1 + 1 / 3.0 - 1 / 4.0, 1e-6);
  EXPECT_NEAR(mean(1, 1000), 1 + 1e-3 - 1 / 1001.0, 1e-6);
}

}  // namespace
}  // namespace steelyard::queueing
