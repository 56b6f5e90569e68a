#include <algorithm>

#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

// {5,1,1}, the example of nginx's own commit message. Credits after adding, pick, after it:
// (5,1,1) a (-2,1,1); (3,2,2) a (-4,2,2); (1,3,3) b (1,-4,3); (6,-3,4) a (-1,-3,4);
// (4,-2,5) c (4,-2,-2); (9,-1,-1) a (2,-1,-1); (7,0,0) a (0,0,0).
TEST(WeightedRoundRobin, SpreadsTheTurnsOfTheHeavyOne) {
  EXPECT_EQ(Picker("weighted_round_robin", weighted({5, 1, 1})).letters(14), "aabacaaaabacaa");
}

// (3,2,1) a (-3,2,1); (0,4,2) b (0,-2,2); (3,0,3) a, the first of equals, (-3,0,3);
// (0,2,4) c (0,2,-2); (3,4,-1) b (3,-2,-1); (6,0,0) a (0,0,0).
TEST(WeightedRoundRobin, ThreeTwoOneIsAbacba) {
  EXPECT_EQ(Picker("weighted_round_robin", weighted({3, 2, 1})).letters(6), "abacba");
}

TEST(WeightedRoundRobin, EqualWeightsArePlainRotation) {
  EXPECT_EQ(Picker("weighted_round_robin", weighted({7, 7, 7})).letters(7), "abcabca");
}

// nginx's definition, n additions a pick: what the kinetic tournament has to reproduce.
std::size_t pick_by_definition(std::vector<std::int64_t>& credits,
                               const std::vector<Endpoint>& endpoints) {
  std::int64_t total = 0;
  std::size_t best = 0;
  for (std::size_t i = 0; i < credits.size(); ++i) {
    credits[i] += endpoints[i].weight;
    total += endpoints[i].weight;
    if (credits[i] > credits[best] || endpoints[best].weight == 0) best = i;
  }
  credits[best] -= total;
  return best;
}

TEST(WeightedRoundRobin, IsTheDefinitionsSequenceForAnyWeights) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    RandomStream random(seed);
    auto endpoints = hosts(80, 1 + random.below(40));
    const std::uint64_t highest = std::uint64_t{1} << random.below(33);
    for (Endpoint& endpoint : endpoints)
      endpoint.weight = static_cast<std::uint32_t>(random.below(highest));
    endpoints[0].weight = std::max(endpoints[0].weight, 1u);
    Picker picker("weighted_round_robin", endpoints);
    std::vector<std::int64_t> credits(endpoints.size(), 0);
    for (int i = 0; i < 2000; ++i)
      ASSERT_EQ(picker.pick(), pick_by_definition(credits, endpoints))
          << "seed " << seed << ", pick " << i;
  }
}

TEST(WeightedRoundRobin, SameSetAgainChangesNothing) {
  Picker picker("weighted_round_robin", weighted({5, 1, 1}));
  std::string letters;
  for (int i = 0; i < 7; ++i) {
    letters += picker.letters(1);
    picker.set_endpoints(picker.endpoints());
  }
  EXPECT_EQ(letters, "aabacaa");
}

// After one pick the credits are (-2,1,1). Without c, 6/7 of the total is left: (-1,0), cut to
// whole numbers. Then (4,1) a (-2,1); (3,2) a (-3,2); (2,3) b (2,-3); (7,-2) a.
TEST(WeightedRoundRobin, CreditsFollowTheEndpointIntoTheNewSet) {
  Picker picker("weighted_round_robin", weighted({5, 1, 1}));
  EXPECT_EQ(picker.pick(), 0);
  const auto e = picker.endpoints();
  picker.set_endpoints({e[0], e[1]});
  EXPECT_EQ(picker.letters(4), "aaba");
}

// Credits run up to a billion under the old weights; kept as they are, a billion turns would pass
// before a is picked again.
TEST(WeightedRoundRobin, SmallerWeightsDoNotLeaveADebtBehind) {
  Picker picker("weighted_round_robin", weighted({1000000000, 999999999}));
  picker.pick();
  picker.set_endpoints(weighted({1, 1}));
  const auto counts = picker.counts(10);
  EXPECT_LE(counts[0], 6);
  EXPECT_GE(counts[0], 4);
}

}  // namespace
}  // namespace steelyard::test
