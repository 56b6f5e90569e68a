#include <algorithm>
#include <set>

#include "balancers/layers/slots.h"
#include "tests/balancers/layers.h"

namespace steelyard::test {
namespace {

// Of three equal hosts.
std::uint64_t slots(std::uint64_t active) { return slots_of(1, 3, total_slots(active, 125)); }

// [Envoy: ceil(ceil((active + 1) 1.25) / 3). 2 active: ceil(ceil(3.75) / 3) = 2; 11
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

// With 100%, the least that Envoy takes, nobody may have more than the mean, rounded up.
TEST(BoundedLoad, AHundredPercentIsTheMean) {
  Picker picker = layered(layer("bounded_load", {{"factor_percent", {std::int64_t{100}}}}),
                          "ring_hash", hosts(80, 10));
  held(picker, 1000, 1);
  for (const std::uint32_t load : picker.in_flight()) EXPECT_EQ(load, 100u);
}

// The caller's three of ten, of which the first is sick: the balancer behind gives one of two,
// always the same, and whatever does not fit goes to the other, never to one of the eight.
TEST(BoundedLoad, OverflowsOnlyToThoseThatLayersBehindLetThrough) {
  auto endpoints = hosts(80, 10);
  for (std::size_t i : {1u, 4u, 7u}) endpoints[i].labels = {"version=2"};
  endpoints[4].healthy = false;
  const Named version_2 = layer("label_subset", {{"labels", {Value::List{{"version=2"}}}}});
  Picker picker(stack({layer("bounded_load"), version_2}, balancer("first")), endpoints);
  for (std::uint64_t sent = 1; sent <= 100; ++sent) {
    picker.send();
    const std::uint64_t bound = slots_of(1, 2, total_slots(sent - 1, 125));
    ASSERT_LE(std::max(picker.in_flight()[1], picker.in_flight()[7]), bound) << sent;
    ASSERT_EQ(picker.in_flight()[1] + picker.in_flight()[7], sent);
  }
  EXPECT_GT(picker.in_flight()[7], 0u);
}

// The level below is for when the level above has nobody; a zone with weight 0 gets nothing.
TEST(BoundedLoad, StaysInTheLevelAndTheZoneThatAreInUse) {
  auto endpoints = hosts(80, 4);
  for (std::size_t i : {2u, 3u}) endpoints[i].priority = 1;
  for (std::size_t i : {2u, 3u}) endpoints[i].zone = 1;
  for (const Named& behind :
       {layer("priority", {{"mode", {"failover"}}}), layer("priority"),
        layer("locality_weighted", {{"weights", {Value::List{{std::int64_t{1}}}}}})}) {
    Picker picker(stack({layer("bounded_load"), behind}, balancer("first")), endpoints);
    for (int i = 0; i < 20; ++i) picker.send();
    EXPECT_EQ(picker.in_flight()[0] + picker.in_flight()[1], 20u) << behind.name;
    EXPECT_LE(picker.in_flight()[0], 13u) << "ceil(125% of 20 / 2): " << behind.name;
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
