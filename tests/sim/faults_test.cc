// Faults at exact times, and what they do to the requests they find.
#include <gtest/gtest.h>

#include "tests/sim/scene.h"

namespace steelyard {
namespace {

using test::happened;
using test::scene;
using test::simulated;

// One instance with room for two, x at 0 and y later, 10 ms of work each.
std::string two_requests(const std::string& y_at, const std::string& faults,
                         const std::string& discipline = "fifo") {
  return happened(R"(
services:
  a: {instances: 1, concurrency: 2, service_time: 10ms, queue: {discipline: )" +
                  discipline + R"(}}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms )" +
                  y_at + R"(}}
faults:
)" + faults);
}

// x has done 5 by 5; the other 5 take 20: it ends at 25, with the fault. y does 13/4 = 3.25 until
// then and needs 6.75 more: 12 + 13 + 6.75 = 31.75.
TEST(Slow, StretchesTheWorkThatIsLeft) {
  EXPECT_EQ(two_requests("12", "  - {at: 5ms, for: 20ms, slow: {target: a, factor: 4}}"),
            "x 25, y 19.75");
}

// Half speed from 0, a sixth from 10, a third from 20 to 30: 5 + 1.667 + 3.333 = 10 at 30.
TEST(Slow, OverlappingOnesMultiply) {
  EXPECT_EQ(two_requests("50", R"(
  - {at: 0s, for: 20ms, slow: {target: a, factor: 2}}
  - {at: 10ms, for: 20ms, slow: {target: a, factor: 3}})"),
            "x 30, y 10");
}

TEST(Slow, OfAFactorBelowOneIsFast) {
  EXPECT_EQ(two_requests("50", "  - {at: 4ms, for: 20ms, slow: {target: a, factor: 0.5}}"),
            "x 7, y 10");
}

// Only a/1 is slow; least_request sends one request to each.
TEST(Slow, HitsOnlyItsTarget) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 2, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0 0}}
strategies: {balancer: least_request}
faults:
  - {at: 0s, slow: {target: a/1, factor: 3}}
)"),
            "x 10..30 x2");
}

// x stands still from 5 to 25. y starts when the pause ends.
TEST(Pause, StopsTheWorkAndKeepsIt) {
  EXPECT_EQ(two_requests("10", "  - {at: 5ms, for: 20ms, pause: {target: a}}"), "x 30, y 25");
}

// At half speed x has done 2.5 by 5, stands still until 10, and needs 15 more.
TEST(Pause, WithinASlowPhaseLeavesItAsItWas) {
  EXPECT_EQ(two_requests("60", R"(
  - {at: 0s, for: 40ms, slow: {target: a, factor: 2}}
  - {at: 5ms, for: 5ms, pause: {target: a}})"),
            "x 25, y 10");
}

// a's call is answered at 11, but a stands still until 25.
TEST(Pause, LeavesAnswersToItsCallsWaiting) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 1ms, calls: [b, c]}
  b: {instances: 1, service_time: 10ms}
  c: {instances: 1, service_time: 2ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
faults:
  - {at: 5ms, for: 20ms, pause: {target: a}}
)"),
            "x 27");
}

TEST(Crash, ResetsWhatIsThereAndRefusesWhatComes) {
  const std::string text = R"(
services:
  a: {instances: 1, service_time: 10ms}
clients:
  v: {calls: a, arrivals: {timestamps: at_ms 0}}
  w: {calls: a, arrivals: {timestamps: at_ms 1}}
  x: {calls: a, arrivals: {timestamps: at_ms 10}}
  y: {calls: a, arrivals: {timestamps: at_ms 26}}
faults:
  - {at: 5ms, for: 20ms, crash: {target: a}}
)";
  EXPECT_EQ(happened(text), "v connection_reset, w connection_reset, x connection_refused, y 10");
  const RunRecord record = simulated(scene(text));
  EXPECT_EQ(test::failures_ms(record), (std::vector<std::size_t>{5, 5, 10}));
  // In service from 0 to 5 and from 26 to 36.
  EXPECT_DOUBLE_EQ(record.services[0].instances[0].busy_seconds, 0.015);
}

// Down from 5 to 30, whichever of the two ends first.
TEST(Crash, OverlappingOnesLastUntilTheLastEnds) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 20}}
  y: {calls: a, arrivals: {timestamps: at_ms 31}}
faults:
  - {at: 5ms, for: 10ms, crash: {target: a}}
  - {at: 10ms, for: 20ms, crash: {target: a}}
)"),
            "x connection_refused, y 10");
}

