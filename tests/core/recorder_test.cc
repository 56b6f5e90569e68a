#include "core/recorder.h"

#include <gtest/gtest.h>

namespace steelyard {
namespace {

constexpr Instant at(Duration time) { return kStart + time; }

TEST(Recorder, CountsRequestsByOutcome) {
  Recorder recorder(1, 120s, 0s);
  for (int i = 0; i < 4; ++i) recorder.offered(at(1s));
  recorder.finished(0, at(1s), at(2s), Outcome::ok, 1);
  recorder.finished(0, at(1s), at(3s), Outcome::queue_full, 2);
  recorder.finished(0, at(1s), at(4s), Outcome::ok, 3);
  const RunRecord record = recorder.take(1);
  EXPECT_EQ(record.offered, 4u);
  EXPECT_EQ(record.unfinished, 1u);
  EXPECT_EQ(record.finished[static_cast<std::size_t>(Outcome::ok)], 2u);
  EXPECT_EQ(record.finished[static_cast<std::size_t>(Outcome::queue_full)], 1u);
  EXPECT_EQ(record.answered, 3u);
  EXPECT_EQ(record.succeeded, 2u);
  EXPECT_EQ(record.clients[0].attempts, 6u);
}

// From when it was due to when it was answered; a failure has no latency.
TEST(Recorder, MeasuresLatencyOfSuccesses) {
  Recorder recorder(1, 120s, 0s);
  recorder.offered(at(1s));
  recorder.offered(at(1s));
  recorder.finished(0, at(1s), at(3s), Outcome::ok, 1);
  recorder.finished(0, at(1s), at(9s), Outcome::deadline_exceeded, 1);
  const RunRecord record = recorder.take(0);
  EXPECT_EQ(record.clients[0].latency_ns.count(), 1u);
  EXPECT_EQ(record.clients[0].latency_ns.max(), 2'000'000'000u);
  EXPECT_EQ(record.series[3].latency_ns.count(), 1u);
  EXPECT_EQ(record.series[9].latency_ns.count(), 0u);
}

// What ended in the warm-up is counted, not measured; the end of the warm-up is after it.
TEST(Recorder, MeasuresWhatEndsAfterTheWarmup) {
  Recorder recorder(1, 120s, 10s);
  EXPECT_EQ(recorder.warmup_end(), at(10s));
  for (int i = 0; i < 3; ++i) recorder.offered(at(9s));
  recorder.finished(0, at(9s), at(10s) - 1ns, Outcome::ok, 1);
  recorder.finished(0, at(9s), at(10s), Outcome::ok, 1);
  recorder.finished(0, at(9s), at(11s), Outcome::queue_full, 1);
  const RunRecord record = recorder.take(0);
  EXPECT_EQ(total(record.finished), 3u);
  EXPECT_EQ(total(record.clients[0].finished), 2u);
  EXPECT_EQ(record.clients[0].latency_ns.count(), 1u);
  EXPECT_EQ(record.clients[0].latency_ns.min(), 1'000'000'000u);
  EXPECT_EQ(record.answered, 2u);
  EXPECT_EQ(record.succeeded, 1u);
  EXPECT_DOUBLE_EQ(record.measured_seconds, 110);
}

TEST(Recorder, KeepsClientsApart) {
  Recorder recorder(2, 120s, 0s);
  recorder.offered(at(0s));
  recorder.offered(at(0s));
  recorder.finished(0, at(0s), at(1s), Outcome::ok, 1);
  recorder.finished(1, at(0s), at(2s), Outcome::no_endpoint, 4);
  const RunRecord record = recorder.take(0);
  EXPECT_EQ(record.clients[0].latency_ns.count(), 1u);
  EXPECT_EQ(record.clients[1].latency_ns.count(), 0u);
  EXPECT_EQ(record.clients[1].finished[static_cast<std::size_t>(Outcome::no_endpoint)], 1u);
  EXPECT_EQ(record.clients[0].attempts, 1u);
  EXPECT_EQ(record.clients[1].attempts, 4u);
}

// 120 slices of 1 s: offers where they began, ends where they ended, warm-up included.
TEST(Recorder, CutsTimeIntoSlices) {
  Recorder recorder(1, 120s, 10s);
  EXPECT_EQ(recorder.bucket_length(), 1s);
  EXPECT_EQ(recorder.buckets(), 120u);
  recorder.offered(at(0s));
  recorder.offered(at(1s) - 1ns);
  recorder.offered(at(1s));
  recorder.finished(0, at(0s), at(50s), Outcome::ok, 1);
  recorder.finished(0, at(1s), at(51s), Outcome::queue_full, 1);
  recorder.offered(at(119s));
  recorder.finished(0, at(1s), at(120s), Outcome::ok, 1);
  const RunRecord record = recorder.take(1);
  EXPECT_EQ(record.series[0].offered, 2u);
  EXPECT_EQ(record.series[1].offered, 1u);
  EXPECT_EQ(record.series[50].succeeded, 1u);
  EXPECT_EQ(record.series[51].failed, 1u);
  EXPECT_EQ(record.series[119].offered, 1u);
  EXPECT_EQ(record.series[119].succeeded, 1u) << "the very end belongs to the last slice";
}

// 100 ns do not divide by 120: slices are rounded up to 1 ns, and those beyond the end stay empty.
TEST(Recorder, HasSlicesOfAtLeastANanosecond) {
  Recorder recorder(1, 100ns, 0s);
  EXPECT_EQ(recorder.bucket_length(), 1ns);
  recorder.offered(at(99ns));
  recorder.offered(at(100ns));
  const RunRecord record = recorder.take(2);
  EXPECT_EQ(record.series[99].offered, 1u);
  EXPECT_EQ(record.series[100].offered, 1u);
}

TEST(RecorderDeathTest, RefusesToLoseARequest) {
  Recorder recorder(1, 120s, 0s);
  recorder.offered(at(0s));
  EXPECT_DEATH((void)recorder.take(0), "conserved");
}

TEST(RecorderDeathTest, RefusesAWarmupAsLongAsTheRun) {
  EXPECT_DEATH(Recorder(1, 1s, 1s), "warm-up");
}

}  // namespace
}  // namespace steelyard
