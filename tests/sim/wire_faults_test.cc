// Faults of what is between a caller and an instance, and of how an instance answers.
#include <gtest/gtest.h>

#include "tests/sim/scene.h"

namespace steelyard {
namespace {

using test::happened;
using test::scene;
using test::simulated;

// One instance with room for one and 10 ms of work a request: v is being served when the fault
// begins at 5, w waits, x comes while it lasts, y after it has ended at 25.
std::string four_requests(const std::string& fault) {
  return R"(
services:
  a: {instances: 1, service_time: 10ms}
clients:
  v: {calls: a, arrivals: {timestamps: at_ms 0}}
  w: {calls: a, arrivals: {timestamps: at_ms 1}}
  x: {calls: a, arrivals: {timestamps: at_ms 8}}
  y: {calls: a, arrivals: {timestamps: at_ms 30}}
faults:
  - {at: 5ms, for: 20ms, )" +
         fault + "}\n";
}

TEST(Refuse, TurnsAwayWhatComesAndLeavesWhatIsThere) {
  const std::string text = four_requests("refuse: {target: a}");
  EXPECT_EQ(happened(text), "v 10, w 19, x connection_refused, y 10");
  const RunRecord record = simulated(scene(text));
  EXPECT_EQ(test::failures_ms(record), std::vector<std::size_t>{8});
  EXPECT_EQ(record.services[0].instances[0].attempts, 4u);
  EXPECT_EQ(record.services[0].instances[0].failed, 1u);
  EXPECT_DOUBLE_EQ(record.services[0].instances[0].busy_seconds, 0.030);
}

TEST(Reset, HitsWhatArrives) {
  const std::string text = four_requests("reset: {target: a}");
  EXPECT_EQ(happened(text), "v 10, w 19, x connection_reset, y 10");
  EXPECT_EQ(simulated(scene(text)).services[0].instances[0].failed, 1u);
}

TEST(Error, AnswersAtOnceAndCostsNothing) {
  const std::string text = four_requests("error: {target: a, status: 500}");
  EXPECT_EQ(happened(text), "v 10, w 19, x error_status, y 10");
  const RunRecord record = simulated(scene(text));
  EXPECT_EQ(test::failures_ms(record), std::vector<std::size_t>{8});
  EXPECT_DOUBLE_EQ(record.services[0].instances[0].busy_seconds, 0.030);
}

// v's answer leaves at 10 and w's at 20, while it lasts; x's at 30, after it.
TEST(Truncate, ServesAndThenBreaksOff) {
  const std::string text = four_requests("truncate: {target: a}");
  EXPECT_EQ(happened(text), "v bad_response, w bad_response, x 22, y 10");
  const RunRecord record = simulated(scene(text));
  EXPECT_EQ(test::failures_ms(record), (std::vector<std::size_t>{10, 20}));
  EXPECT_EQ(record.services[0].instances[0].failed, 2u);
  EXPECT_DOUBLE_EQ(record.services[0].instances[0].busy_seconds, 0.040);
}

// The least visible comes last: refused before reset, before error, before truncated.
TEST(FaultsOfAnswers, TakeTurnsInTheOrderOfAConnection) {
  const std::string all[] = {"refuse: {target: a}", "reset: {target: a}", "error: {target: a}",
                             "truncate: {target: a}"};
  const std::string outcomes[] = {"connection_refused", "connection_reset", "error_status",
                                  "bad_response"};
  for (std::size_t first = 0; first < 4; ++first) {
    std::string text = R"(
services:
  a: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
faults:
)";
    for (std::size_t i = 4; i-- > first;) text += "  - {at: 0s, " + all[i] + "}\n";
    EXPECT_EQ(happened(text), "x " + outcomes[first]);
  }
}

// Nobody is there to answer: x waits, and is served when the pause ends.
TEST(Error, WaitsWithAPause) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 5}}
  y: {calls: a, arrivals: {timestamps: at_ms 60}}
faults:
  - {at: 0s, for: 20ms, pause: {target: a}}
  - {at: 0s, error: {target: a}}
)"),
            "x 25, y error_status");
}

