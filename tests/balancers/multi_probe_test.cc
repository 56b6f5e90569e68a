#include <algorithm>

#include "core/hash.h"
#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

// By the definition: of all places and all points, the pair with the least way clockwise.
std::size_t by_definition(const std::vector<Endpoint>& endpoints, std::uint64_t key, int probes) {
  RandomStream places(key);
  std::uint64_t least = ~std::uint64_t{0};
  std::size_t owner = 0;
  for (int i = 0; i < probes; ++i) {
    const std::uint64_t place = places.next();
    for (std::size_t e = 0; e < endpoints.size(); ++e) {
      const std::uint64_t way = xxh64(endpoints[e].name) - place;
      if (way > least) continue;
      least = way;
      owner = e;
    }
  }
  return owner;
}

TEST(MultiProbe, TheNearestOfAllProbesHasTheKey) {
  for (const int probes : {1, 2, 21}) {
    Picker picker("multi_probe", hosts(80, 30), {{"probes", {std::int64_t{probes}}}});
    for (std::uint64_t key = 0; key < 1000; ++key)
      EXPECT_EQ(picker.pick_key(key), by_definition(picker.endpoints(), key, probes)) << key;
  }
}

// How many times the mean the busiest of 50 has, over 500,000 keys; by chance alone 10,000 each,
// deviation 1%.
double peak(std::int64_t probes) {
  Picker picker("multi_probe", hosts(80, 50), {{"probes", {probes}}});
  std::vector<int> counts(50, 0);
  for (std::uint64_t key = 0; key < 500000; ++key) ++counts[picker.pick_key(key)];
  return *std::max_element(counts.begin(), counts.end()) / 10000.0;
}

// The paper: 1 + 1/(probes - 1) of the mean at most, 1.05 for 21; one point an endpoint and one
// place a key would be ln(50) = 3.9 times the mean.
TEST(MultiProbe, TwentyOneProbesKeepTheBusiestNearTheMean) {
  EXPECT_LT(peak(21), 1.05 + 0.03);
  EXPECT_GT(peak(1), 2);
}

TEST(MultiProbe, ARequestWithoutAKeyGoesAnywhere) {
  Picker picker("multi_probe", hosts(90, 4));
  for (const int count : picker.counts(4000)) EXPECT_GT(count, 500);
}

}  // namespace
}  // namespace steelyard::test
