// What all worlds draw alike. Golden results hold the values in place; here stands what is
// promised.
#include "scenarios/draws.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <set>

#include "scenarios/call_sites.h"
#include "tests/scenarios/support.h"

namespace steelyard {
namespace {

using testing::ElementsAre;

TEST(ClientToken, HoldsTheUserAndTheNumber) {
  const std::uint64_t token = client_token(1'000'000, 68'000'000'000);
  EXPECT_EQ(user_of(token), 1'000'000u);
  EXPECT_EQ(number_of(token), 68'000'000'000u);
  EXPECT_EQ(token >> 56, 0u);  // room for the attempt
}

TEST(DrawKeys, DifferByClientRequestAndAttempt) {
  std::set<std::uint64_t> keys;
  for (const char* client : {"a", "b"})
    for (std::uint64_t number = 0; number < 100; ++number)
      for (std::uint64_t attempt = 0; attempt < 10; ++attempt)
        keys.insert(attempt_draw_key(client_draw_base(client), client_token(0, number), attempt));
  EXPECT_EQ(keys.size(), 2000u);
}

TEST(Streams, DifferByWhatTheyAreFor) {
  const RandomStream root = replication_stream(1, 0);
  std::set<std::uint64_t> first;
  for (RandomStream stream :
       {network_stream(root), fault_stream(root), arrivals_stream(root, "a"),
        requests_stream(root, "a"), service_time_stream(root, "a"), calls_stream(root, "a"),
        channel_stream(root, "a", "b"), channel_stream(root, "b", "a"), replication_stream(1, 1),
        replication_stream(2, 0)})
    first.insert(stream.next());
  EXPECT_EQ(first.size(), 10u);
}

TEST(RequestKeys, AreTheRequestsOwnWhateverTheOrder) {
  const RandomStream requests = requests_stream(replication_stream(1, 0), "a");
  const Popularity popularity(10, 1);
  const RequestKey before = draw_request_key(requests, client_token(0, 5), &popularity);
  draw_request_key(requests, client_token(0, 6), &popularity);
  const RequestKey after = draw_request_key(requests, client_token(0, 5), &popularity);
  EXPECT_EQ(before.key, after.key);
  EXPECT_TRUE(before.has_key);
  EXPECT_LT(before.key, 10u);
  EXPECT_EQ(before.key_hash, mix64(before.key));
  EXPECT_EQ(before.source_ipv4, source_of_key(before.key_hash));
  EXPECT_FALSE(draw_request_key(requests, client_token(0, 5), nullptr).has_key);
}

TEST(Calls, AreMadeInTheirShare) {
  const RandomStream calls = calls_stream(replication_stream(1, 0), "a");
  int made = 0;
  for (std::uint64_t key = 0; key < 10'000; ++key) made += draw_call(calls, key, 0, 0.3) ? 1 : 0;
  EXPECT_NEAR(made, 3000, 4 * 46);  // a standard deviation is sqrt(10000 * 0.3 * 0.7) = 45.8
  EXPECT_TRUE(draw_call(calls, 1, 0, 1));
  EXPECT_FALSE(draw_call(calls, 1, 0, 0));
}

TEST(Retransmissions, TakeTheTimeOutAndTwiceThatTheNextTime) {
  const RandomStream root = network_stream(replication_stream(1, 0));
  std::array<int, 3> lost{};  // so often, the last: more often
  for (std::uint64_t key = 0; key < 10'000; ++key) {
    RandomStream random = root.stream(key);
    const Duration late = *draw_retransmissions(random, 0.3, 200ms);
    if (late == 0s)
      ++lost[0];
    else if (late == 200ms)
      ++lost[1];
    else if (late >= 600ms)
      ++lost[2];
  }
  // Geometric: 70%, 21%, 9%; 400 is more than 8 standard deviations.
  EXPECT_EQ(lost[0] + lost[1] + lost[2], 10'000) << "nothing between one time-out and three";
  EXPECT_NEAR(lost[0], 7000, 400);
  EXPECT_NEAR(lost[1], 2100, 400);
  RandomStream random = root.stream(0);
  EXPECT_EQ(draw_retransmissions(random, 0, 200ms), Duration{});
  int gone = 0;
  for (std::uint64_t key = 0; key < 10'000; ++key) {
    RandomStream draws = root.stream(key);
    if (!draw_retransmissions(draws, 0.3, std::nullopt)) ++gone;
  }
  EXPECT_EQ(gone, 10'000 - lost[0]) << "the same messages are lost, and stay so";
}

// b, then c beside b, then b again: two channels, four sites.
TEST(CallPlans, HaveOneChannelForEachCalleeAndOneNumberForEachCall) {
  const Scenario scenario = loaded(R"(name: shop
services:
  a: {instances: 1, service_time: 1ms, calls: [c, [b, {c: {probability: 30%}}], b]}
  b: {instances: 1, service_time: 1ms}
  c: {instances: 1, service_time: 1ms}
clients:
  x: {calls: a, arrivals: {poisson: 1/s}}
)");
  const CallPlan plan = call_plan(scenario.services[0]);
  EXPECT_THAT(plan.callees, ElementsAre(2, 1));
  ASSERT_EQ(plan.stages.size(), 3u);
  ASSERT_EQ(plan.stages[1].size(), 2u);
  EXPECT_EQ(plan.stages[0][0].channel_offset, 0u);
  EXPECT_EQ(plan.stages[1][0].channel_offset, 1u);
  EXPECT_EQ(plan.stages[1][1].channel_offset, 0u);
  EXPECT_EQ(plan.stages[1][1].probability, 0.3);
  EXPECT_EQ(plan.stages[2][0].channel_offset, 1u);
  EXPECT_EQ(plan.stages[0][0].number, 0);
  EXPECT_EQ(plan.stages[1][0].number, 1);
  EXPECT_EQ(plan.stages[1][1].number, 2);
  EXPECT_EQ(plan.stages[2][0].number, 3);
  EXPECT_TRUE(call_plan(scenario.services[1]).stages.empty());
}

}  // namespace
}  // namespace steelyard
