#include "core/hash.h"
#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

Picker::Entries ring(std::int64_t min, std::int64_t max = 8388608) {
  return {{"min_ring_size", {min}}, {"max_ring_size", {max}}};
}

// Envoy's own vector: hosts 127.0.0.1:90..95, at least 12 points. The first three on the ring are
// :94 at 833437586790550860, :92 at 928266305478181108, :90 at 1033482794131418490.
TEST(RingHash, IsEnvoysRing) {
  Picker picker("ring_hash", hosts(90, 6), ring(12));
  EXPECT_EQ(picker.pick_key(0), 4);
  EXPECT_EQ(picker.pick_key(833437586790550860), 4);
  EXPECT_EQ(picker.pick_key(833437586790550861), 2);
  EXPECT_EQ(picker.pick_key(928266305478181108), 2);
  EXPECT_EQ(picker.pick_key(928266305478181109), 0);
  EXPECT_EQ(picker.pick_key(1033482794131418490), 0);
  // Behind the last point the ring closes.
  EXPECT_EQ(picker.pick_key(~std::uint64_t{0}), 4);
}

// Six equal hosts and 12 points: two each, at the hashes of "host_0" and "host_1".
TEST(RingHash, PointsAreAtTheHashOfNameUnderscoreNumber) {
  Picker picker("ring_hash", hosts(90, 6), ring(12));
  for (std::size_t i = 0; i < 6; ++i)
    for (const char* copy : {"_0", "_1"})
      EXPECT_EQ(picker.pick_key(xxh64(picker.endpoints()[i].name + copy)), i);
}

// Least share 1/3: ceil(1/3 * 3) / (1/3) = 3 points, so a has one and b two; the sections of the
// ring that end in them are theirs.
TEST(RingHash, PointsAreInProportionToWeights) {
  auto endpoints = hosts(90, 2);
  endpoints[1].weight = 2;
  Picker picker("ring_hash", endpoints, ring(3));
  EXPECT_EQ(picker.pick_key(xxh64("127.0.0.1:90_0")), 0);
  EXPECT_EQ(picker.pick_key(xxh64("127.0.0.1:91_0")), 1);
  EXPECT_EQ(picker.pick_key(xxh64("127.0.0.1:91_1")), 1);
}

// A thousand times the ring: 1:2 within a few deviations. a has 1/3 of 300,000 points, so its
// share is 1/3 give or take 1/sqrt(100,000) of it; 30,000 keys add sqrt(30000 * 2/9) = 82.
TEST(RingHash, ALargeRingIsFair) {
  auto endpoints = hosts(90, 2);
  endpoints[1].weight = 2;
  Picker picker("ring_hash", endpoints, ring(300000));
  std::size_t first = 0;
  for (std::uint64_t key = 0; key < 30000; ++key)
    if (picker.pick_key(mix64(key + 1)) == 0) ++first;
  EXPECT_NEAR(static_cast<double>(first), 10000, 400);
}

// Two hosts and one point at most: Envoy gives the point to the first, whose target of half a
// point is not yet met when it is placed; the second's target, one, then is.
TEST(RingHash, TheLargestRingCapsTheScale) {
  Picker picker("ring_hash", hosts(90, 2), ring(1, 1));
  for (std::uint64_t key = 0; key < 100; ++key) EXPECT_EQ(picker.pick_key(mix64(key + 1)), 0);
}

// The share of the others' keys that move when one of so many leaves, over all who may, of five
// rings.
double moved_needlessly(std::uint32_t count) {
  double others = 0;
  double moved = 0;
  for (std::uint32_t ring = 0; ring < 5; ++ring) {
    const auto all = hosts(90 + ring * count, count);
    Picker before("ring_hash", all);
    for (std::size_t gone = 0; gone < count; ++gone) {
      auto rest = all;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(gone));
      Picker after("ring_hash", rest);
      for (std::uint64_t key = 0; key < 1000; ++key) {
        const std::uint32_t home = all[before.pick_key(mix64(key))].id;
        if (home == all[gone].id) continue;
        ++others;
        moved += rest[after.pick_key(mix64(key))].id == home ? 0 : 1;
      }
    }
  }
  return moved / others;
}

// ceil(1024 / n) points each: 256 become 342, 128 become 147, 69 become 74; 21 stay 21. A key moves
// if a new point comes before the old one and is not its own endpoint's: from 4 to 3 with
// probability 258 / (1024 + 258) * 2/3 = 0.134, from 8 to 7 133 / (1024 + 133) * 6/7 = 0.099, from
// 15 to 14 70 / (1035 + 70) * 13/14 = 0.059. What so few points take
// varies by an eighth (1 / sqrt(70)) of it from ring to ring.
TEST(RingHash, MovesKeysOfOthersWhereThePointsForEachChange) {
  EXPECT_NEAR(moved_needlessly(4), 0.134, 0.025);
  EXPECT_NEAR(moved_needlessly(8), 0.099, 0.015);
  EXPECT_NEAR(moved_needlessly(15), 0.059, 0.01);
  EXPECT_EQ(moved_needlessly(50), 0);
}

TEST(RingHash, ARequestWithoutAKeyGoesAnywhere) {
  Picker picker("ring_hash", hosts(90, 4));
  for (const int count : picker.counts(4000)) EXPECT_GT(count, 500);
}

TEST(RingHash, AMinimumAboveTheMaximumIsRefusedInWords) {
  Named named = defaults(Balancer::kKind, "ring_hash");
  named.settings.set("min_ring_size", {std::int64_t{64}});
  named.settings.set("max_ring_size", {std::int64_t{32}});
  const auto made = Registration<Balancer>::make(named);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error(),
            "min_ring_size is 64 and max_ring_size is 32, expected min_ring_size <= max_ring_size");
}

}  // namespace
}  // namespace steelyard::test
