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

// [Envoy, EdfLoadBalancerBase::refresh: a schedule begins with the weights of then, load included]
// a's first deadline is (4 + 1) / 2 = 2.5, its next 5; b's are 1, 2, 3, 4 and 5, where a has waited
// longer.
TEST(WeightedLeastRequest, LooksAtTheLoadBeforeTheFirstTurn) {
  Picker picker("weighted_least_request", weighted({2, 1}));
  picker.set_in_flight({4, 0});
  EXPECT_EQ(picker.letters(7), "bbabbab");
}

// The load counts for the turn after: picked when it has nothing in flight, a is due again at 1/2 +
// 1/2, before b, whatever it has by then; and from there at 1 + 5/2.
TEST(WeightedLeastRequest, LooksAtTheLoadAsItPicks) {
  Picker picker("weighted_least_request", weighted({2, 1}));
  EXPECT_EQ(picker.letters(1), "a");
  picker.set_in_flight({4, 0});
  EXPECT_EQ(picker.letters(4), "babb");
}

// c comes at time 1; with 3 in flight it is due at 1 + 4/2 = 3, not at 1 + 1/2, and then before b
// and a, who entered their turns at 3 later.
TEST(WeightedLeastRequest, LooksAtTheLoadOfOneThatComes) {
  Picker picker("weighted_least_request", weighted({2, 1}));
  EXPECT_EQ(picker.letters(3), "aba");
  picker.set_endpoints(weighted({2, 1, 2}));
  picker.set_in_flight({0, 0, 3});
  EXPECT_EQ(picker.letters(6), "abaacb");
}

// With k in flight and a weight of (k + 1)^2 an endpoint is due at 1, no earlier and no later than
// one of weight 1 without load. So the first of the two is first, whichever it is.
TEST(WeightedLeastRequest, WholePowersAreWhole) {
  for (std::uint32_t k = 1; k < 100; ++k) {
    const std::uint32_t square = (k + 1) * (k + 1);
    Picker loaded_first("weighted_least_request", weighted({square, 1}), bias(2));
    loaded_first.set_in_flight({k, 0});
    EXPECT_EQ(loaded_first.pick(), 0u) << k;
    Picker loaded_last("weighted_least_request", weighted({1, square}), bias(2));
    loaded_last.set_in_flight({0, k});
    EXPECT_EQ(loaded_last.pick(), 0u) << k;
  }
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