// A quarter of 20,000 attempts: 5,000, with a standard deviation of 61.
RunRecord by_chance(const std::string& fault, const std::string& more = "") {
  return simulated(test::scenario_of(R"(
name: chance
run: {duration: 20s, warmup: 0s, replications: 1}
services:
  a: {instances: 2, concurrency: 8, service_time: 1ms}
clients:
  x: {calls: a, arrivals: {constant: 1000/s}}
faults:
  - {at: 0s, )" + fault + "}\n" + more));
}

TEST(FaultsByChance, HitTheirShare) {
  for (const char* kind : {"reset", "error", "truncate"}) {
    const RunRecord record = by_chance(std::string(kind) + ": {target: a, probability: 25%}");
    EXPECT_NEAR(static_cast<double>(test::failed(record)), 5000, 4 * 61) << kind;
  }
}

// Two faults are two draws: 1 - 3/4 * 3/4 = 43.75% of 20,000 is 8,750, give or take 70.
TEST(FaultsByChance, AreIndependent) {
  const RunRecord record = by_chance("error: {target: a, probability: 25%}",
                                     "  - {at: 0s, error: {target: a, "
                                     "probability: 25%}}\n");
  EXPECT_NEAR(static_cast<double>(test::failed(record)), 8750, 4 * 70);
}

// Whoever is hit is hit under every balancer: the draw is the attempt's own.
TEST(FaultsByChance, HitTheSameAttemptsInEveryVariant) {
  const auto failures = [](const char* balancer) {
    const RunRecord record = by_chance("error: {target: a, probability: 25%}",
                                       "strategies: {balancer: " + std::string(balancer) + "}\n");
    std::vector<std::uint64_t> failed;
    for (const SeriesBucket& bucket : record.series) failed.push_back(bucket.failed);
    return failed;
  };
  EXPECT_EQ(failures("round_robin"), failures("p2c"));
}

// A quarter fails at first, and a quarter of these again: 1,250 of 20,000, give or take 34.
TEST(FaultsByChance, AreDrawnAnewForARetry) {
  const RunRecord record = by_chance("error: {target: a, probability: 25%}", R"(
strategies: {resilience: {retry: {attempts_max: 2, backoff_base: 1ns, backoff_max: 1ns}}}
)");
  EXPECT_NEAR(static_cast<double>(test::failed(record)), 1250, 4 * 34);
}

// Requests of 1000 B need 2 ms each at 500 kB/s, answers of 500 B 1 ms. x and y arrive at 2 and at
// 4, are served until 12 and 14, and their answers need another 1.
TEST(Bandwidth, LetsMessagesPassOneAfterTheOther) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, concurrency: 4, service_time: 10ms, request_size: 1kB, response_size: 500B}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 0}}
faults:
  - {at: 0s, bandwidth: {target: a, rate: 500kB/s}}
)"),
            "x 13, y 15");
}

// Each instance has a link of its own.
TEST(Bandwidth, IsEachInstancesOwn) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 2, service_time: 10ms, request_size: 1kB, response_size: 500B}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0 0}}
faults:
  - {at: 0s, bandwidth: {target: a, rate: 500kB/s}}
)"),
            "x 13 x2");
}

// The narrower of two governs: 2 ms and 1 ms, as alone.
TEST(Bandwidth, OverlappingOnesAreAsTheNarrowest) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 10ms, request_size: 1kB, response_size: 500B}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
faults:
  - {at: 0s, bandwidth: {target: a, rate: 500kB/s}}
  - {at: 0s, bandwidth: {target: a, rate: 1MB/s}}
)"),
            "x 13");
}

// a sends its call through its own link (2), b receives it through its own (2); back 1 and 1:
// 2 + 1 + (2 + 2 + 10 + 1 + 1) + 1. The client's messages pass a's link only.
TEST(Bandwidth, HoldsUpTheTargetsOwnCallsAtBothEnds) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, service_time: 1ms, request_size: 1kB, response_size: 500B, calls: [b]}
  b: {instances: 1, service_time: 10ms, request_size: 1kB, response_size: 500B}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
