// Two queues solved state by state, known values, and one bound beside the other.
#include "models/shortest_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "models/dispatching.h"
#include "models/markov_chain.h"
#include "models/queueing.h"

namespace steelyard::queueing {
namespace {

// Two queues of at most 40, as a chain of 1,681 states would be too slow to eliminate; of at most
// 16 at half load, beyond which are 1e-9 of the time.
double two_queues_by_states(double load) {
  constexpr int kMost = 16;
  const auto state = [](int a, int b) { return a * (kMost + 1) + b; };
  Eigen::MatrixXd rates =
      Eigen::MatrixXd::Zero((kMost + 1) * (kMost + 1), (kMost + 1) * (kMost + 1));
  for (int a = 0; a <= kMost; ++a)
    for (int b = 0; b <= kMost; ++b) {
      if (a > 0) rates(state(a, b), state(a - 1, b)) += 1;
      if (b > 0) rates(state(a, b), state(a, b - 1)) += 1;
      const double to_a = a == b ? 0.5 : a < b ? 1 : 0;
      if (a < kMost) rates(state(a, b), state(a + 1, b)) += 2 * load * to_a;
      if (b < kMost) rates(state(a, b), state(a, b + 1)) += 2 * load * (1 - to_a);
    }
  const Eigen::VectorXd shares = stationary(rates);
  double in_system = 0;
  for (int a = 0; a <= kMost; ++a)
    for (int b = 0; b <= kMost; ++b) in_system += (a + b) * shares(state(a, b));
  return in_system / (2 * load);
}

TEST(ShortestQueue, OfTwoIsKnownToNineDigits) {
  const Bounds half = shortest_queue_mean_response(0.5, 2);
  EXPECT_NEAR(half.low / two_queues_by_states(0.5), 1, 1e-7);  // what 16 leaves out
  for (const double load : {0.1, 0.5, 0.9, 0.99}) {
    const Bounds bounds = shortest_queue_mean_response(load, 2);
    EXPECT_NEAR(bounds.low / bounds.high, 1, 1e-9) << load;
  }
}

// [reference values by simulation: ten servers at .9 about 1.911, a hundred about 1.067]
TEST(ShortestQueue, OfTenIsBetweenTheBounds) {
  const Bounds ten = shortest_queue_mean_response(0.9, 10);
  EXPECT_LT(ten.low, 1.911 * 1.003);
  EXPECT_GT(ten.high, 1.911 * 0.997);
  EXPECT_LT(ten.high - ten.low, 0.1 * ten.low);
  const Bounds hundred = shortest_queue_mean_response(0.9, 100);
  EXPECT_LT(hundred.low, 1.067);
  EXPECT_GT(hundred.high, 1.067);
}

TEST(ShortestQueue, LiesBetweenOneQueueAndRandomChoice) {
  for (const std::int64_t servers : {1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 24})
    for (const double load : {0.2, 0.95}) {
      const Bounds bounds = shortest_queue_mean_response(load, servers);
      const MMc one_queue{.arrival_rate = load * static_cast<double>(servers),
                          .mean_service = 1,
                          .servers = servers};
      EXPECT_LE(bounds.low, bounds.high * (1 + 1e-12)) << servers << " at " << load;
      EXPECT_GE(bounds.low, one_queue.mean_response() * (1 - 1e-12));
      EXPECT_LE(bounds.high, 1 / (1 - load) * (1 + 1e-12));
    }
}

TEST(ShortestQueue, KnowsItsLimits) {
  EXPECT_EQ(shortest_queue_mean_response(0, 7).high, 1);
  EXPECT_TRUE(std::isinf(shortest_queue_mean_response(1, 7).low));
  EXPECT_NEAR(shortest_queue_mean_response(0.8, 1).high, 5, 1e-14);
}

}  // namespace
}  // namespace steelyard::queueing
