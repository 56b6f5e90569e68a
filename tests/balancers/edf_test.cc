#include <algorithm>
#include <numeric>

#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

const Picker::Entries kRandomStart{{"start", {"random"}}};

// a is due at 1/5, 2/5, 3/5, 4/5 and 1; b and c at 1, and they wait since the beginning where a
// waits since 4/5.
TEST(Edf, OfEqualDeadlinesTheOneEnteredFirstIsFirst) {
  Picker picker("edf", weighted({5, 1, 1}));
  EXPECT_EQ(picker.letters(14), "aaaabcaaaaabca");
}

// Due at 1/3 a, 1/2 b, 2/3 a, and at 1 in the order of entry: c at 0, b at 1/2, a at 2/3.
TEST(Edf, InterleavesUnequalPeriods) {
  Picker picker("edf", weighted({3, 2, 1}));
  EXPECT_EQ(picker.letters(6), "abacba");
}

TEST(Edf, EqualWeightsAreARotation) {
  Picker picker("edf", weighted({7, 7, 7}));
  EXPECT_EQ(picker.letters(9), "abcabcabc");
}

// k/(2^32-1) comes before k/(2^32-2), and is told from it, for every k; in floating point the two
// would soon be one.
TEST(Edf, KeepsItsPrecisionAtTheHeaviestWeights) {
  Picker picker("edf", weighted({4294967295, 4294967294, 1}));
  for (int i = 0; i < 500000; ++i) {
    ASSERT_EQ(picker.pick(), 0) << i;
    ASSERT_EQ(picker.pick(), 1) << i;
  }
}

// Sum of weights 17: after every 17 picks the counts are the weights exactly, a million picks long.
TEST(Edf, CountsAreExactAfterEveryPeriod) {
  Picker picker("edf", weighted({7, 3, 6, 1}));
  for (int period = 0; period < 60000; ++period)
    ASSERT_EQ(picker.counts(17), (std::vector<int>{7, 3, 6, 1})) << "period " << period;
}

// a is first unless its deadline t, uniform in (0, 1/5], is after the earlier of b's and c's:
// E[(1 - t)^2] = 1 - 1/5 + 1/75 = 0.8133 of 7000 clients; deviation 33. Under start: first all
// begin with a.
TEST(Edf, ARandomStartSpreadsTheFirstPicksOfAFleet) {
  std::vector<int> counts(3, 0);
  for (std::uint64_t client = 0; client < 7000; ++client) {
    Picker picker("edf", weighted({5, 1, 1}), kRandomStart, client);
    ++counts[picker.pick()];
  }
  EXPECT_NEAR(counts[0], 7000 * 0.8133, 130);
}

TEST(Edf, TheSameSetAgainChangesNothing) {
  Picker picker("edf", weighted({3, 2, 1}));
  std::string letters;
  for (int i = 0; i < 6; ++i) {
    letters += picker.letters(1);
    picker.set_endpoints(picker.endpoints());
  }
  EXPECT_EQ(letters, "abacba");
}

// After a b a the time is 2/3, and all that stays is due at 1: c entered first, then b. d comes
// with weight 1 and is due at 2/3 + 1, after a's 4/3.
TEST(Edf, DeadlinesFollowTheEndpointIntoTheNewSet) {
  Picker picker("edf", weighted({3, 2, 1}));
  EXPECT_EQ(picker.letters(3), "aba");
  auto endpoints = picker.endpoints();
  std::reverse(endpoints.begin(), endpoints.end());  // c b a
  endpoints.push_back({.name = "d", .id = 3, .weight = 1});
  picker.set_endpoints(endpoints);
  std::string names;
  for (int i = 0; i < 6; ++i) names += picker.endpoints()[picker.pick()].name;
  // 1 c, 1 b, 1 a, 4/3 a, 3/2 b, 5/3: d entered at 2/3, a at 4/3.
  EXPECT_EQ(names, "cbaabd");
}

// a has half of its period of 1 left when its weight becomes 2: half of 1/2.
TEST(Edf, AChangedWeightKeepsWhatWasLeftOfThePeriodInProportion) {
  Picker picker("edf", weighted({1, 2}));
  EXPECT_EQ(picker.letters(1), "b");  // at 1/2; b is due again at 1
  auto endpoints = picker.endpoints();
  endpoints[0].weight = 2;
  picker.set_endpoints(endpoints);
  EXPECT_EQ(picker.letters(3), "aba");  // 3/4 a, 1 b, 5/4 a
}

}  // namespace
}  // namespace steelyard::test
