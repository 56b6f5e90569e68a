#include "reports/summary.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "reports/report.h"
#include "tests/reports/builder.h"

namespace steelyard {
namespace {

using testing::comparison;
using testing::constant_variant;
using testing::run_with;
using testing::variant;

VariantSummary summary_of(const VariantRecord& record) {
  return summarise(record, comparison({record}).scenario);
}

// 1..100 ms: the nearest-rank p50 is 50, p90 90, p99 99; the mean 50.5. Buckets are 1/256 wide.
TEST(Summary, LatencyStatisticsOfOneReplication) {
  std::vector<double> ms(100);
  std::iota(ms.begin(), ms.end(), 1.0);
  const VariantSummary summary = summary_of(variant("p2c", {run_with(ms)}));
  EXPECT_DOUBLE_EQ(summary.metrics[metric::kMean].value, 50.5);
  EXPECT_NEAR(summary.metrics[metric::kP50].value, 50, 50.0 / 512);
  EXPECT_NEAR(summary.metrics[metric::kP90].value, 90, 90.0 / 512);
  EXPECT_NEAR(summary.metrics[metric::kP99].value, 99, 99.0 / 512);
  EXPECT_DOUBLE_EQ(summary.metrics[metric::kMax].value, 100);
  EXPECT_FALSE(summary.metrics[metric::kMean].ci95);
}

// Replications of 10, 20 and 30 ms: mean 20, standard error 10/sqrt 3, t(2) = 4.3027: ± 24.84, cut
// off at zero.
TEST(Summary, ValuesAreMeansOverReplicationsWithIntervals) {
  const VariantSummary summary = summary_of(constant_variant("p2c", {10, 20, 30}));
  const Metric& mean = summary.metrics[metric::kMean];
  EXPECT_EQ(mean.samples, (std::vector<double>{10, 20, 30}));
  EXPECT_DOUBLE_EQ(mean.value, 20);
  EXPECT_EQ(mean.ci95->low, 0);
  EXPECT_NEAR(mean.ci95->high, 20 + 24.84, 0.01);
  EXPECT_NEAR(mean.half_width(), 24.84, 0.01);
}

// 90 of 100 requests in 8 seconds succeed, each after one attempt.
TEST(Summary, RatesAndRatios) {
  const VariantSummary summary =
      summary_of(variant("p2c", {run_with(std::vector<double>(90, 5.0), 10)}));
  EXPECT_DOUBLE_EQ(summary.metrics[metric::kThroughput].value, 100 / 8.0);
  EXPECT_DOUBLE_EQ(summary.metrics[metric::kGoodput].value, 90 / 8.0);
  EXPECT_DOUBLE_EQ(summary.metrics[metric::kErrorRatio].value, 0.1);
  EXPECT_DOUBLE_EQ(summary.metrics[metric::kAttempts].value, 1);
  EXPECT_DOUBLE_EQ(summary.clients.at(0).error_ratio.value, 0.1);
}

TEST(Summary, ConnectionsAreAMeanUnlessAProxyDidNotTell) {
  VariantRecord record = constant_variant("p2c", {5, 5});
  record.runs[0].connections = 40;
  record.runs[1].connections = 42;
  EXPECT_DOUBLE_EQ(summary_of(record).metrics[metric::kConnections].value, 41);
  for (RunRecord& run : record.runs) run.connections.reset();
  EXPECT_FALSE(summary_of(record).metrics[metric::kConnections].known());
}

TEST(Summary, WithoutSuccessesHasNoLatency) {
  const VariantSummary summary = summary_of(variant("p2c", {run_with({}, 10), run_with({}, 10)}));
  EXPECT_FALSE(summary.metrics[metric::kP99].known());
  EXPECT_FALSE(summary.metrics[metric::kP99].ci95);
  EXPECT_DOUBLE_EQ(summary.metrics[metric::kErrorRatio].value, 1);
  EXPECT_TRUE(summary.percentiles.empty());
}

TEST(Summary, WithoutReplicationsKnowsNothing) {
  const VariantSummary summary = summary_of(variant("p2c", {}));
  for (const Metric& metric : summary.metrics) EXPECT_FALSE(metric.known());
  EXPECT_EQ(summary.offered, 0u);
  EXPECT_TRUE(summary.series.offered_rps.empty());
}

TEST(Summary, AccountsAddUpOverReplications) {
  RunRecord run = run_with(std::vector<double>(90, 5.0), 10, Outcome::deadline_exceeded);
  run.unfinished = 3;
  run.offered += 3;
  const VariantSummary summary = summary_of(variant("p2c", {run, run}));
  EXPECT_EQ(summary.offered, 206u);
  EXPECT_EQ(summary.finished[static_cast<std::size_t>(Outcome::ok)], 180u);
  EXPECT_EQ(summary.finished[static_cast<std::size_t>(Outcome::deadline_exceeded)], 20u);
  EXPECT_EQ(summary.unfinished, 6u);
  EXPECT_EQ(summary.offered, total(summary.finished) + summary.unfinished);
  EXPECT_DOUBLE_EQ(summary.wall_seconds, 1.2);
}

// Two instances busy 4 of 8 seconds; 100 attempts in 8 seconds.
TEST(Summary, ServicesAreMeasuredOverTheirInstances) {
  const VariantSummary summary = summary_of(constant_variant("p2c", {5}));
  const ServiceSummary& orders = summary.services.at(0);
  EXPECT_EQ(orders.name, "orders");
  EXPECT_DOUBLE_EQ(orders.utilisation.value, 0.5);
  EXPECT_DOUBLE_EQ(orders.attempts_per_second.value, 12.5);
  EXPECT_DOUBLE_EQ(orders.failed_ratio.value, 0);
  EXPECT_DOUBLE_EQ(orders.load_imbalance.value, 1);
}

ServiceRecord service_with(std::initializer_list<std::uint64_t> attempts) {
  ServiceRecord service;
  for (const std::uint64_t each : attempts) service.instances.push_back({.attempts = each});
  return service;
}

TEST(LoadImbalance, IsThePeakOverTheFairShare) {
  // 60 where 40 would be fair.
  EXPECT_DOUBLE_EQ(load_imbalance(service_with({60, 30, 30}), {}), 1.5);
  // 50:10 by weights 5:1 is fair.
  EXPECT_DOUBLE_EQ(load_imbalance(service_with({50, 10}), {5, 1}), 1);
  // 30:30 by weights 5:1: 30 per unit of weight where 60/6 = 10 would be fair.
  EXPECT_DOUBLE_EQ(load_imbalance(service_with({30, 30}), {5, 1}), 3);
}

TEST(LoadImbalance, HasNoMeaningForOneInstanceOrNoLoad) {
  EXPECT_TRUE(std::isnan(load_imbalance(service_with({10}), {})));
  EXPECT_TRUE(std::isnan(load_imbalance(service_with({0, 0}), {})));
  // The instance without weight is meant to get nothing, so there is one left.
  EXPECT_TRUE(std::isnan(load_imbalance(service_with({10, 0}), {1, 0})));
}

TEST(LoadImbalance, OfAVariantIsThatOfItsWorstService) {
  ComparisonRecord record = comparison({constant_variant("p2c", {5})});
  record.scenario.services.push_back({.name = "users", .instances = 2});
  record.scenario.services.push_back({.name = "single", .instances = 1});
  RunRecord& run = record.variants[0].runs[0];
  run.services.push_back(service_with({30, 10}));  // 30 where 20 would be fair
  run.services.push_back(service_with({99}));
  const VariantSummary summary = summarise(record.variants[0], record.scenario);
  EXPECT_DOUBLE_EQ(summary.metrics[metric::kImbalance].value, 1.5);
  EXPECT_FALSE(summary.services.at(2).load_imbalance.known());
}

// 1000 requests support 1/(1-p) = 200 (five beyond), not 500.
TEST(LatencyPercentiles, GoAsFarAsTheSampleSupports) {
  Histogram latency;
  for (std::uint64_t i = 1; i <= 1000; ++i) latency.record(i * 1'000'000);
  const std::vector<LatencyPoint> points = latency_percentiles(latency);
  std::vector<double> percentiles;
  for (const LatencyPoint& point : points) percentiles.push_back(point.percentile);
  EXPECT_EQ(percentiles,
            (std::vector<double>{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5, 100}));
  EXPECT_DOUBLE_EQ(points.front().latency_ms, 1);
  EXPECT_DOUBLE_EQ(points.back().latency_ms, 1000);
  for (std::size_t i = 1; i < points.size(); ++i)
    EXPECT_GE(points[i].latency_ms, points[i - 1].latency_ms);
}

}  // namespace
}  // namespace steelyard
