#include "reports/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/reports/builder.h"

namespace steelyard {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using Comparison = ExpectationFacts::Comparison;
using testing::comparison;
using testing::constant_variant;
using ::testing::ElementsAre;
using testing::run_with;
using testing::variant;

ComparisonRecord two_variants() {
  return comparison(
      {constant_variant("random", {20, 21, 22}), constant_variant("p2c", {10, 11, 12})});
}

TEST(Report, KeepsWhatTheRecordSays) {
  const Report report = make_report(two_variants());
  EXPECT_EQ(report.seed, 7u);
  EXPECT_EQ(report.replications, 3u);
  EXPECT_EQ(report.axes.at(0).name, "balancer");
  EXPECT_EQ(report.variants.at(1).label, "p2c");
  EXPECT_EQ(report.best().label, "p2c");
  EXPECT_EQ(report.limitations.size(), 1u);
}

TEST(Report, StatesTheSample) {
  EXPECT_THAT(
      make_report(two_variants()).verdict.sentences,
      Contains("3 replications of 8 s after a warm-up of 2 s, 300 requests per variant; 95% "
               "intervals; differences in pairs on the same arrivals."));
  EXPECT_THAT(sample_sentence(make_report(comparison({constant_variant("p2c", {10})}))),
              HasSubstr("1 replication of 8 s"));
}

TEST(Report, TheoryAgreesWithinTheInterval) {
  ComparisonRecord record = two_variants();
  // p2c's mean is 11 ± 4.30 * 1 / sqrt 3 = 2.48.
  record.variants[1].theory = {{"latency_ms.mean", "M/M/1", 13, 0},
                               {"latency_ms.mean", "M/D/1", 14, 0}};
  const Report report = make_report(record);
  ASSERT_EQ(report.theory.size(), 2u);
  EXPECT_TRUE(report.theory[0].agrees);
  EXPECT_FALSE(report.theory[1].agrees);
  EXPECT_DOUBLE_EQ(report.theory[0].measured, 11);
  EXPECT_THAT(report.verdict.sentences, Contains("1 of 2 measurements agrees with theory."));
}

TEST(Report, TheoryAgreesWithinTheModelsOwnTolerance) {
  ComparisonRecord record = comparison({constant_variant("p2c", {10})});  // no interval
  record.variants[0].theory = {{"latency_ms.mean", "a", 10.05, 0.01},
                               {"latency_ms.mean", "b", 10.2, 0.01}};
  const Report report = make_report(record);
  EXPECT_TRUE(report.theory[0].agrees);
  EXPECT_FALSE(report.theory[1].agrees);
}

// Where theory knows bounds, anything between them agrees, and nothing else.
TEST(Report, TheoryAgreesWithinItsBounds) {
  ComparisonRecord record = comparison({constant_variant("p2c", {10})});
  record.variants[0].theory = {
      {.metric = "latency_ms.mean", .model = "a", .value = 15, .low = 9, .high = 21},
      {.metric = "latency_ms.mean", .model = "b", .value = 16, .low = 11, .high = 21}};
  const Report report = make_report(record);
  EXPECT_TRUE(report.theory[0].agrees);
  EXPECT_FALSE(report.theory[1].agrees);
  ASSERT_TRUE(report.theory[0].bounds);
  EXPECT_EQ(report.theory[0].bounds->low, 9);
}

TEST(Report, TheoryOfWhatWasNotMeasuredDoesNotAgree) {
  ComparisonRecord record = two_variants();
  record.variants[0].theory = {{"no_such_metric", "M/M/1", 1, 1}};
  const Report report = make_report(record);
  EXPECT_FALSE(report.theory[0].agrees);
  EXPECT_TRUE(std::isnan(report.theory[0].measured));
}

TEST(Report, ExpectationsAreAboutTheBestUnlessTheyNameAVariant) {
  ComparisonRecord record = two_variants();
  record.expectations = {{"a", "latency_ms.mean", Comparison::less, 11.5, ""},
                         {"b", "latency_ms.mean", Comparison::less, 11.5, "balancer=random"},
                         {"c", "latency_ms.mean", Comparison::at_least, 21, "random"}};
  const Report report = make_report(record);
  ASSERT_EQ(report.expectations.size(), 3u);
  EXPECT_EQ(report.expectations[0].variant, 1u);
  EXPECT_TRUE(report.expectations[0].met);
  EXPECT_FALSE(report.expectations[1].met);
  EXPECT_DOUBLE_EQ(report.expectations[1].value, 21);
  EXPECT_TRUE(report.expectations[2].met);
  EXPECT_FALSE(report.expectations_met());
  EXPECT_THAT(report.verdict.sentences,
              Contains("1 of 3 expectations of the scenario is not met."));
  record.expectations = {record.expectations[1]};
  EXPECT_THAT(make_report(record).verdict.sentences,
              Contains("1 of 1 expectation of the scenario is not met."));
}

TEST(Report, SaysWhichExpectationsNobodyChecked) {
  ComparisonRecord record = two_variants();
  record.expectations = {
      {"latency_ms.p99 < 9", "latency_ms.p99", Comparison::less, 9, "via=envoy"}};
  record.skipped = {{"via=envoy", "envoy is not installed"}};
  const Report report = make_report(record);
  EXPECT_TRUE(report.expectations_met());
  EXPECT_THAT(report.verdict.warnings,
              ElementsAre("Not checked, as the variant did not run: latency_ms.p99 < 9 "
                          "(via=envoy)."));
}

TEST(Report, ComparisonsMeanWhatTheySay) {
  const auto met = [](Comparison comparison_kind, double limit) {
    ComparisonRecord record = comparison({constant_variant("p2c", {10})});
    record.expectations = {{"", "latency_ms.mean", comparison_kind, limit, ""}};
    return make_report(record).expectations_met();
  };
  EXPECT_FALSE(met(Comparison::less, 10));
  EXPECT_TRUE(met(Comparison::at_most, 10));
  EXPECT_FALSE(met(Comparison::greater, 10));
  EXPECT_TRUE(met(Comparison::at_least, 10));
}

TEST(Report, ExpectationsWithoutAValueAreNotMet) {
  ComparisonRecord record = comparison({variant("p2c", {run_with({}, 10)})});
  record.expectations = {{"", "latency_ms.p99", Comparison::less, 100, ""},
                         {"", "latency_ms.p99", Comparison::greater, 0, ""}};
  const Report report = make_report(record);
  EXPECT_FALSE(report.expectations[0].met);
  EXPECT_FALSE(report.expectations[1].met);
}

TEST(MetricAt, FollowsPathsIntoClientsAndServices) {
  ComparisonRecord record = two_variants();
  record.scenario.clients[0].name = "web.shoppers";  // names may contain dots
  const Report report = make_report(record);
  const VariantSummary& p2c = report.variants[1];
  EXPECT_EQ(metric_at(p2c, "latency_ms.p99"), &p2c.metrics[metric::kP99]);
  EXPECT_EQ(metric_at(p2c, "clients.web.shoppers.latency_ms.mean"),
            &p2c.clients[0].latency[metric::kMean]);
  EXPECT_EQ(metric_at(p2c, "clients.web.shoppers.error_ratio"), &p2c.clients[0].error_ratio);
  EXPECT_EQ(metric_at(p2c, "services.orders.utilisation"), &p2c.services[0].utilisation);
  for (const char* path : {"", "latency_ms", "clients.web", "clients.web.shoppers.goodput_rps",
                           "services.orders.", "services.nobody.utilisation"})
    EXPECT_EQ(metric_at(p2c, path), nullptr) << path;
}

}  // namespace
}  // namespace steelyard
