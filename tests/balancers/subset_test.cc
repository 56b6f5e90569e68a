// The three subsets: how even, and how steady.
#include <algorithm>
#include <cmath>
#include <set>

#include "tests/balancers/layers.h"

namespace steelyard::test {
namespace {

Named subset_of(std::string_view name, std::int64_t size) {
  return layer(name, {{"size", {size}}});
}

// The ids that a caller uses: round robin takes each in turn.
std::set<std::uint32_t> ids_of(const Named& subset, std::size_t size, std::uint32_t caller,
                               std::uint32_t callers, const std::vector<Endpoint>& endpoints) {
  Picker picker = layered(subset, "round_robin", endpoints, {.index = caller, .count = callers},
                          /*seed=*/caller + 1);
  std::set<std::uint32_t> ids;
  for (std::size_t i = 0; i < size; ++i) ids.insert(endpoints[picker.pick()].id);
  EXPECT_EQ(ids.size(), size) << "all different";
  for (std::size_t i = 0; i < size; ++i) EXPECT_TRUE(ids.contains(endpoints[picker.pick()].id));
  for (std::size_t i = 0; i < endpoints.size(); ++i)
    EXPECT_EQ(picker.balancer().uses(i), ids.contains(endpoints[i].id)) << i;
  return ids;
}

// How many callers use each endpoint.
std::vector<int> callers_of(const Named& subset, std::size_t size, std::uint32_t callers,
                            std::size_t endpoints) {
  std::vector<int> counts(endpoints, 0);
  for (std::uint32_t caller = 0; caller < callers; ++caller)
    for (const std::uint32_t id : ids_of(subset, size, caller, callers, hosts(1, endpoints)))
      ++counts[id];
  return counts;
}

// How many connections change, per caller, when there are more endpoints.
double moved(const Named& subset, std::size_t size, std::size_t before, std::size_t after) {
  constexpr std::uint32_t kCallers = 100;
  std::size_t moved = 0;
  for (std::uint32_t caller = 0; caller < kCallers; ++caller) {
    const auto old_ids = ids_of(subset, size, caller, kCallers, hosts(1, before));
    const auto new_ids = ids_of(subset, size, caller, kCallers, hosts(1, after));
    moved += static_cast<std::size_t>(std::count_if(
        new_ids.begin(), new_ids.end(), [&](std::uint32_t id) { return !old_ids.contains(id); }));
  }
  return static_cast<double>(moved) / kCallers;
}

// [Site Reliability Engineering, chapter 20: 300 clients that each use 10 of 300 backends]
TEST(DeterministicSubset, GivesEachOf300Backends10Of300Clients) {
  const std::vector<int> counts = callers_of(subset_of("deterministic_subset", 10), 10, 300, 300);
  EXPECT_EQ(counts, std::vector<int>(300, 10));
}

// 12 = 2 subsets of 5 and 2 left over, in every round others; 10 callers are 5 rounds.
TEST(DeterministicSubset, LeavesOthersOverInEveryRound) {
  const std::vector<int> counts = callers_of(subset_of("deterministic_subset", 5), 5, 10, 12);
  for (const int count : counts) {
    EXPECT_GE(count, 1);
    EXPECT_LE(count, 5);
  }
}

TEST(DeterministicSubset, DependsOnNumbersAlone) {
  std::vector<Endpoint> endpoints = hosts(1, 60);
  const auto ids = ids_of(subset_of("deterministic_subset", 7), 7, 3, 20, endpoints);
  std::reverse(endpoints.begin(), endpoints.end());
  EXPECT_EQ(ids_of(subset_of("deterministic_subset", 7), 7, 3, 20, endpoints), ids);
}

TEST(DeterministicSubset, StaysWhenHealthChanges) {
  std::vector<Endpoint> endpoints = hosts(1, 60);
  Picker picker = layered(subset_of("deterministic_subset", 6), "round_robin", endpoints,
                          {.index = 3, .count = 20});
  const std::vector<int> before = picker.counts(600);
  const auto member = static_cast<std::size_t>(
      std::find_if(before.begin(), before.end(), [](int count) { return count > 0; }) -
      before.begin());
  endpoints[member].healthy = false;
  picker.set_endpoints(endpoints);
  const std::vector<int> after = picker.counts(600);
  for (std::size_t i = 0; i < 60; ++i)
    EXPECT_EQ(after[i], before[i] == 0 || i == member ? 0 : 120) << i;
}

// [gRPC A68: if there are no more endpoints than subset_size, all are used]
TEST(RandomSubset, UsesAllOfFew) {
  EXPECT_EQ(callers_of(subset_of("random_subset", 10), 10, 7, 10), std::vector<int>(10, 7));
}

// [gRPC A68: at most one entry is updated when one server comes or goes]
TEST(RandomSubset, ChangesOneMemberAtMostWhenOneComes) {
  for (std::uint32_t caller = 0; caller < 50; ++caller) {
    const Named subset = subset_of("random_subset", 10);
    const auto before = ids_of(subset, 10, caller, 50, hosts(1, 100));
    const auto after = ids_of(subset, 10, caller, 50, hosts(1, 101));
    std::vector<std::uint32_t> gone;
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                        std::back_inserter(gone));
    EXPECT_LE(gone.size(), 1u);
    EXPECT_EQ(gone.size(), after.contains(100) ? 1u : 0u);
  }
}

// A binomial number of callers: 300 * 10 / 300 = 10 each, standard deviation sqrt(10 * 29/30)
// = 3.1.
TEST(RandomSubset, IsEvenOnlyOnTheAverage) {
  const std::vector<int> counts = callers_of(subset_of("random_subset", 10), 10, 300, 300);
  double squares = 0;
  for (const int count : counts) squares += (count - 10) * (count - 10);
  EXPECT_NEAR(std::sqrt(squares / 300), 3.1, 0.5);
}

// Each lot of ten callers deals out the ten lots of endpoints that it visits: every endpoint gets
// one caller from each lot of callers that comes to it, and the 30 lots of callers visit 10 lots of
// endpoints each, so every lot of endpoints is visited about 10 times.
TEST(RocksteadierSubset, IsNearlyEven) {
  const std::vector<int> counts = callers_of(subset_of("rocksteadier_subset", 10), 10, 300, 300);
  for (const int count : counts) {
    EXPECT_GE(count, 8);
    EXPECT_LE(count, 12);
  }
}

// With fewer lots than `size` callers come round again, to the next place of each lot.
TEST(RocksteadierSubset, IsEvenToOneWhenASubsetGoesRound) {
  const std::vector<int> counts = callers_of(subset_of("rocksteadier_subset", 12), 12, 60, 60);
  EXPECT_EQ(counts, std::vector<int>(60, 12));
}

TEST(RocksteadierSubset, SkipsThePaddingOfTheLastLot) {
  const std::vector<int> counts = callers_of(subset_of("rocksteadier_subset", 8), 8, 40, 56);
  for (const int count : counts) EXPECT_GT(count, 0);
}

// 10 endpoints more among 100: ideally 10/110 of the 10 connections, about one, moves.
TEST(RocksteadierSubset, MovesFewConnectionsWhereADeterministicOneMovesNearlyAll) {
  EXPECT_LT(moved(subset_of("rocksteadier_subset", 10), 10, 100, 110), 1.6);
  EXPECT_LT(moved(subset_of("random_subset", 10), 10, 100, 110), 1.3);
  EXPECT_GT(moved(subset_of("deterministic_subset", 10), 10, 100, 110), 7);
}

}  // namespace
}  // namespace steelyard::test
