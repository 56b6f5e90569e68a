#include "balancers/layers/session_table.h"
#include "core/hash.h"
#include "tests/balancers/layers.h"

namespace steelyard::test {
namespace {

TEST(SessionTable, ForgetsTheLeastRecentlyUsed) {
  SessionTable table(3);
  for (std::uint64_t key = 1; key <= 3; ++key)
    table.add(key).position = static_cast<std::uint32_t>(key);
  EXPECT_NE(table.find(1), nullptr);  // now 2 is the oldest
  table.add(4);
  EXPECT_EQ(table.find(2), nullptr);
  EXPECT_EQ(table.find(1)->position, 1u);
  EXPECT_NE(table.find(3), nullptr);
  EXPECT_NE(table.find(4), nullptr);
  EXPECT_EQ(table.size(), 3u);
}

// Against a plain list: the same keys are known, in every step.
TEST(SessionTable, AgreesWithAList) {
  SessionTable table(50);
  std::vector<std::uint64_t> list;  // oldest first
  RandomStream random(1);
  for (int step = 0; step < 20000; ++step) {
    const std::uint64_t key = mix64(random.below(80));
    const auto found = std::find(list.begin(), list.end(), key);
    ASSERT_EQ(table.find(key) != nullptr, found != list.end()) << step;
    if (found != list.end())
      list.erase(found);
    else
      table.add(key);
    list.push_back(key);
    if (list.size() > 50) list.erase(list.begin());
  }
}

// The places of the keys 0, 1, 2, …
std::vector<std::uint32_t> homes(Picker& picker, std::uint64_t keys) {
  std::vector<std::uint32_t> ids;
  for (std::uint64_t key = 0; key < keys; ++key)
    ids.push_back(picker.endpoints()[picker.pick_key(xxh64(std::to_string(key)))].id);
  return ids;
}

TEST(Sticky, KeepsASessionWhereItBegan) {
  Picker picker = layered(layer("sticky"), "random", hosts(80, 10));
  const auto first = homes(picker, 500);
  EXPECT_EQ(homes(picker, 500), first);
  auto more = picker.endpoints();
  more.insert(more.begin(), {.name = "new", .id = 10});
  picker.set_endpoints(more);
  EXPECT_EQ(homes(picker, 500), first) << "unlike with hashing, nobody moves to the new one";
}

// A session that began at the backup goes back with all others.
TEST(Sticky, PlacesASessionAnewWhenTheLayersBehindLeaveItsEndpointOut) {
  auto endpoints = together(level(0, 0, 2), level(1, 2, 2, 2));
  const Named failover =
      layer("priority", {{"mode", {"failover"}}, {"failover_delay", {Duration(0s)}}});
  Picker picker(stack({layer("sticky"), failover}, balancer("random")), endpoints);
  for (const std::uint32_t id : homes(picker, 20)) EXPECT_GE(id, 2u);
  for (Endpoint& endpoint : endpoints) endpoint.healthy = true;
  picker.set_endpoints(endpoints);
  for (const std::uint32_t id : homes(picker, 20)) EXPECT_LT(id, 2u);
}

TEST(Sticky, PlacesASessionAnewWhenItsEndpointIsGone) {
  Picker picker = layered(layer("sticky"), "random", hosts(80, 3));
  const auto first = homes(picker, 100);
  picker.set_endpoints(hosts(80, 2));
  const auto second = homes(picker, 100);
  picker.set_endpoints(hosts(80, 3));
  EXPECT_EQ(homes(picker, 100), second) << "and leaves it there";
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_NE(second[i], 2u);
    EXPECT_TRUE(first[i] == 2 || first[i] == second[i]);
  }
}

TEST(Sticky, LeavesAnEndpointThatIsNotHealthy) {
  Picker picker(stack({layer("panic"), layer("sticky")}, balancer("random")), hosts(80, 4));
  const auto first = homes(picker, 100);
  auto endpoints = picker.endpoints();
  endpoints[1].healthy = false;
  picker.set_endpoints(endpoints);
  const auto second = homes(picker, 100);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_NE(second[i], 1u);
    EXPECT_TRUE(first[i] == 1 || first[i] == second[i]);
  }
}

TEST(Sticky, DrainsAnEndpointOfWeightZero) {
  Picker picker = layered(layer("sticky"), "weighted_random", weighted({1, 1}));
  const auto first = homes(picker, 100);
  picker.set_endpoints(weighted({0, 1}));
  EXPECT_EQ(homes(picker, 100), first);
  for (std::uint64_t key = 1000; key < 1100; ++key) EXPECT_EQ(picker.pick_key(mix64(key)), 1u);
}

TEST(Sticky, ForgetsASessionThatWasIdleForLong) {
  const Named short_memory = layer("sticky", {{"expiry", {Duration(10s)}}});
  Picker picker(stack({short_memory}, balancer("round_robin")), hosts(80, 3));
  const std::size_t first = picker.pick_key(1);
  picker.now += 9s;
  EXPECT_EQ(picker.pick_key(1), first);
  picker.now += 9s;
  EXPECT_EQ(picker.pick_key(1), first) << "idle for 9 s, not 18";
  picker.now += 10s;
  EXPECT_EQ(picker.pick_key(1), (first + 1) % 3) << "the next in turn";
}

TEST(Sticky, ForgetsTheOldestWhenThereAreTooMany) {
  const Named small = layer("sticky", {{"capacity", {std::int64_t{10}}}});
  Picker picker(stack({small}, balancer("round_robin")), hosts(80, 100));
  const auto first = homes(picker, 11);
  EXPECT_NE(homes(picker, 1)[0], first[0]);
  EXPECT_NE(homes(picker, 2)[1], first[1]) << "forgotten for the sake of the one before";
}

TEST(Sticky, GoesBySourceIfTold) {
  const Named by_source = layer("sticky", {{"by", {"source"}}});
  Picker picker = layered(by_source, "round_robin", hosts(80, 5));
  picker.source_ipv4 = 0xc0a80107;
  const std::size_t first = picker.pick_key(1);
  EXPECT_EQ(picker.pick_key(2), first);
  picker.source_ipv4 = 0xc0a80108;
  EXPECT_EQ(picker.pick_key(1), (first + 1) % 5);
}

TEST(Sticky, LeavesRequestsWithoutAKeyToTheBalancer) {
  Picker picker = layered(layer("sticky"), "round_robin", hosts(80, 5));
  EXPECT_EQ(picker.counts(50), std::vector<int>(5, 10));
}

// least_request remembers counts; sessions that pass it by are told to it.
TEST(Sticky, TellsTheBalancerOfRequestsThatPassItBy) {
  Picker picker = layered(layer("sticky"), "least_request", hosts(80, 2));
  picker.has_key = true;
  picker.key_hash = 7;
  const std::size_t home = picker.send();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(picker.send(), home);
  picker.has_key = false;
  for (int i = 0; i < 11; ++i) EXPECT_EQ(picker.send(), 1 - home) << "until both have eleven";
}

}  // namespace
}  // namespace steelyard::test
