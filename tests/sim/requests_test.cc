// How requests move: calls, deadlines, retries, closed loops.
#include <gtest/gtest.h>

#include "tests/sim/scene.h"

namespace steelyard {
namespace {

using test::happened;
using test::scenario_of;
using test::scene;
using test::simulated;

// 1 + 2 + 3.
TEST(Calls, InSequenceAddUp) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 1ms, calls: [b, c]}
  b: {instances: 1, service_time: 2ms}
  c: {instances: 1, service_time: 3ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
)"),
            "x 6");
}

// 1 + max(2, 3).
TEST(Calls, InParallelWaitForTheSlowest) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 1ms, calls: [[b, c]]}
  b: {instances: 1, service_time: 2ms}
  c: {instances: 1, service_time: 3ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
)"),
            "x 4");
}

// 1 + (2 + 4) + 4: b calls d itself, and d has room for one.
TEST(Calls, Nest) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 1ms, calls: [b, d]}
  b: {instances: 1, service_time: 2ms, calls: [d]}
  d: {instances: 1, service_time: 4ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
)"),
            "x 11");
}

TEST(Calls, OfOneServiceTwiceAtOnceQueueThere) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 1ms, calls: [[b, b]]}
  b: {instances: 1, service_time: 2ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
)"),
            "x 5");
}

TEST(Calls, OfProbabilityZeroAreNeverMade) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 1ms, calls: [{b: {probability: 0}}, [{b: {probability: 0}}]]}
  b: {instances: 1, service_time: 2ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0 10}}
)"),
            "x 1 x2");
}

// 100,000 requests, 30%: 30,000 expected, standard deviation 145; five of them are 725.
TEST(Calls, AreMadeWithTheirProbability) {
  const RunRecord record = simulated(scenario_of(R"(
name: chance
run: {duration: 100s, warmup: 0s, replications: 1}
services:
  a: {instances: 1, concurrency: 1000, service_time: 1ms, calls: [{b: {probability: 0.3}}]}
  b: {instances: 1, concurrency: 1000, service_time: 1ms}
clients:
  x: {calls: a, arrivals: {constant: 1000/s}}
)"));
  EXPECT_NEAR(static_cast<double>(record.services[1].instances[0].attempts), 30'000, 725);
}

// One place at b, no queue: of two calls at once one is refused, and fails the whole request with
// its cause once the other has ended.
TEST(Calls, ThatFailFailTheirCallerWithTheCause) {
  const std::string text = R"(
services:
  a: {instances: 1, service_time: 1ms, calls: [[b, b], c]}
  b: {instances: 1, service_time: 2ms, queue: {limit: 0}}
  c: {instances: 1, service_time: 3ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
)";
  EXPECT_EQ(happened(text), "x queue_full");
  const RunRecord record = simulated(scene(text));
  EXPECT_EQ(test::failures_ms(record), std::vector<std::size_t>{3});
  EXPECT_EQ(record.services[0].instances[0].failed, 1u);
  EXPECT_EQ(record.services[1].instances[0].failed, 1u);
  EXPECT_EQ(record.services[2].instances[0].attempts, 0u) << "later calls are not made";
}

// x holds the only place until 11 and y the next 11; or y starts at 1, calls at 2, ends at 12.
TEST(Calls, HoldTheirCallersPlaceOrGiveItBack) {
  const auto run = [](const std::string& holds) {
    return happened(R"(
services:
  a: {instances: 1, service_time: 1ms, calls: [b], holds_slot_during_calls: )" +
                    holds + R"(}
  b: {instances: 1, concurrency: 2, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 0}}
)");
  };
  EXPECT_EQ(run("true"), "x 11, y 22");
  EXPECT_EQ(run("false"), "x 11, y 12");
}

// 1 + 255, the most that the loader lets through.
TEST(Calls, CanBeMany) {
  std::string calls = "b";
  for (int i = 1; i < 255; ++i) calls += ", b";
  const RunRecord record = simulated(scenario_of(R"(
name: many
run: {duration: 2s, warmup: 0s, replications: 1}
services:
  a: {instances: 1, service_time: 1ms, calls: [)" +
                                                 calls + R"(]}
  b: {instances: 1, service_time: 1ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
)"));
  EXPECT_EQ(record.clients[0].latency_ns.min(), 256'000'000u);
}

// ---- Deadlines
// ------------------------------------------------------------------------------------------------

TEST(Deadline, EndsARequestThatIsTooSlow) {
  const std::string text = R"(
services:
  a: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 1}}
strategies: {resilience: {timeout: 15ms}}
)";
  EXPECT_EQ(happened(text), "x 10, y deadline_exceeded");
  const RunRecord record = simulated(scene(text));
  EXPECT_EQ(test::failures_ms(record), std::vector<std::size_t>{16});
  // Servers do not notice that nobody waits any more: both are served, until 20.
  EXPECT_EQ(test::busy_ms(record, 0), 20u);
}

// a's caller gives up after 5 ms. a, waiting for b, inherits that deadline and fails its own call;
// b does not notice.
TEST(Deadline, ReachesNestedCalls) {
  const std::string text = R"(
services:
  a: {instances: 1, service_time: 1ms, calls: [b], strategies: {resilience: {timeout: 5ms}}}
  b: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
)";
  EXPECT_EQ(happened(text), "x deadline_exceeded");
  const RunRecord record = simulated(scene(text));
  EXPECT_EQ(test::failures_ms(record), std::vector<std::size_t>{5});
  EXPECT_EQ(test::busy_ms(record, 0), 5u);
  EXPECT_EQ(test::busy_ms(record, 1), 10u);
  EXPECT_EQ(record.services[0].instances[0].failed, 1u);
}

