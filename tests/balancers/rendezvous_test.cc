#include <cmath>

#include "core/hash.h"
#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

// The highest -w / ln(h), by the definition and with the C library's logarithm.
std::size_t by_definition(const std::vector<Endpoint>& endpoints, std::uint64_t key) {
  std::size_t best = 0;
  double highest = -1;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const std::uint64_t hash = mix64(mix64(key) ^ xxh64(endpoints[i].name));
    const double u = static_cast<double>((hash >> 11) + 1) * 0x1p-53;
    const double bid = -static_cast<double>(endpoints[i].weight) / std::log(u);
    if (bid <= highest) continue;
    highest = bid;
    best = i;
  }
  return best;
}

TEST(Rendezvous, TheHighestBidHasTheKey) {
  auto endpoints = hosts(80, 40);
  for (const std::uint32_t weight_max : {1u, 7u, 1000000u}) {
    for (Endpoint& endpoint : endpoints)
      endpoint.weight = static_cast<std::uint32_t>(1 + mix64(endpoint.id) % weight_max);
    Picker picker("rendezvous", endpoints);
    for (std::uint64_t key = 0; key < 3000; ++key)
      EXPECT_EQ(picker.pick_key(mix64(key)), by_definition(endpoints, mix64(key)));
  }
}

// 5:1:1:3 of 60,000 keys; deviations sqrt(60000 p (1-p)): 122, 73, 73, 112.
TEST(Rendezvous, SharesFollowTheWeightsAsChanceDoes) {
  auto endpoints = hosts(80, 4);
  endpoints[0].weight = 5;
  endpoints[3].weight = 3;
  Picker picker("rendezvous", endpoints);
  std::vector<int> counts(4, 0);
  for (std::uint64_t key = 0; key < 60000; ++key) ++counts[picker.pick_key(mix64(key))];
  EXPECT_NEAR(counts[0], 30000, 490);
  EXPECT_NEAR(counts[1], 6000, 290);
  EXPECT_NEAR(counts[2], 6000, 290);
  EXPECT_NEAR(counts[3], 18000, 450);
}

// From weight 1 to 3 of in all 10 to 12: a's share goes from 1/10 to 3/12, and the 15% of keys that
// move all go there. 20,000 keys, deviation 50.
TEST(Rendezvous, AChangeOfWeightMovesKeysOnlyToWhereItGrew) {
  Picker picker("rendezvous", hosts(80, 10));
  std::vector<std::size_t> before;
  for (std::uint64_t key = 0; key < 20000; ++key) before.push_back(picker.pick_key(mix64(key)));
  auto endpoints = picker.endpoints();
  endpoints[0].weight = 3;
  picker.set_endpoints(endpoints);
  int moved = 0;
  for (std::uint64_t key = 0; key < 20000; ++key) {
    const std::size_t now = picker.pick_key(mix64(key));
    if (now == before[key]) continue;
    EXPECT_EQ(now, 0);
    ++moved;
  }
  EXPECT_NEAR(moved, 3000, 200);
}

// The keys of the one that left go to all others alike: about a tenth of 20,000 in nine parts, 222
// each, deviation 15.
TEST(Rendezvous, SpreadsTheKeysOfOneThatLeftOverAllOthers) {
  const auto ten = hosts(80, 10);
  Picker before("rendezvous", ten);
  Picker after("rendezvous", {ten.begin(), ten.end() - 1});
  std::vector<int> heirs(9, 0);
  for (std::uint64_t key = 0; key < 20000; ++key)
    if (before.pick_key(mix64(key)) == 9) ++heirs[after.pick_key(mix64(key))];
  for (const int count : heirs) EXPECT_NEAR(count, 222, 65);
}

}  // namespace
}  // namespace steelyard::test