faults:
  - {at: 0s, bandwidth: {target: a, rate: 500kB/s}}
  - {at: 0s, bandwidth: {target: b, rate: 500kB/s}}
)"),
            "x 20");
}

// x's request takes 40 ms to pass. Another fault begins when the first has ended, with an empty
// link: y's takes 40 as well.
TEST(Bandwidth, LeavesNothingBehindWhenItEnds) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, concurrency: 2, service_time: 1ms, request_size: 40kB, response_size: 0B}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 20}}
faults:
  - {at: 0s, for: 10ms, bandwidth: {target: a, rate: 1MB/s}}
  - {at: 20ms, for: 10ms, bandwidth: {target: a, rate: 1MB/s}}
)"),
            "x 41, y 41");
}

// v's answer leaves at 10, into the hole, w's at 20; x is never heard of. Without a deadline
// nobody ever learns.
TEST(Blackhole, SwallowsRequestsAndAnswers) {
  EXPECT_EQ(happened(four_requests("blackhole: {target: a}")), "v, w, x, y 10; 3 unfinished");
}

TEST(Blackhole, IsNoticedByTheDeadlineAlone) {
  const std::string text =
      four_requests("blackhole: {target: a}") + "strategies: {resilience: {timeout: 40ms}}\n";
  EXPECT_EQ(happened(text), "v deadline_exceeded, w deadline_exceeded, x deadline_exceeded, y 10");
  const RunRecord record = simulated(scene(text));
  EXPECT_EQ(test::failures_ms(record), (std::vector<std::size_t>{40, 41, 48}));
  // x's request never got there, and what is lost is not the instance's failure.
  EXPECT_EQ(record.services[0].instances[0].attempts, 3u);
  EXPECT_EQ(record.services[0].instances[0].failed, 0u);
}

// a's call vanishes; a waits for it until its own deadline, the caller's.
TEST(Blackhole, SwallowsTheTargetsOwnCalls) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 1, concurrency: 2, service_time: 1ms, calls: [b]}
  b: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 60}}
strategies: {resilience: {timeout: 30ms}}
faults:
  - {at: 500us, for: 20ms, blackhole: {target: a}}
)"),
            "x deadline_exceeded, y 11");
}

// Nothing is closed here, so nothing is slow.
TEST(SlowClose, LeavesRequestsAndAnswersAlone) {
  EXPECT_EQ(happened(four_requests("slow_close: {target: a, latency: 50ms}")),
            "v 10, w 19, x 22, y 10");
}

// v and w lose their connections at 5 and hear of it at 55; x finds nobody there, and y all well.
TEST(SlowClose, KeepsCallersOfADeadInstanceWaiting) {
  const std::string text = four_requests("crash: {target: a}") +
                           "  - {at: 0s, for: 10ms, slow_close: {target: a, latency: 50ms}}\n";
  EXPECT_EQ(happened(text), "v connection_reset, w connection_reset, x connection_refused, y 10");
  EXPECT_EQ(test::failures_ms(simulated(scene(text))), (std::vector<std::size_t>{8, 55, 55}));
}

// v's answer breaks off at 10; x's reset at 30 is none of its business.
TEST(SlowClose, HoldsBackTheEndOfABrokenAnswerAndNoReset) {
  const std::string text = R"(
services:
  a: {instances: 1, service_time: 10ms}
clients:
  v: {calls: a, arrivals: {timestamps: at_ms 0}}
  x: {calls: a, arrivals: {timestamps: at_ms 30}}
faults:
  - {at: 0s, slow_close: {target: a, latency: 50ms}}
  - {at: 0s, for: 20ms, truncate: {target: a}}
  - {at: 25ms, reset: {target: a}}
)";
  EXPECT_EQ(happened(text), "v bad_response, x connection_reset");
  EXPECT_EQ(test::failures_ms(simulated(scene(text))), (std::vector<std::size_t>{30, 60}));
}

