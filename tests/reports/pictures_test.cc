#include "reports/pictures.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/reports/builder.h"

namespace steelyard {
namespace {

using testing::run_with;

// 100 requests in four buckets of 2.5 s: 10 per second, in both replications.
TEST(TimeSeries, IsTheMeanOverReplications) {
  const RunRecord run = run_with(std::vector<double>(100, 5.0));
  RunRecord twice = run;
  for (SeriesBucket& bucket : twice.series) bucket.offered *= 2;
  const Series series = time_series({run, twice});
  EXPECT_DOUBLE_EQ(series.interval_seconds, 2.5);
  ASSERT_EQ(series.offered_rps.size(), 4u);
  EXPECT_DOUBLE_EQ(series.offered_rps[0], 15);
  EXPECT_DOUBLE_EQ(series.goodput_rps[0], 10);
  EXPECT_DOUBLE_EQ(series.failed_rps[0], 0);
  EXPECT_TRUE(std::isnan(series.latency_ms_p99[0]));  // the latencies are in the second
  EXPECT_NEAR(series.latency_ms_p99[1], 5, 5.0 / 32);
}

TEST(TimeSeries, LeavesOutReplicationsOfAnotherShape) {
  const RunRecord run = run_with(std::vector<double>(100, 5.0));
  RunRecord other = run;
  other.series.resize(2);
  EXPECT_DOUBLE_EQ(time_series({run, other}).offered_rps[3], 10);
}

// Rows 1 2 3 4 / 5 6 7 8 and, in the second replication, three times as many.
TEST(InstanceMap, IsTheMeanOverReplications) {
  const RunRecord run = run_with(std::vector<double>(100, 5.0));
  RunRecord other = run;
  for (std::uint32_t& cell : other.services[0].outstanding) cell *= 3;
  const InstanceMap map = instance_map(0, {run, other}, "orders");
  EXPECT_EQ(map.names, (std::vector<std::string>{"orders/0", "orders/1"}));
  EXPECT_EQ(map.outstanding, (std::vector<std::vector<double>>{{2, 4, 6, 8}, {10, 12, 14, 16}}));
  EXPECT_EQ(map.share, (std::vector<double>{0.5, 0.5}));
  EXPECT_EQ(map.left_out, 0u);
}

TEST(InstanceMap, CountsTheInstancesItLeavesOut) {
  RunRecord run = run_with(std::vector<double>(100, 5.0));
  run.services[0].instances.resize(10);  // eight more without attempts
  run.services[0].sampled = {3, 7};
  const InstanceMap map = instance_map(0, {run}, "orders");
  EXPECT_EQ(map.names, (std::vector<std::string>{"orders/3", "orders/7"}));
  EXPECT_EQ(map.left_out, 8u);
  EXPECT_EQ(map.share, (std::vector<double>{0, 0}));  // 0 and 1 have them all
}

RunRecord run_with_series(const std::vector<std::pair<int, int>>& offered_and_done) {
  RunRecord run;
  run.bucket_length = 1s;
  for (const auto& [offered, done] : offered_and_done) {
    SeriesBucket bucket;
    bucket.offered = static_cast<std::uint64_t>(offered);
    bucket.succeeded = static_cast<std::uint64_t>(done);
    run.offered += bucket.offered;
    run.unfinished += bucket.offered - bucket.succeeded;
    run.series.push_back(std::move(bucket));
  }
  return run;
}

// 100 arrive and 80 are done every second: the backlog grows 20, 40 … 200. After a warm-up of 2 s
// the first half of the rest is seconds 2 to 5: (60 + 80 + 100 + 120) / 4 = 90; 200 is over twice
// that.
TEST(DidNotKeepUp, SeesAGrowingBacklog) {
  const RunRecord run = run_with_series(std::vector<std::pair<int, int>>(10, {100, 80}));
  EXPECT_TRUE(did_not_keep_up({run}, 2s));
}

// 30 are always under way: 3% of all at the end, and no more than before.
TEST(DidNotKeepUp, AcceptsASteadyNumberUnderWay) {
  std::vector<std::pair<int, int>> seconds(10, {100, 100});
  seconds[0].second = 70;
  EXPECT_FALSE(did_not_keep_up({run_with_series(seconds)}, 2s));
}

// A backlog that a fault leaves and that is worked off again.
TEST(DidNotKeepUp, AcceptsABacklogThatWasWorkedOff) {
  std::vector<std::pair<int, int>> seconds(10, {100, 100});
  seconds[4] = {100, 0};
  seconds[8] = {100, 198};
  EXPECT_FALSE(did_not_keep_up({run_with_series(seconds)}, 2s));
}

TEST(DidNotKeepUp, NeedsSomethingUnfinished) {
  EXPECT_FALSE(did_not_keep_up({}, 0s));
  EXPECT_FALSE(did_not_keep_up({run_with_series({{0, 0}, {0, 0}})}, 0s));
}

}  // namespace
}  // namespace steelyard
