#include "reports/tables.h"

#include <gtest/gtest.h>

#include <sstream>

#include "reports/statistics.h"
#include "tests/reports/builder.h"

namespace steelyard {
namespace {

using testing::comparison;
using testing::constant_variant;
using testing::live;

Report two_variants() {
  return make_report(comparison(
      {constant_variant("random", {20, 20}), constant_variant("p2c(choices=3, \"x\")", {10})}));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(CsvField, IsQuotedOnlyWhereNeeded) {
  EXPECT_EQ(csv_field("p2c"), "p2c");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("a \"b\"\n"), "\"a \"\"b\"\"\n\"");
  EXPECT_EQ(csv_number(kNoValue), "");
  EXPECT_EQ(csv_number(0.1 + 0.2), "0.3");
}

// Three quantiles of three delays, and two shares, behind the 12 metrics; no intervals.
TEST(SummaryCsv, HasWhatIsKnownOfALiveRun) {
  std::ostringstream out;
  write_summary_csv(out, make_report(comparison({live(constant_variant("p2c", {10}))})));
  const std::vector<std::string> lines = lines_of(out.str());
  ASSERT_EQ(lines.size(), 1 + 12 + 11 + 7 + 4u);
  EXPECT_TRUE(lines[13].starts_with("balancer=p2c,live.send_delay_us.p50,20.0")) << lines[13];
  EXPECT_EQ(lines[21], "balancer=p2c,live.hiccup_ms.max,12.0,,");
  EXPECT_EQ(lines[22], "balancer=p2c,live.timely_ratio,1.0,,");
  EXPECT_EQ(lines[23], "balancer=p2c,live.generator_cpu_ratio,0.25,,");
}

// 12 metrics, 6 latencies and the errors of one client, 4 figures of one service; two variants.
TEST(SummaryCsv, HasARowPerVariantAndMetric) {
  std::ostringstream out;
  write_summary_csv(out, two_variants());
  const std::vector<std::string> lines = lines_of(out.str());
  ASSERT_EQ(lines.size(), 1 + 2 * (12 + 7 + 4u));
  EXPECT_EQ(lines[0], "variant,metric,value,ci_low,ci_high");
  EXPECT_EQ(lines[1], "balancer=random,latency_ms.mean,20.0,20.0,20.0");
  EXPECT_EQ(lines[24], "\"balancer=p2c(choices=3, \"\"x\"\")\",latency_ms.mean,10.0,,");
  EXPECT_EQ(lines[20], "balancer=random,services.orders.utilisation,0.5,0.5,0.5");
}

TEST(SeriesCsv, HasARowPerSliceOfTime) {
  std::ostringstream out;
  write_series_csv(out, two_variants());
  const std::vector<std::string> lines = lines_of(out.str());
  ASSERT_EQ(lines.size(), 1 + 2 * 4u);
  EXPECT_EQ(lines[0],
            "variant,time_s,offered_rps,goodput_rps,failed_rps,latency_ms_p50,latency_ms_p99");
  EXPECT_EQ(lines[1], "balancer=random,0.0,10.0,10.0,0.0,,");
  EXPECT_EQ(lines[2], "balancer=random,2.5,10.0,10.0,0.0,20.0,20.0");
}

TEST(LatencyHgrm, BeginsWithTheBestVariant) {
  std::ostringstream out;
  write_latency_hgrm(out, two_variants());
  const std::vector<std::string> lines = lines_of(out.str());
  EXPECT_EQ(lines[0], "#[Variant = balancer=p2c(choices=3, \"x\")]");
  EXPECT_EQ(lines[1], "       Value     Percentile TotalCount 1/(1-Percentile)");
  EXPECT_NE(out.str().find("#[Variant = balancer=random]\n       Value "), std::string::npos);
  EXPECT_NE(out.str().find("      10.000 1.000000000000        100"), std::string::npos);
}

}  // namespace
}  // namespace steelyard
