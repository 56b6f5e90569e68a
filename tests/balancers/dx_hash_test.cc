#include "core/hash.h"
#include "core/uint128.h"
#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

std::uint32_t bucket_in_use(std::uint64_t key, std::size_t capacity,
                            const std::vector<bool>& in_use) {
  for (std::uint64_t draw = 0;; ++draw) {
    const std::uint64_t hash = draw == 0 ? key : mix64(key + draw * 0x9e3779b97f4a7c15u);
    const auto bucket = static_cast<std::uint32_t>((static_cast<Uint128>(hash) * capacity) >> 64);
    if (in_use[bucket]) return bucket;
  }
}

// Ten endpoints in buckets 0 to 9 of 16. Then 7 and 3 leave, in this order, and x comes: into the
// bucket that was vacated last.
TEST(DxHash, TheFirstBucketOfTheSequenceThatIsInUseHasTheKey) {
  Picker picker("dx_hash", hosts(80, 10), {{"capacity", {std::int64_t{16}}}});
  std::vector<bool> in_use(16, false);
  std::fill_n(in_use.begin(), 10, true);
  const auto expect_same = [&](std::uint32_t bucket_of_x) {
    for (std::uint64_t key = 0; key < 2000; ++key) {
      const Endpoint& picked = picker.endpoints()[picker.pick_key(mix64(key))];
      ASSERT_EQ(picked.name == "x" ? bucket_of_x : picked.id,
                bucket_in_use(mix64(key), 16, in_use));
    }
  };
  expect_same(0);
  for (const std::uint32_t gone : {7u, 3u}) {
    auto endpoints = picker.endpoints();
    std::erase_if(endpoints, [&](const Endpoint& endpoint) { return endpoint.id == gone; });
    picker.set_endpoints(endpoints);
    in_use[gone] = false;
    expect_same(0);
  }
  auto endpoints = picker.endpoints();
  endpoints.insert(endpoints.begin(), {.name = "x", .id = 99});
  picker.set_endpoints(endpoints);
  in_use[3] = true;
  expect_same(3);
}

// Each of ten has a tenth of 40,000 keys, deviation 60.
TEST(DxHash, SharesAreEvenAsChance) {
  Picker picker("dx_hash", hosts(80, 10));
  std::vector<int> counts(10, 0);
  for (std::uint64_t key = 0; key < 40000; ++key) ++counts[picker.pick_key(mix64(key))];
  for (const int count : counts) EXPECT_NEAR(count, 4000, 240);
}

// One in use of a million buckets: a look-up ends all the same, where it must.
TEST(DxHash, AnAlmostEmptySetStillHasAnOwner) {
  Picker picker("dx_hash", hosts(80, 2), {{"capacity", {std::int64_t{1000000}}}});
  picker.set_endpoints({picker.endpoints()[1]});
  EXPECT_EQ(picker.pick_key(mix64(1)), 0);
}

}  // namespace
}  // namespace steelyard::test
