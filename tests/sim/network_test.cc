// How long messages are under way.
#include "sim/network.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/sim/scene.h"

namespace steelyard {
namespace {

using test::happened;
using test::scenario_of;
using test::simulated;

// 1 + 10 + 1 within a zone, 5 + 10 + 5 between two.
TEST(Network, LatencyDependsOnTheZones) {
  EXPECT_EQ(happened(R"(
network: {zones: [east, west], latency: {within: 1ms, between: 5ms}}
services:
  a: {instances: [{count: 1, zone: east}], concurrency: 2, service_time: 10ms}
clients:
  x: {calls: a, zone: east, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, zone: west, arrivals: {timestamps: at_ms 0}}
)"),
            "x 12, y 20");
}

TEST(Network, CarriesNestedCallsToo) {
  EXPECT_EQ(happened(R"(
network: {zones: [east, west], latency: {within: 1ms, between: 5ms}}
services:
  a: {instances: [{count: 1, zone: east}], service_time: 2ms, calls: [b]}
  b: {instances: [{count: 1, zone: west}], service_time: 3ms}
clients:
  x: {calls: a, zone: east, arrivals: {timestamps: at_ms 0}}
)"),
            "x 17");
}

// 1000 bytes at 1 MB/s take 1 ms. The zone's own link carries both directions: requests leave it
// at 1, 2, 3; answers, ready at 11, 12, 13, at 12, 13, 14.
TEST(Network, BandwidthMakesMessagesQueue) {
  EXPECT_EQ(happened(R"(
network: {bandwidth: 1MB/s}
services:
  a: {instances: 1, concurrency: 8, service_time: 10ms, request_size: 1000B, response_size: 1000B}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 0}}
  z: {calls: a, arrivals: {timestamps: at_ms 0}}
)"),
            "x 12, y 13, z 14");
}

// x's answer (4 ms on the link, ready at 1 + 4 = 5) does not hold up y's request of 1 ms at 6:
// links between zones are one a direction. z's answer waits for x's: ready at 7, free at 9.
TEST(Network, LinksBetweenZonesAreOneADirection) {
  EXPECT_EQ(happened(R"(
network: {zones: [east, west], bandwidth: {between: 1MB/s}}
services:
  a: {instances: [{count: 1, zone: east}], concurrency: 8, service_time: 4ms, request_size: 1000B,
      response_size: 4000B}
clients:
  x: {calls: a, zone: west, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, zone: west, arrivals: {timestamps: at_ms 6}}
  z: {calls: a, zone: west, arrivals: {timestamps: at_ms 2}}
)"),
            "x 9, y 11, z 11");
}

// Latency comes on top of the time on the link and does not occupy it.
TEST(Network, LatencyAddsToTheTimeOnTheLink) {
  EXPECT_EQ(happened(R"(
network: {bandwidth: 1MB/s, latency: 5ms}
services:
  a: {instances: 1, concurrency: 8, service_time: 10ms, request_size: 1000B, response_size: 0B}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 0}}
)"),
            "x 21, y 22");
}

std::string lossy(const std::string& retransmit, const std::string& resilience) {
  return R"(
name: lossy
run: {duration: 200s, warmup: 0s, replications: 1}
network: {loss: 20%, retransmit: )" +
         retransmit + R"(}
services:
  a: {instances: 1, concurrency: 100000, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {constant: 100/s}}
strategies: {resilience: {timeout: )" +
         resilience + "}}\n";
}

// A request and its answer both get through with probability .8^2 = .64; of 20,000 the share has
// standard deviation sqrt(.64 * .36 / 20,000) = .0034.
TEST(Network, WhatIsLostForGoodEndsByTheDeadline) {
  const RunRecord record = simulated(scenario_of(lossy("never", "50ms")));
  EXPECT_EQ(record.offered, 20'000u);
  EXPECT_LE(record.unfinished, 5u);
  EXPECT_NEAR(static_cast<double>(test::succeeded(record)) / 20'000, 0.64, 5 * 0.0034);
  EXPECT_EQ(record.finished[static_cast<std::size_t>(Outcome::deadline_exceeded)],
            test::failed(record));
  EXPECT_EQ(record.clients[0].latency_ns.max(), 10'000'000u);
}

TEST(Network, WhatIsLostForGoodIsNeverAnsweredWithoutADeadline) {
  const RunRecord record = simulated(scenario_of(lossy("never", "0s")));
  EXPECT_EQ(test::failed(record), 0u);
  EXPECT_NEAR(static_cast<double>(record.unfinished) / 20'000, 0.36, 5 * 0.0034);
}

// k losses in a row cost r + 2r + ... = (2^k - 1) r. With p = .2 and r = 10 ms the mean is
// r p/(1 - 2p) = 3.333 ms a message, 6.667 ms for two. E[4^k] = (1-p)/(1-4p) = 4 and E[2^k] = 4/3,
// so the standard deviation is r sqrt(4 - 16/9) = 14.9 ms a message; five standard errors of
// 40,000 messages, doubled since two make a request, are 0.75 ms.
TEST(Network, WhatIsLostIsSentAgainLaterAndLater) {
  const RunRecord record = simulated(scenario_of(lossy("10ms", "0s")));
  const ClientRecord& client = record.clients[0];
  EXPECT_LE(record.unfinished, 20u);
  EXPECT_NEAR(client.latency_ns.share_at_or_below(10'010'000), 0.64, 5 * 0.0034);
  EXPECT_NEAR(client.latency_ns.mean() * 1e-6, 10 + 6.667, 0.75);
}

// One loss in all: 2 * .2 * .8^2 = .256 take exactly 10 ms more.
TEST(Network, OneLossCostsOneTimeout) {
  const RunRecord record = simulated(scenario_of(lossy("10ms", "0s")));
  EXPECT_NEAR(record.clients[0].latency_ns.share_at_or_below(20'050'000), 0.64 + 0.256, 0.011);
}

TEST(Network, TellsWhenMessagesTakeNoTime) {
  const auto instant = [](const std::string& network) {
    return sim::Network(scenario_of("name: n\nnetwork: " + network + R"(
services: {a: {instances: 1, service_time: 1ms}}
clients: {x: {calls: a, arrivals: {poisson: 1/s}}}
)")
                            .network,
                        RandomStream(1))
        .instant();
  };
  EXPECT_TRUE(instant("{}"));
  EXPECT_TRUE(instant("{zones: [a, b]}"));
  EXPECT_FALSE(instant("{latency: 1ms}"));
  EXPECT_FALSE(instant("{zones: [a, b], latency: {between: 1ms}}"));
  EXPECT_FALSE(instant("{loss: 1%}"));
  EXPECT_FALSE(instant("{bandwidth: 1GB/s}"));
}

// Each draw belongs to its message: whatever is sent in between changes nothing.
TEST(Network, DelaysAreAFunctionOfTheMessage) {
  NetworkSpec spec;
  spec.zones = {"default"};
  spec.loss = 0.3;
  spec.latency_within = defaults("distribution", "exponential");
  spec.latency_within->settings.set("mean", Value{Duration(1ms)});
  sim::Network alone(spec, RandomStream(1));
  sim::Network busy(spec, RandomStream(1));
  for (std::uint64_t key = 0; key < 1000; ++key) {
    (void)busy.delay({.key = key + 5000}, kStart);
    EXPECT_EQ(alone.delay({.key = key}, kStart), busy.delay({.key = key}, kStart));
  }
}

}  // namespace
}  // namespace steelyard
