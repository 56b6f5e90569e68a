#include "scenarios/views.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "scenarios/draws.h"
#include "scenarios/loader.h"

namespace steelyard {
namespace {

Scenario scenario_of(const std::string& more) {
  const LoadResult loaded = load_scenario_text(R"(
name: views
services:
  orders: {instances: 10, service_time: 1ms}
run: {duration: 100s}
)" + more,
                                               "views.yaml", {});
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_text(problem);
  return loaded.comparison->base();
}

const std::string kShoppers = R"(
clients:
  shoppers: {calls: orders, arrivals: {poisson: {rate: 1/s}}}
)";

RandomStream view(std::uint64_t number) { return RandomStream(7).stream(number); }

std::vector<Membership> memberships(const Scenario& scenario, std::uint64_t number) {
  return memberships_of(scenario, 0, endpoints_of(scenario.services[0]), view(number));
}

bool has(const Membership& membership, std::uint32_t id) {
  return std::any_of(membership.endpoints->begin(), membership.endpoints->end(),
                     [&](const Endpoint& endpoint) { return endpoint.id == id; });
}

TEST(Views, KnowEverybodyUnlessToldOtherwise) {
  const auto known = memberships(scenario_of(kShoppers), 1);
  ASSERT_EQ(known.size(), 1u);
  EXPECT_EQ(known[0].at, kStart);
  EXPECT_EQ(known[0].endpoints->size(), 10u);
}

TEST(Views, LearnOfAnAbsenceAtOnceWithoutARefresh) {
  const auto known = memberships(
      scenario_of(kShoppers + "faults: [{at: 30s, for: 20s, absent: {target: orders/3}}]"), 1);
  ASSERT_EQ(known.size(), 3u);
  EXPECT_EQ(known[1].at, kStart + 30s);
  EXPECT_FALSE(has(known[1], 3));
  EXPECT_EQ(known[1].endpoints->size(), 9u);
  EXPECT_EQ(known[2].at, kStart + 50s);
  EXPECT_EQ(known[2].endpoints->size(), 10u);
}

TEST(Views, BeginWithoutAnInstanceThatIsYetToStart) {
  const auto known = memberships(
      scenario_of(kShoppers + "faults: [{at: 0s, for: 20s, absent: {target: orders/3}}]"), 1);
  ASSERT_EQ(known.size(), 2u);
  EXPECT_FALSE(has(known[0], 3));
}

// Each within one refresh of the change, at times that differ between views.
TEST(Views, LearnAtTheirNextRefresh) {
  const Scenario scenario = scenario_of(kShoppers + R"(
strategies: {view: {refresh: 10s}}
faults: [{at: 30s, absent: {target: orders/3}}]
)");
  std::set<Instant> times;
  for (std::uint64_t number = 0; number < 50; ++number) {
    const auto known = memberships(scenario, number);
    ASSERT_EQ(known.size(), 2u) << "view " << number;
    EXPECT_GE(known[1].at, kStart + 30s);
    EXPECT_LT(known[1].at, kStart + 40s);
    times.insert(known[1].at);
  }
  EXPECT_EQ(times.size(), 50u);
}

// Gone for 2 s and looked at every 10: four views of five never notice.
TEST(Views, MissWhatIsOverBeforeTheyLook) {
  const Scenario scenario = scenario_of(kShoppers + R"(
strategies: {view: {refresh: 10s}}
faults: [{at: 30s, for: 2s, absent: {target: orders/3}}]
)");
  int noticed = 0;
  for (std::uint64_t number = 0; number < 1000; ++number) {
    const auto known = memberships(scenario, number);
    noticed += std::any_of(known.begin(), known.end(),
                           [](const Membership& each) { return !has(each, 3); })
                   ? 1
                   : 0;
  }
  EXPECT_NEAR(noticed, 200, 4 * 12.6);  // four standard deviations of 1000 draws at 1/5
}

TEST(Views, KnowTheirShareDrawnForEach) {
  const Scenario scenario = scenario_of(kShoppers + "strategies: {view: {known: 30%}}");
  std::map<std::uint32_t, int> counts;
  for (std::uint64_t number = 0; number < 1000; ++number) {
    const auto known = memberships(scenario, number);
    ASSERT_EQ(known[0].endpoints->size(), 3u);
    for (const Endpoint& endpoint : *known[0].endpoints) ++counts[endpoint.id];
  }
  for (const auto& [id, count] : counts) EXPECT_NEAR(count, 300, 4 * 14.5) << id;
}

TEST(Views, KnowAtLeastOne) {
  const Scenario scenario = scenario_of(kShoppers + "strategies: {view: {known: 1%}}");
  EXPECT_EQ(memberships(scenario, 1)[0].endpoints->size(), 1u);
}

TEST(Views, ClientsOfOneServiceAreOneCluster) {
  const Scenario scenario = scenario_of(R"(
network: {zones: [east, west]}
clients:
  one: {calls: orders, instances: 3, arrivals: {poisson: {rate: 1/s}}}
  two: {calls: orders, instances: 2, zone: west, arrivals: {poisson: {rate: 1/s}}}
)");
  const Caller caller = caller_of_client(scenario, 1, 1);
  EXPECT_EQ(caller.index, 4u);
  EXPECT_EQ(caller.count, 5u);
  EXPECT_EQ(caller.zone, 1u);
  EXPECT_EQ(caller.count_by_zone, (std::vector<std::uint32_t>{3, 2}));
}

TEST(Views, UsersKeepToOneAndOpenRequestsAreDealtAtRandom) {
  const Scenario closed =
      scenario_of("clients: {a: {calls: orders, instances: 4, closed: {users: 8}}}");
  const RandomStream requests = requests_stream(RandomStream(1), "a");
  for (std::uint64_t user = 0; user < 8; ++user)
    for (std::uint64_t number = 0; number < 20; ++number)
      EXPECT_EQ(view_of_request(closed.clients[0], requests, client_token(user, number), 4),
                user % 4);
  const Scenario open = scenario_of(kShoppers);
  std::vector<int> counts(4);
  for (std::uint64_t number = 0; number < 4000; ++number)
    ++counts[view_of_request(open.clients[0], requests, client_token(0, number), 4)];
  for (const int count : counts) EXPECT_NEAR(count, 1000, 4 * 27.4);
}

}  // namespace
}  // namespace steelyard