// The caller dies at 5 and its own caller hears of it at once; b serves to the end, at 11, and its
// answer finds nobody. After the restart a's calls work as before.
TEST(Crash, OfACallerLeavesItsCallsToRunUnheard) {
  const std::string text = R"(
services:
  a: {instances: 1, service_time: 1ms, calls: [b]}
  b: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 50}}
faults:
  - {at: 5ms, for: 20ms, crash: {target: a}}
)";
  EXPECT_EQ(happened(text), "x connection_reset, y 11");
  const RunRecord record = simulated(scene(text));
  EXPECT_EQ(test::busy_ms(record, 0), 5u + 11u);
  EXPECT_EQ(test::busy_ms(record, 1), 10u + 10u);
}

// a's call is reset at 5, and a retries it until b is back at 25.
TEST(Crash, OfACalleeIsRetriedByItsCaller) {
  const RunRecord record = simulated(scene(R"(
services:
  a: {instances: 1, service_time: 1ms, calls: [b]}
  b: {instances: 1, service_time: 10ms,
      strategies: {resilience: {retry: {attempts_max: 100, backoff_base: 1ms, backoff_max: 1ms}}}}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
faults:
  - {at: 5ms, for: 20ms, crash: {target: b}}
)"));
  ASSERT_EQ(test::succeeded(record), 1u);
  EXPECT_GE(record.clients[0].latency_ns.min(), 35'000'000u);
  EXPECT_LE(record.clients[0].latency_ns.min(), 36'000'000u);
}

// Caller and callee die at once, in either order of the services.
TEST(Crash, OfCallerAndCalleeTogether) {
  for (const bool caller_first : {true, false}) {
    const std::string a =
        "  a: {instances: 2, concurrency: 4, service_time: 1ms, calls: [[b, b], b]}\n";
    const std::string b = "  b: {instances: 2, concurrency: 2, service_time: 10ms}\n";
    EXPECT_EQ(happened("network: {zones: [east]}\nservices:\n" + (caller_first ? a + b : b + a) +
                       R"(
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0 1 2 3}}
  y: {calls: a, arrivals: {timestamps: at_ms 60}}
strategies:
  resilience: {timeout: 50ms, retry: {attempts_max: 3, backoff_base: 1ns, backoff_max: 1ns}}
faults:
  - {at: 5ms, for: 20ms, crash: {target: "zone:east"}}
)"),
              "x connection_refused x4, y 21");
  }
}

TEST(Crash, EmptiesAProcessorThatIsShared) {
  EXPECT_EQ(two_requests("30", "  - {at: 5ms, for: 20ms, crash: {target: a}}", "processor_sharing"),
            "x connection_reset, y 10");
}

// Sent before the delay began, x only gets its answer late: 10 + 3. y waits 3 each way.
TEST(NetworkDelay, HoldsUpWhatIsSentWhileItLasts) {
  EXPECT_EQ(two_requests("6", "  - {at: 5ms, for: 50ms, network_delay: {target: a, latency: 3ms}}"),
            "x 13, y 16");
}

TEST(NetworkDelay, OverlappingOnesAddUp) {
  EXPECT_EQ(two_requests("70", R"(
  - {at: 0s, for: 50ms, network_delay: {target: a, latency: 3ms}}
  - {at: 5ms, for: 40ms, network_delay: {target: a, latency: 4ms}})"),
            "x 20, y 10");
}

// Every message to and from a: 3 + 1 + (3 + 10 + 3) + 3.
TEST(NetworkDelay, AlsoHoldsUpTheTargetsOwnCalls) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 1ms, calls: [b]}
  b: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
faults:
  - {at: 0s, network_delay: {target: a, latency: 3ms}}
)"),
            "x 23");
}

// x and y at half speed each, 5 done at 10; from then on at a quarter: 5 * 4 more.
TEST(Slow, ReachesASharedProcessor) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 10ms, queue: {discipline: processor_sharing}}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0 0}}
faults:
  - {at: 10ms, slow: {target: a, factor: 2}}
)"),
            "x 30..30 x2");
}

// Both have 2 done at 4 and stand still until 14; 16 more for the 8 left of each.
TEST(Pause, ReachesASharedProcessor) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 10ms, queue: {discipline: processor_sharing}}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0 0}}
faults:
  - {at: 4ms, for: 10ms, pause: {target: a}}
)"),
            "x 30..30 x2");
}

}  // namespace
}  // namespace steelyard
