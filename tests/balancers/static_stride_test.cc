#include <numeric>

#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

const Picker::Entries kFirst{{"start", {"first"}}};

// The picks by their definition, with gRPC's counter.
std::string by_definition(const std::vector<std::uint64_t>& scaled, std::size_t count) {
  std::string letters;
  for (std::uint64_t counter = 0; letters.size() < count; ++counter) {
    const std::uint64_t index = counter % scaled.size();
    const std::uint64_t round = counter / scaled.size();
    if ((scaled[index] * round + index * 32767) % 65535 >= 65535 - scaled[index])
      letters += static_cast<char>('a' + index);
  }
  return letters;
}

// Scaled to 65535 for the heaviest: 2/3 of that is 43690, 1/3 is 21845.
TEST(StaticStride, PassesOverByGrpcsRule) {
  Picker picker("static_stride", weighted({1, 2, 3}), kFirst);
  EXPECT_EQ(picker.letters(1000), by_definition({21845, 43690, 65535}, 1000));
}

// gRPC's own vectors: the first six picks at weights 1,2,3 are 1,2,3 of them, and the heaviest is
// picked in every round: 65535 rounds with 2 picks each on average, as the mean weight is 2 of 3.
TEST(StaticStride, PicksAreWeightedExactly) {
  Picker picker("static_stride", weighted({1, 2, 3}), kFirst);
  EXPECT_EQ(picker.counts(6), (std::vector<int>{1, 2, 3}));
}
TEST(StaticStride, TheHeaviestIsPickedInEveryRound) {
  Picker picker("static_stride", weighted({1, 2, 3}), kFirst);
  EXPECT_EQ(picker.counts(65535 * 2)[2], 65535);
}

// gRPC's own vector: the mean is (81 + 19) / 20 = 5, so 81 counts as 50, and 50 + 19 picks take
// everyone as often as it weighs.
TEST(StaticStride, AWeightCountsForAtMostTenTimesTheMean) {
  auto endpoints = hosts(80, 20);
  endpoints[0].weight = 81;
  Picker picker("static_stride", endpoints, kFirst);
  std::vector<int> expected(20, 1);
  expected[0] = 50;
  EXPECT_EQ(picker.counts(69), expected);
}

// gRPC's own vector: beside 100 next to nothing counts as a hundredth of the mean, 0.5: of 201
// picks, one.
TEST(StaticStride, AWeightCountsForAtLeastAHundredthOfTheMean) {
  Picker picker("static_stride", weighted({1000000000, 1}), kFirst);
  EXPECT_EQ(picker.counts(201), (std::vector<int>{200, 1}));
}

// Scaled by 65535 / 1444 the mean 845 is 38349.7: rounded to 38350, a hundredth of which is 383.5,
// rounded to 384. [gRPC, StaticStrideScheduler::Make()]
TEST(StaticStride, TheLeastIsRoundedAsInGrpc) {
  Picker picker("static_stride", weighted({1038, 1444, 897, 1}), kFirst);
  EXPECT_EQ(picker.insight().columns.back().values[3], 384);
}

TEST(StaticStride, EqualWeightsAreARotation) {
  Picker picker("static_stride", weighted({300, 300, 300}), kFirst);
  EXPECT_EQ(picker.letters(9), "abcabcabc");
}

// Everything repeats after 65535 rounds: 1 + 2 + 3 thirds of 65535 picks.
TEST(StaticStride, RepeatsAfterAllRounds) {
  Picker picker("static_stride", weighted({1, 2, 3}), kFirst);
  const std::string period = picker.letters(65535 * 2);
  EXPECT_EQ(picker.letters(65535 * 2), period);
}

// Of 6000 clients a third begins with each; deviation sqrt(6000 * 2/9) = 37.
TEST(StaticStride, StartsAtRandom) {
  std::vector<int> counts(3, 0);
  for (std::uint64_t client = 0; client < 6000; ++client) {
    Picker picker("static_stride", weighted({1, 1, 1}), {}, client);
    ++counts[picker.pick()];
  }
  for (const int count : counts) EXPECT_NEAR(count, 2000, 150);
}

TEST(StaticStride, TheSameSetAgainChangesNothing) {
  Picker picker("static_stride", weighted({1, 2, 3}), kFirst);
  std::string letters;
  for (int i = 0; i < 100; ++i) {
    letters += picker.letters(1);
    picker.set_endpoints(picker.endpoints());
  }
  EXPECT_EQ(letters, by_definition({21845, 43690, 65535}, 100));
}

}  // namespace
}  // namespace steelyard::test
