#include <algorithm>
#include <set>

#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

const Picker::Entries kFromTheFirst{{"start", {std::string("first")}}};

TEST(RoundRobin, TakesTurnsWhateverTheWeights) {
  Picker picker("round_robin", weighted({5, 1, 0}), kFromTheFirst);
  EXPECT_EQ(picker.letters(7), "abcabca");
}

TEST(RoundRobin, CountsDifferByAtMostOneAtAnyTime) {
  Picker picker("round_robin", hosts(80, 7));
  std::vector<int> counts(7, 0);
  for (int i = 0; i < 100; ++i) {
    ++counts[picker.pick()];
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    EXPECT_LE(*most - *least, 1);
  }
}

// The chance that 40 clients miss one of 4 places: 4 * (3/4)^40 = 4e-5.
TEST(RoundRobin, ClientsStartAtDifferentEndpoints) {
  std::set<std::size_t> starts;
  for (std::uint64_t seed = 1; seed <= 40; ++seed)
    starts.insert(Picker("round_robin", hosts(80, 4), {}, seed).pick());
  EXPECT_EQ(starts.size(), 4);
}

TEST(RoundRobin, GoesOnWithTheSameEndpointWhenOthersComeAndGo) {
  Picker picker("round_robin", weighted({1, 1, 1, 1}), kFromTheFirst);
  EXPECT_EQ(picker.letters(2), "ab");
  // It is c's turn. Without a, with a new one in front: x b c d.
  const auto e = picker.endpoints();
  picker.set_endpoints({{.name = "x", .id = 9}, e[1], e[2], e[3]});
  EXPECT_EQ(picker.pick(), 2);
  EXPECT_EQ(picker.pick(), 3);
  EXPECT_EQ(picker.pick(), 0);
}

TEST(RoundRobin, SkipsToTheNextSurvivorWhenTheOneInTurnLeft) {
  Picker picker("round_robin", weighted({1, 1, 1, 1}), kFromTheFirst);
  EXPECT_EQ(picker.letters(2), "ab");
  const auto e = picker.endpoints();
  picker.set_endpoints({e[0], e[1], e[3]});  // c's turn, but c left: d follows
  EXPECT_EQ(picker.pick(), 2);
  EXPECT_EQ(picker.pick(), 0);
}

TEST(RoundRobin, WrapsAroundToASurvivor) {
  Picker picker("round_robin", weighted({1, 1, 1}), kFromTheFirst);
  EXPECT_EQ(picker.letters(2), "ab");
  const auto e = picker.endpoints();
  picker.set_endpoints({e[0], e[1]});  // c's turn, but c left: after it comes a
  EXPECT_EQ(picker.letters(3), "aba");
}

TEST(RoundRobin, SameSetAgainChangesNothing) {
  Picker picker("round_robin", weighted({1, 1, 1}), kFromTheFirst);
  picker.pick();
  picker.set_endpoints(picker.endpoints());
  EXPECT_EQ(picker.letters(3), "bca");
}

}  // namespace
}  // namespace steelyard::test
