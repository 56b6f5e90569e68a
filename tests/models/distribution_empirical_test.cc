#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

Given dashboard() { return {{"percentiles", percentiles({{0.5, 2ms}, {0.9, 5ms}, {0.99, 20ms}})}}; }

// Straight lines over y = -ln(1 - p), from 0 at p0 and on beyond p99 as steeply as before it:
// slopes 2/ln 2, 3/ln 5 and 15/ln 10 ms per unit of y.
double dashboard_cdf(double x) {
  if (x < 2e-3) return -std::expm1(-x / 2e-3 * std::log(2.0));
  if (x < 5e-3) return 1 - 0.5 * std::exp(-(x - 2e-3) / 3e-3 * std::log(5.0));
  return 1 - 0.1 * std::exp(-(x - 5e-3) / 15e-3 * std::log(10.0));
}

TEST(EmpiricalDistribution, PassesThroughItsPercentiles) {
  EXPECT_DOUBLE_EQ(dashboard_cdf(2e-3), 0.5);
  EXPECT_DOUBLE_EQ(dashboard_cdf(5e-3), 0.9);
  EXPECT_DOUBLE_EQ(dashboard_cdf(20e-3), 0.99);
  const auto empirical = make<Distribution>("empirical", dashboard());
  expect_distribution(*empirical, 30, dashboard_cdf);
  expect_moments(*empirical, 31);
}

// One percentile from 0 on is an exponential: median 2 ms, mean 2/ln 2.
TEST(EmpiricalDistribution, WithOnePercentileIsExponential) {
  const auto empirical =
      make<Distribution>("empirical", {{"percentiles", percentiles({{0.5, 2ms}})}});
  const double mean = 2e-3 / std::log(2.0);
  EXPECT_NEAR(empirical->mean_seconds(), mean, 1e-15);
  EXPECT_NEAR(empirical->variance_seconds2(), mean * mean, 1e-17);
}

// p0 and p100 alone: a uniform distribution, mean 4 ms and variance 36/12 ms^2.
TEST(EmpiricalDistribution, StartsAtP0AndEndsAtP100) {
  const auto empirical =
      make<Distribution>("empirical", {{"percentiles", percentiles({{0, 1ms}, {1, 7ms}})}});
  EXPECT_NEAR(empirical->mean_seconds(), 4e-3, 1e-15);
  EXPECT_NEAR(empirical->variance_seconds2(), 3e-6, 1e-17);
  expect_distribution(*empirical, 32, [](double x) { return (x - 1e-3) / 6e-3; });
}

TEST(EmpiricalDistribution, NeverExceedsItsP100) {
  const auto empirical = make<Distribution>(
      "empirical", {{"percentiles", percentiles({{0, 1ms}, {0.5, 2ms}, {0.99, 9ms}, {1, 30ms}})}});
  for (const double x : samples(*empirical, 33, 20'000)) {
    ASSERT_GE(x, 1e-3);
    ASSERT_LE(x, 30e-3);
  }
  expect_moments(*empirical, 34);
}

TEST(EmpiricalDistribution, RefusesPercentilesThatFall) {
  const auto refused = [](std::vector<std::pair<double, Duration>> points) {
    return refusal<Distribution>("empirical", {{"percentiles", percentiles(std::move(points))}});
  };
  EXPECT_EQ(refused({{0.9, 2ms}, {0.5, 3ms}}), "got p50 after p90, expected ascending percentiles");
  EXPECT_EQ(refused({{0.5, 2ms}, {0.9, 1ms}}),
            "got 1ms at p90 below 2ms at p50, expected values that do not fall");
  EXPECT_EQ(refused({{0, 2ms}}), "expected at least one percentile above p0");
  EXPECT_EQ(refused({}), "expected at least one percentile above p0");
}

TEST(EmpiricalDistribution, DrawsTheValuesOfAFileEquallyOften) {
  const auto empirical =
      make<Distribution>("empirical", {{"file", table({"seconds"}, {0.004, 0.001, 0.001, 0.01})}});
  EXPECT_DOUBLE_EQ(empirical->mean_seconds(), 4e-3);
  EXPECT_NEAR(empirical->variance_seconds2(), 13.5e-6, 1e-17);  // (0 + 9 + 9 + 36)/4
  expect_moments(*empirical, 35);
}

TEST(EmpiricalDistribution, ReadsTheUnitInTheColumnsName) {
  const Value file = table({"request", "latency_ms", "rtt_us"}, {1, 5, 250, 2, 7, 350});
  const auto of = [&](std::string column) {
    return make<Distribution>("empirical", {{"file", file}, {"column", text(std::move(column))}});
  };
  EXPECT_DOUBLE_EQ(of("latency_ms")->mean_seconds(), 6e-3);
  EXPECT_DOUBLE_EQ(of("rtt_us")->mean_seconds(), 300e-6);
  EXPECT_DOUBLE_EQ(of("request")->mean_seconds(), 1.5);
}

TEST(EmpiricalDistribution, SaysWhatIsWrongWithAFile) {
  EXPECT_EQ(refusal<Distribution>("empirical", {{"file", table({"value_ms"}, {1, -2})}}),
            "test.csv: row 2, column 'value_ms': got -2, expected a duration of at least 0");
  EXPECT_EQ(refusal<Distribution>("empirical", {{"file", table({"value_ms"}, {})}}),
            "test.csv: the file has no rows, expected at least one");
  EXPECT_EQ(refusal<Distribution>("empirical",
                                  {{"file", table({"a", "b"}, {1, 2})}, {"column", text("c")}}),
            "test.csv: got column 'c', expected one of a, b");
  EXPECT_EQ(refusal<Distribution>("empirical", {}),
            "got none of them, expected exactly one of percentiles, file");
  Given both = dashboard();
  both.emplace_back("column", text("a"));
  EXPECT_EQ(refusal<Distribution>("empirical", both),
            "got column without file, expected it only with a file");
}

TEST(EmpiricalDistribution, IsTheSameOnEveryMachine) {
  EXPECT_EQ(first_five(*make<Distribution>("empirical", dashboard())),
            (Nanoseconds{2570405, 167615, 10164714, 726405, 3537824}));
  const auto values =
      make<Distribution>("empirical", {{"file", table({"seconds"}, {0.004, 0.001, 0.002, 0.01})}});
  EXPECT_EQ(first_five(*values), (Nanoseconds{2000000, 10000000, 1000000, 10000000, 1000000}));
}

}  // namespace
}  // namespace steelyard
