// By hand for M/M/1, and by trying one less for the rest.
#include "models/capacity.h"

#include <gtest/gtest.h>

#include <cmath>

#include "models/general_service.h"
#include "models/queueing.h"
#include "tests/models/models.h"

namespace steelyard::queueing {
namespace {

TEST(Capacity, KeepsUpWithAnythingBelowFullLoad) {
  EXPECT_EQ(instances_to_keep_up({.arrival_rate = 0}), 1);
  EXPECT_EQ(instances_to_keep_up({.arrival_rate = 2.5}), 3);
  EXPECT_EQ(instances_to_keep_up({.arrival_rate = 3}), 4);  // at 100% the queue grows for ever
  EXPECT_EQ(instances_to_keep_up({.arrival_rate = 100, .mean_service = 0.1, .servers = 4}), 3);
  EXPECT_EQ(instances_to_keep_up({.arrival_rate = 1, .mean_service = INFINITY}), kNeverEnough);
}

// M/M/1 queues of 10 ms: p99 = ln(100) 10/(1 - r) <= 100 ms means r <= .5395; 300/s of 10 ms are 3
// erlangs, so 5.56 instances: 6.
TEST(Capacity, OfRandomChoiceIsMM1ByHand) {
  EXPECT_EQ(instances_for({300, 0.01, 1}, 0.99, 0.1, Sharing::random), 6);
  EXPECT_NEAR(mm1_response_quantile(50, 0.01, 0.99), std::log(100) * 0.01 / 0.5, 1e-12);
}

TEST(Capacity, IsTheFewestThatSuffice) {
  for (const double rate : {1.0, 40.0, 900.0, 20'000.0})
    for (const std::int64_t servers : {1, 8})
      for (const double target : {0.05, 0.06, 0.2}) {
        const Demand demand{rate, 0.01, servers};
        const auto shared = instances_for(demand, 0.99, target, Sharing::one_queue);
        const auto split = instances_for(demand, 0.99, target, Sharing::random);
        ASSERT_TRUE(shared && split);
        EXPECT_LE(*shared, *split);
        const auto quantile = [&](std::int64_t instances) {
          return MMc{rate, 0.01, instances * servers}.response_quantile(0.99);
        };
        EXPECT_LE(quantile(*shared), target * (1 + 1e-12)) << rate << " " << servers;
        if (*shared > 1) {
          EXPECT_GT(quantile(*shared - 1), target) << rate << " " << servers;
        }
      }
}

// The same by a distribution as by a mean alone, where it is exponential; else by trying one less.
TEST(Capacity, OfOtherServiceTimesIsTheFewestThatSuffice) {
  using namespace testing_models;  // NOLINT
  const auto exponential = make<Distribution>("exponential", {{"mean", time(10ms)}});
  const auto constant = make<Distribution>("constant", {{"value", time(10ms)}});
  const auto lognormal =
      make<Distribution>("lognormal", {{"mean", time(10ms)}, {"sigma", number(1)}});
  for (const Sharing sharing : {Sharing::one_queue, Sharing::random})
    for (const double rate : {40.0, 900.0}) {
      EXPECT_EQ(instances_for({rate, 0.01, 4, exponential.get()}, 0.99, 0.06, sharing),
                instances_for({rate, 0.01, 4}, 0.99, 0.06, sharing));
      for (const Distribution* service : {constant.get(), lognormal.get()}) {
        const auto needed = instances_for({rate, 0.01, 4, service}, 0.99, 0.09, sharing);
        ASSERT_TRUE(needed);
        const auto quantile = [&](std::int64_t instances) {
          const auto count = static_cast<double>(instances);
          return sharing == Sharing::one_queue
                     ? MGc{rate, service, instances * 4}.response_tail(0.09)
                     : MGc{rate / count, service, 4}.response_tail(0.09);
        };
        EXPECT_LE(quantile(*needed).low, 0.01);
        if (*needed > 1) {
          EXPECT_GE(quantile(*needed - 1).high, 0.01);
        }
      }
    }
  // Who waits at all is too late: a hundredth of all, at 1/s each.
  EXPECT_EQ(instances_for({2.9, 0.01, 1, constant.get()}, 0.99, 0.01, Sharing::random), 3);
  EXPECT_FALSE(instances_for({2.9, 0.01, 1, constant.get()}, 0.99, 0.0099, Sharing::random));
}

// The p99 of an exponential of 10 ms is 46.05 ms with nobody else there.
TEST(Capacity, CannotMakeTheServiceItselfFaster) {
  EXPECT_FALSE(instances_for({1, 0.01, 1}, 0.99, 0.046, Sharing::one_queue));
  EXPECT_TRUE(instances_for({1, 0.01, 1}, 0.99, 0.0461, Sharing::one_queue));
}

}  // namespace
}  // namespace steelyard::queueing