// b's own time-out is the shorter one: a hears of it at 4, and its caller too.
TEST(Deadline, OfACallIsTheCallersFailure) {
  const std::string text = R"(
services:
  a: {instances: 1, service_time: 1ms, calls: [b], strategies: {resilience: {timeout: 50ms}}}
  b: {instances: 1, service_time: 10ms, strategies: {resilience: {timeout: 3ms}}}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
)";
  EXPECT_EQ(happened(text), "x deadline_exceeded");
  EXPECT_EQ(test::failures_ms(simulated(scene(text))), std::vector<std::size_t>{4});
}

// ---- Retries
// ------------------------------------------------------------------------------------------------

// Back-offs of at most a nanosecond: y is refused three times at 5 and gives up.
TEST(Retry, StopsAtAttemptsMax) {
  const std::string text = R"(
services:
  a: {instances: 1, service_time: 10ms, queue: {limit: 0}}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 5}}
strategies: {resilience: {retry: {attempts_max: 3, backoff_base: 1ns, backoff_max: 1ns}}}
)";
  EXPECT_EQ(happened(text), "x 10, y queue_full");
  const RunRecord record = simulated(scene(text));
  EXPECT_EQ(record.clients[0].attempts, 1u);
  EXPECT_EQ(record.clients[1].attempts, 3u);
  EXPECT_EQ(record.services[0].instances[0].attempts, 4u);
  EXPECT_EQ(record.services[0].instances[0].failed, 3u);
  EXPECT_EQ(record.offered, 2u) << "a retry is no request";
}

// x leaves at 10, and y tries again at least every millisecond from 5 on.
TEST(Retry, SucceedsWhenThereIsRoomAgain) {
  const RunRecord record = simulated(scene(R"(
services:
  a: {instances: 1, service_time: 10ms, queue: {limit: 0}}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 5}}
strategies: {resilience: {retry: {attempts_max: 100, backoff_base: 1ms, backoff_max: 1ms}}}
)"));
  ASSERT_EQ(record.clients[1].latency_ns.count(), 1u);
  EXPECT_GE(record.clients[1].latency_ns.min(), 15'000'000u);
  EXPECT_LE(record.clients[1].latency_ns.min(), 16'000'000u);
  EXPECT_GT(record.clients[1].attempts, 5u);
}

// ---- Closed loops
// ------------------------------------------------------------------------------------------------

// Three users and one place of 10 ms: twelve answers in 120 ms, the first after 10, the second
// after 20, every later one after 30. All three have asked again when the run ends.
TEST(ClosedLoop, KeepsEveryUserWaiting) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, closed: {users: 3}}
)"),
            "x 10..30 x12; 3 unfinished");
}

