// How instances queue and serve: constant service times, so that every number follows by hand.
#include <gtest/gtest.h>

#include "tests/sim/scene.h"

namespace steelyard {
namespace {

using test::happened;
using test::scene;
using test::simulated;

// One place: 0-10, 10-20, 20-30; they came at 0, 1, 2.
TEST(Instances, FifoServesInTheOrderOfArrival) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 1}}
  z: {calls: a, arrivals: {timestamps: at_ms 2}}
)"),
            "x 10, y 19, z 28");
}

TEST(Instances, LifoServesTheLatestFirst) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 10ms, queue: {discipline: lifo}}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 1}}
  z: {calls: a, arrivals: {timestamps: at_ms 2}}
)"),
            "x 10, y 29, z 18");
}

TEST(Instances, OfTwoArrivalsAtOneInstantTheFirstGoesFirst) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 5}}
  y: {calls: a, arrivals: {timestamps: at_ms 5}}
)"),
            "x 10, y 20");
}

TEST(Instances, ConcurrencyIsHowManyAreServedAtOnce) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, concurrency: 2, service_time: 10ms}
clients:
  w: {calls: a, arrivals: {timestamps: at_ms 0}}
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 4}}
  z: {calls: a, arrivals: {timestamps: at_ms 4}}
)"),
            "w 10, x 10, y 16, z 16");
}

TEST(Instances, AFullQueueRejects) {
  const std::string text = R"(
services:
  a: {instances: 1, service_time: 10ms, queue: {limit: 1}}
clients:
  w: {calls: a, arrivals: {timestamps: at_ms 0}}
  x: {calls: a, arrivals: {timestamps: at_ms 1}}
  y: {calls: a, arrivals: {timestamps: at_ms 2}}
  z: {calls: a, arrivals: {timestamps: at_ms 11}}
)";
  EXPECT_EQ(happened(text), "w 10, x 19, y queue_full, z 19");
  const RunRecord record = simulated(scene(text));
  EXPECT_EQ(test::failures_ms(record), std::vector<std::size_t>{2});
  EXPECT_EQ(record.services[0].instances[0].attempts, 4u);
  EXPECT_EQ(record.services[0].instances[0].failed, 1u);
}

TEST(Instances, WithoutAQueueOnlyPlacesCount) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, concurrency: 2, service_time: 10ms, queue: {limit: 0}}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 1}}
  z: {calls: a, arrivals: {timestamps: at_ms 9}}
)"),
            "x 10, y 10, z queue_full");
}

// Every instance gets one of three at once: demands are divided by 2, 1 and 1/2.
TEST(Instances, FasterOnesNeedLessTime) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: [{count: 1, speed: 2}, {count: 1}, {count: 1, speed: 0.5}], service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0 0 0}}
strategies: {balancer: least_request}
)"),
            "x 5..20 x3");
}

// 10 ms of 120 ms each with one of two places taken: 3 * 10 / 2 = 15 ms.
TEST(Instances, BusyTimeIsTheShareOfPlacesTaken) {
  const RunRecord record = simulated(scene(R"(
services:
  a: {instances: 1, concurrency: 2, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0 20 40}}
)"));
  EXPECT_DOUBLE_EQ(record.services[0].instances[0].busy_seconds, 0.015);
}

// Present at 2.5 and 3.5 ms (sampled in the middle of each): two, then one until 20 ms.
TEST(Instances, OutstandingCountsQueuedAndServed) {
  const RunRecord record = simulated(scene(R"(
services:
  a: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0 3}}
)"));
  const std::vector<std::uint32_t>& outstanding = record.services[0].outstanding;
  EXPECT_EQ(outstanding[2], 1u);
  EXPECT_EQ(outstanding[3], 2u);
  EXPECT_EQ(outstanding[9], 2u);
  EXPECT_EQ(outstanding[10], 1u);
  EXPECT_EQ(outstanding[19], 1u);
  EXPECT_EQ(outstanding[20], 0u);
}

TEST(Instances, WhatHasNotEndedIsUnfinished) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 50ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0 0 0}}
)"),
            "x 50..100 x2; 1 unfinished");
}

// ---- Processor sharing
// ------------------------------------------------------------------------------------------------

// x alone until 4, then both at half speed: x has 6 left, so it ends at 16. By then y has 6 done of
// 10 and needs 4 more alone: it ends at 20.
TEST(ProcessorSharing, SharesEqually) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 10ms, queue: {discipline: processor_sharing}}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 4}}
)"),
            "x 16, y 16");
}

// Three share two processors, at 2/3 each: 10 / (2/3) = 15. Two have one each.
TEST(ProcessorSharing, NobodyGetsMoreThanOneProcessor) {
  const std::string service = R"(
services:
  a: {instances: 1, concurrency: 2, service_time: 10ms, queue: {discipline: processor_sharing}}
clients:
)";
  EXPECT_EQ(happened(service + "  x: {calls: a, arrivals: {timestamps: at_ms 0 0 0}}"),
            "x 15..15 x3");
  EXPECT_EQ(happened(service + "  x: {calls: a, arrivals: {timestamps: at_ms 0 5}}"), "x 10 x2");
}

// z finds two and a queue of one: three may be present.
TEST(ProcessorSharing, TheLimitCountsThoseBeyondThePlaces) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, concurrency: 1, service_time: 10ms,
      queue: {discipline: processor_sharing, limit: 1}}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 0}}
  z: {calls: a, arrivals: {timestamps: at_ms 5}}
)"),
            "x 20, y 20, z queue_full");
}

// Speed 2: x and y have 10 ms of demand each, so 20 / 2.
TEST(ProcessorSharing, GoesWithTheSpeed) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: [{count: 1, speed: 2}], service_time: 10ms, queue: {discipline: processor_sharing}}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 0}}
)"),
            "x 10, y 10");
}

}  // namespace
}  // namespace steelyard