TEST(SlowClose, EndsAtTheDeadlineOfWhoWaits) {
  const std::string text = four_requests("crash: {target: a}") +
                           "  - {at: 0s, slow_close: {target: a, latency: 50ms}}\n"
                           "strategies: {resilience: {timeout: 40ms}}\n";
  EXPECT_EQ(happened(text), "v deadline_exceeded, w deadline_exceeded, x connection_refused, y 10");
}

// b dies at 5, and both ends of a's connection to it are slow: 5 + 20 + 30.
TEST(SlowClose, HoldsUpTheTargetsOwnCallsAtBothEnds) {
  const std::string text = R"(
services:
  a: {instances: 1, service_time: 1ms, calls: [b]}
  b: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
faults:
  - {at: 0s, slow_close: {target: a, latency: 20ms}}
  - {at: 0s, slow_close: {target: b, latency: 30ms}}
  - {at: 5ms, crash: {target: b}}
)";
  EXPECT_EQ(happened(text), "x connection_reset");
  EXPECT_EQ(test::failures_ms(simulated(scene(text))), std::vector<std::size_t>{55});
}

// Everything at once, a few times: requests are neither lost nor invented (`simulated` asserts it).
TEST(FaultsTogether, KeepTheAccounts) {
  for (std::uint64_t replication = 0; replication < 5; ++replication) {
    SCOPED_TRACE(testing::Message() << "replication " << replication);
    const RunRecord record = simulated(test::scenario_of(R"(
name: everything_goes_wrong
run: {duration: 10s, replications: 1}
network: {zones: [east, west], latency: {lognormal: {median: 200us, p99: 2ms}}, loss: 1%}
services:
  a: {instances: 3, concurrency: 4, service_time: {exponential: 2ms}, queue: {limit: 20},
      calls: [b, [b, c]]}
  b: {instances: 2, concurrency: 8, service_time: {exponential: 1ms},
      queue: {discipline: processor_sharing, limit: 10}}
  c: {instances: 2, concurrency: 4, service_time: {exponential: 1ms}}
clients:
  x: {calls: a, arrivals: {poisson: 400/s}}
  u: {calls: c, closed: {users: 5, think_time: 5ms}}
strategies:
  balancer: p2c
  resilience: {timeout: 100ms, retry: {attempts_max: 3, backoff_base: 1ms, backoff_max: 5ms}}
faults:
  - {at: 1s, for: 3s, reset: {target: a, probability: 10%}}
  - {at: 2s, for: 3s, error: {target: "zone:west", status: 500, probability: 30%}}
  - {at: 2500ms, for: 1s, blackhole: {target: b/0}}
  - {at: 3s, for: 2s, bandwidth: {target: b, rate: 200kB/s}}
  - {at: 3500ms, for: 1s, bandwidth: {target: "zone:east", rate: 500kB/s}}
  - {at: 4s, for: 2s, truncate: {target: c, probability: 50%}}
  - {at: 4500ms, for: 500ms, crash: {target: b/1}}
  - {at: 4600ms, for: 1s, refuse: {target: a/0}}
  - {at: 5s, for: 1s, pause: {target: c/0}}
  - {at: 6s, for: 1s, network_delay: {target: a, latency: {exponential: 5ms}}}
  - {at: 6s, for: 1s, slow: {target: a/1, factor: 5}}
  - {at: 4s, for: 2s, slow_close: {target: b, latency: {exponential: 50ms}}}
)"),
                                       replication);
    for (const Outcome outcome :
         {Outcome::connection_refused, Outcome::connection_reset, Outcome::error_status,
          Outcome::bad_response, Outcome::deadline_exceeded})
      EXPECT_GT(record.finished[static_cast<std::size_t>(outcome)], 0u) << to_text(outcome);
    // Attempts that instances counted as failed are at least the requests of u that failed for a
    // cause of the instance's own.
    EXPECT_GT(test::succeeded(record), 1000u);
  }
}

}  // namespace
}  // namespace steelyard