// 5 + 10 each time: answers at 15, 30, ..., 120.
TEST(ClosedLoop, ThinksBetweenRequests) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, closed: {users: 1, think_time: 5ms}}
)"),
            "x 10 x8");
}

// Interactive response time law: throughput * (response + think) = users. [Denning, Buzen 1978]
TEST(ClosedLoop, KeepsTheInteractiveResponseTimeLaw) {
  const RunRecord record = simulated(scenario_of(R"(
name: law
run: {duration: 2000s, warmup: 100s, replications: 1}
services:
  a: {instances: 2, concurrency: 2, service_time: {exponential: 20ms}, calls: [b]}
  b: {instances: 1, concurrency: 4, service_time: {lognormal: {median: 5ms, p99: 50ms}}}
clients:
  x: {calls: a, closed: {users: 20, think_time: {exponential: 100ms}}}
)"));
  const double throughput = static_cast<double>(record.answered) / record.measured_seconds;
  const double response = record.clients[0].latency_ns.mean() * 1e-9;
  EXPECT_NEAR(throughput * (response + 0.1), 20, 0.1);
}

// Refused without any time passing, a user would ask again for ever at one instant, so each waits
// 1 ms. Both are reset at 45, refused at 45, 46, ..., 78, and one is served from 79 on: answers at
// 10, 20, 30, 40, 89, 99, 109, 119.
TEST(ClosedLoop, OfFailuresThatTakeNoTimeStillComesToAnEnd) {
  const RunRecord record = simulated(scene(R"(
services:
  a: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, closed: {users: 2}}
faults:
  - {at: 45ms, for: 34ms, crash: {target: a}}
)"));
  EXPECT_EQ(test::failed(record), 2u + 2u * 34u);
  EXPECT_EQ(test::succeeded(record), 8u);
}

// Refusals do not lengthen a pause that the scenario gives. While the first user is served, from
// 0.1 to 100.1 ms, the second is refused at 0.1, 0.2, ..., 100.0: 1000 times. At 100.1 it finds the
// place free, and the first one is refused at 100.2, 100.3, ..., 120.0: 199 times.
TEST(ClosedLoop, ThinksNoLongerAfterARefusal) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 100ms, queue: {limit: 0}}
clients:
  x: {calls: a, closed: {users: 2, think_time: 100us}}
)"),
            "x 100 queue_full x1199; 1 unfinished");
}

// Engset's loss system, 10 users at 2 places: with a = service/think the state k has the weight
// C(10, k) a^k, for a = 5 that is 1, 50, 1125, and users go on asking at (10 - k)/think.
TEST(ClosedLoop, MeetsEngsetsLoss) {
  const RunRecord record = simulated(scenario_of(R"(
name: engset
run: {duration: 100s, warmup: 1s, replications: 1}
services:
  a: {instances: 1, concurrency: 2, queue: {limit: 0}, service_time: {exponential: 5ms}}
clients:
  x: {calls: a, closed: {users: 10, think_time: {exponential: 1ms}}}
)"));
  const double asked = (10 * 1.0 + 9 * 50.0 + 8 * 1125.0) / 1176.0 / 0.001;
  const double served = (1 * 50.0 + 2 * 1125.0) / 1176.0 / 0.005;
  EXPECT_NEAR(static_cast<double>(record.answered) / record.measured_seconds / asked, 1, 0.01);
  EXPECT_NEAR(static_cast<double>(record.succeeded) / record.measured_seconds / served, 1, 0.01);
}

// Each user's first request, all at once in a service with room for all. Were two users given the
// same demands, every latency would come twice and every bucket would hold an even number.
TEST(ClosedLoop, GivesEveryUserDemandsOfTheirOwn) {
  const RunRecord record = simulated(scenario_of(R"(
name: users
run: {duration: 1.9s, warmup: 0s, replications: 1}
services:
  a: {instances: 1, concurrency: 1000000, service_time: {exponential: 1ms}}
clients:
  x: {calls: a, closed: {users: 32768, think_time: 1s}}
)"));
  EXPECT_EQ(test::succeeded(record), 32'768u);
  bool odd = false;
  for (const Histogram::Bucket& bucket : record.clients[0].latency_ns.buckets())
    odd = odd || bucket.count % 2 == 1;
  EXPECT_TRUE(odd);
}

}  // namespace
}  // namespace steelyard
