#include "scenarios/expectation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

namespace steelyard {
namespace {

using testing::HasSubstr;

TEST(Expectations, CompareAMetricWithALimit) {
  const Expectation expectation = parse_expectation("latency_ms.p99 < 100").value();
  EXPECT_EQ(expectation.text, "latency_ms.p99 < 100");
  EXPECT_EQ(expectation.metric, "latency_ms.p99");
  EXPECT_EQ(expectation.comparison, Expectation::Comparison::less);
  EXPECT_EQ(expectation.limit, 100);
  EXPECT_EQ(parse_expectation("goodput_rps>=10").value().comparison,
            Expectation::Comparison::at_least);
  EXPECT_EQ(parse_expectation("goodput_rps > 1e3").value().limit, 1000);
  EXPECT_EQ(parse_expectation("load_imbalance <= 2").value().comparison,
            Expectation::Comparison::at_most);
}

TEST(Expectations, OfRatiosMayBePercentages) {
  EXPECT_EQ(parse_expectation("error_ratio < 0.1%").value().limit, 0.001);
  EXPECT_EQ(parse_expectation("error_ratio < 0.001").value().limit, 0.001);
  EXPECT_THAT(parse_expectation("error_ratio < 3").error(), HasSubstr("a ratio from 0 to 1"));
  EXPECT_FALSE(parse_expectation("goodput_rps < 3%").ok());
}

TEST(Expectations, NameAMetricASignAndANumber) {
  EXPECT_THAT(parse_expectation("latency.p99 < 1").error(),
              HasSubstr("did you mean 'latency_ms.p99'?"));
  for (const char* text :
       {"", "<", "latency_ms.p99", "latency_ms.p99 <", "latency_ms.p99 = 3", "latency_ms.p99 < 3ms",
        "latency_ms.p99 < -1", "latency_ms.p99 < nan", "latency_ms.p99 < 1 < 2", "< 3"})
    EXPECT_FALSE(parse_expectation(text).ok()) << text;
}

TEST(Expectations, SayWhatWasMeant) {
  EXPECT_THAT(parse_expectation("latency_ms.p99 < 150ms").error(),
              HasSubstr("did you mean '150'? The unit is in the name"));
  EXPECT_THAT(parse_expectation("latency_ms.p99 < 1.5s").error(), HasSubstr("'1500'"));
  EXPECT_THAT(parse_expectation("error_ratio == 0").error(), HasSubstr("<, <=, > or >="));
}

TEST(Expectations, AreWhatTheSchemaAllows) {
  const std::regex pattern(expectation_pattern());
  for (const std::string& metric : metric_names())
    EXPECT_TRUE(std::regex_search(metric + " <= 0.5", pattern)) << metric;
  for (const char* text : {"latency < 1", "latency_ms.p99 = 3", "latency_msxp99 < 3"})
    EXPECT_FALSE(std::regex_search(text, pattern)) << text;
}

}  // namespace
}  // namespace steelyard
