#include <algorithm>
#include <set>

#include "balancers/layers/slots.h"
#include "tests/balancers/layers.h"

namespace steelyard::test {
namespace {

// Of three equal hosts.
std::uint64_t slots(std::uint64_t active) { return slots_of(1, 3, total_slots(active, 125)); }

// [Envoy, HAProxy: ceil(ceil((active + 1) 1.25) / 3). 2 active: ceil(ceil(3.75) / 3) = 2; 11
// active: 15 / 3 = 5]
TEST(Slots, AreTheWeightedShareOfALittleMoreThanIsThere) {
  EXPECT_EQ(slots(2), 2);
  EXPECT_EQ(slots(11), 5);
  EXPECT_EQ(slots(0), 1);
  EXPECT_EQ(slots_of(0, 3, 4), 1) << "at least one";
  EXPECT_EQ(slots_of(4294967295, 4294967295, 7), 7);
}

// Where the keys 0, 1, 2, … go, the requests staying in flight.
std::vector<std::size_t> held(Picker& picker, int count, std::uint64_t keys) {
  std::vector<std::size_t> positions;
  for (int i = 0; i < count; ++i) {
    picker.has_key = true;
    picker.key_hash = mix64(static_cast<std::uint64_t>(i) % keys);
    positions.push_back(picker.send());
  }
  return positions;
}

// One key alone overflows all it touches: nobody ever has more than 1.25 times the average.
TEST(BoundedLoad, NobodyHasMoreThanItsSlots) {
  for (const char* inner : {"ring_hash", "maglev", "source_hash"}) {
    Picker picker = layered(layer("bounded_load"), inner, hosts(80, 10));
    for (int sent = 1; sent <= 1000; ++sent) {
      held(picker, 1, 1);
      const auto most = *std::max_element(picker.in_flight().begin(), picker.in_flight().end());
      ASSERT_LE(most, (total_slots(static_cast<std::uint64_t>(sent) - 1, 125) + 9) / 10) << inner;
    }
  }
}

// [Envoy: a host is passed over when active > slots; HAProxy when served >= slots]
TEST(BoundedLoad, EnvoyLetsOneMoreIn) {
  const Named envoys = layer("bounded_load", {{"full", {"over_slots"}}});
  for (const bool over : {false, true}) {
    Picker picker = layered(over ? envoys : layer("bounded_load"), "maglev", hosts(80, 3));
    const std::size_t home = picker.pick_key(7);
    std::vector<std::uint32_t> in_flight(3, 0);
    in_flight[home] = 2;  // 2 active of 3 hosts: 2 slots
    picker.set_in_flight(in_flight);
    EXPECT_EQ(picker.pick_key(7) == home, over);
  }
}

TEST(BoundedLoad, LeavesEveryKeyAtHomeWhileThereIsRoom) {
  Picker bounded = layered(layer("bounded_load"), "ring_hash", hosts(80, 10));
  Picker plain(balancer("ring_hash"), hosts(80, 10));
  for (std::uint64_t key = 0; key < 1000; ++key)
    EXPECT_EQ(bounded.pick_key(mix64(key)), plain.pick_key(mix64(key)));
}

TEST(BoundedLoad, OverflowsToTheSameEndpointsInTheSameOrder) {
  Picker one = layered(layer("bounded_load"), "maglev", hosts(80, 20), {}, 1);
  Picker two = layered(layer("bounded_load"), "maglev", hosts(80, 20), {}, 2);
  const std::vector<std::size_t> sent = held(one, 100, 1);
  EXPECT_EQ(held(two, 100, 1), sent) << "chance plays no part";
  // ceil(125 / 20) = 7 each: 100 requests need at least 15.
  EXPECT_GE(std::set<std::size_t>(sent.begin(), sent.end()).size(), 15u);
}

// Of 500 slots in the end three quarters and one: 375 and 125, and the lighter gets what overflows.
TEST(BoundedLoad, HeedsWeights) {
  std::vector<Endpoint> endpoints = weighted({3, 1, 0});
  Picker picker = layered(layer("bounded_load"), "maglev", endpoints);
  held(picker, 400, 1);
  EXPECT_LE(picker.in_flight()[0], 375u);
  EXPECT_GE(picker.in_flight()[0], 275u);
  EXPECT_EQ(picker.in_flight()[2], 0u);
}

TEST(BoundedLoad, SpreadsRequestsWithoutAKeyAtRandom) {
  Picker picker = layered(layer("bounded_load"), "ring_hash", hosts(80, 4));
  for (const int count : picker.counts(2000)) EXPECT_GT(count, 300);
}

}  // namespace
}  // namespace steelyard::test
