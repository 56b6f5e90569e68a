#include <algorithm>

#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

// The widely copied vector of the paper's algorithm: key 1 among 1 to 19 buckets.
TEST(Jump, IsThePapersFunction) {
  std::vector<std::size_t> buckets;
  for (std::size_t n = 1; n < 20; ++n) buckets.push_back(Picker("jump", hosts(80, n)).pick_key(1));
  std::vector<std::size_t> expected(6, 0);
  expected.insert(expected.end(), 11, 6);
  expected.insert(expected.end(), 2, 17);
  EXPECT_EQ(buckets, expected);
}

// From 9 to 10 endpoints a tenth of the keys move, deviation sqrt(20000 * 0.09) = 42, and all of
// them to the tenth.
TEST(Jump, ANewLastEndpointTakesItsShareAndNobodyElseMoves) {
  Picker nine("jump", hosts(80, 9));
  Picker ten("jump", hosts(80, 10));
  int moved = 0;
  for (std::uint64_t key = 0; key < 20000; ++key) {
    const std::size_t now = ten.pick_key(mix64(key));
    if (now == nine.pick_key(mix64(key))) continue;
    EXPECT_EQ(now, 9);
    ++moved;
  }
  EXPECT_NEAR(moved, 2000, 170);
}

// Only the last bucket can leave: without the first, bucket b is now the endpoint after the one it
// was. A key stays if it was in bucket b + 1 of ten and is in bucket b of nine; but it moves only
// from the tenth to another, so those of bucket 9 that go to 8 stay: 1/10 * 1/9 of 10,000.
TEST(Jump, WithoutTheFirstNearlyEverybodyMoves) {
  const auto ten = hosts(80, 10);
  Picker before("jump", ten);
  Picker after("jump", {ten.begin() + 1, ten.end()});
  int stayed = 0;
  for (std::uint64_t key = 0; key < 10000; ++key)
    if (before.pick_key(mix64(key)) == after.pick_key(mix64(key)) + 1) ++stayed;
  EXPECT_NEAR(stayed, 111, 45);
}

TEST(Jump, BucketsGoByIdNotByPosition) {
  auto endpoints = hosts(80, 10);
  Picker ascending("jump", endpoints);
  std::reverse(endpoints.begin(), endpoints.end());
  Picker descending("jump", endpoints);
  for (std::uint64_t key = 0; key < 1000; ++key)
    EXPECT_EQ(descending.pick_key(mix64(key)), 9 - ascending.pick_key(mix64(key)));
}

}  // namespace
}  // namespace steelyard::test
