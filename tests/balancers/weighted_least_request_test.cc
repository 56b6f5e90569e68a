#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

Picker::Entries bias(double power) { return {{"active_request_bias", {power}}}; }

// Envoy's example: weight 2 with 4 requests in flight counts 2 / (4 + 1) = 0.4, beside 1 / 1. Of
// every 7 picks a has 2 and b has 5.
TEST(WeightedLeastRequest, DividesTheWeightByTheRequestsInFlightAndOne) {
  Picker picker("weighted_least_request", weighted({2, 1}));
  picker.set_in_flight({4, 0});
  const auto counts = picker.counts(7000);
  EXPECT_NEAR(counts[0], 2000, 2);
  EXPECT_NEAR(counts[1], 5000, 2);
}

// The load counts for the turn after: a's first deadline is 1/2 whatever it has in flight. Its
// next is 1/2 + 5/2 = 3; b's are 1, 2 and 3, where a has waited longer.
TEST(WeightedLeastRequest, LooksAtTheLoadAsItPicks) {
  Picker picker("weighted_least_request", weighted({2, 1}));
  picker.set_in_flight({4, 0});
  EXPECT_EQ(picker.letters(5), "abbab");
}

// 2 / 5^2 = 0.08 beside 1: 2 to 25.
TEST(WeightedLeastRequest, TheBiasIsThePowerOfTheRequests) {
  Picker picker("weighted_least_request", weighted({2, 1}), bias(2));
  picker.set_in_flight({4, 0});
  EXPECT_NEAR(picker.counts(27000)[0], 2000, 2);
}

TEST(WeightedLeastRequest, WithoutABiasItIsEdf) {
  Picker picker("weighted_least_request", weighted({5, 1, 1}), bias(0));
  picker.set_in_flight({9, 0, 3});
  EXPECT_EQ(picker.letters(7), "aaaabca");
}

// Two draws with replacement: the busier of two is picked when it is drawn twice, a quarter of
// 40,000; deviation 87.
TEST(WeightedLeastRequest, EqualWeightsAreTwoChoicesWithReplacement) {
  Picker picker("weighted_least_request", weighted({3, 3}));
  picker.set_in_flight({5, 0});
  EXPECT_NEAR(picker.counts(40000)[0], 10000, 350);
}

// Turns put off by the longest there is, 2^40 periods: the count of turns would leave 64 bits after
// 256 picks if the schedule did not start again at zero now and then.
TEST(WeightedLeastRequest, AnyLoadAndAnyBiasLeaveTheOrderRight) {
  Picker picker("weighted_least_request", weighted({2, 1}), bias(100));
  picker.set_in_flight({4294967295, 4294967295});
  const auto counts = picker.counts(3000);
  EXPECT_NEAR(counts[0], 2000, 2);
  EXPECT_NEAR(counts[1], 1000, 2);
}

}  // namespace
}  // namespace steelyard::test
