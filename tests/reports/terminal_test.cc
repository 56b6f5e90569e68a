#include "reports/terminal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "reports/layout.h"
#include "tests/reports/builder.h"

namespace steelyard {
namespace {

using testing::comparison;
using testing::constant_variant;
using ::testing::HasSubstr;
using testing::live;
using ::testing::Not;
using testing::run_with;
using testing::variant;

ComparisonRecord three_variants() {
  return comparison({constant_variant("random", {30, 31, 29.5}),
                     constant_variant("p2c", {10, 11, 10.5}),
                     constant_variant("least_request", {10.2, 10.4, 10.9})});
}

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, display_width(line));
  return widest;
}

// least_request and p2c have the same mean of 10.5.
TEST(RankedTable, HasTheBestFirst) {
  EXPECT_EQ(ranked_table(make_report(three_variants())),
            "#  balancer       p99 ms      × best  p50   mean  errors  goodput  imbalance\n"
            "────────────────────────────────────────────────────────────────────────────\n"
            "1  p2c            10.5 ± 1.2  1.00    10.5  10.5  0%       12.5/s  1.00\n"
            "2  least_request  10.5 ± 0.9  1.00 ≈  10.5  10.5  0%       12.5/s  1.00\n"
            "3  random         30.2 ± 1.9  2.87    30.2  30.2  0%       12.5/s  1.00\n");
}

TEST(TerminalReport, BeginsWithTheQuestionAndTheAnswer) {
  const std::string text = terminal_report(make_report(three_variants()));
  EXPECT_TRUE(text.starts_with(
      "quickstart: Which balancer keeps checkout fast while one instance is slow?\n\n"
      "p2c has the lowest p99 latency, 10.5 ms ± 1.2, 65% below random; least_request\n"
      "cannot be told apart from it.\n\n"))
      << text;
  EXPECT_THAT(text, HasSubstr("≈ cannot be told apart from the best."));
  EXPECT_THAT(text, HasSubstr("What this leaves out:\n- connections are not modelled\n"));
  EXPECT_TRUE(text.ends_with("Simulated, seed 7, steelyard 0.1.0 (0123456789ab).\n")) << text;
}

TEST(TerminalReport, HasNoEscapesUnlessAskedForColour) {
  const Report report = make_report(three_variants());
  EXPECT_THAT(terminal_report(report), Not(HasSubstr("\x1b")));
  EXPECT_THAT(terminal_report(report, {.width = 80, .colour = true}), HasSubstr("\x1b[1m"));
}

TEST(TerminalReport, FitsIntoTheWidth) {
  ComparisonRecord record = three_variants();
  record.variants[0].name = "balancer=" + std::string(90, 'x');
  record.variants[0].settings[0].value = std::string(90, 'x');
  record.variants[0].theory = {{"latency_ms.mean", "M/M/1, a model with a long name", 40, 0.1}};
  const Report report = make_report(record);
  EXPECT_LE(widest_line(ranked_table(report)), 80u);
  EXPECT_LE(widest_line(ranked_table(report, {.width = 60, .colour = false})), 60u);
}

TEST(TerminalReport, ShowsExpectationsAndTheory) {
  ComparisonRecord record = three_variants();
  record.expectations = {
      {"latency_ms.p99 < 100", "latency_ms.p99", ExpectationFacts::Comparison::less, 100, ""},
      {"error_ratio > 1%", "error_ratio", ExpectationFacts::Comparison::greater, 0.01, ""}};
  record.variants[1].theory = {{"latency_ms.mean", "M/D/1", 10.4, 0.001},
                               {"latency_ms.p50", "M/D/1", 20, 0.01}};
  const std::string text = terminal_report(make_report(record));
  EXPECT_THAT(text, HasSubstr("✓ met     latency_ms.p99 < 100   (p2c: 10.5 ms)\n"));
  EXPECT_THAT(text, HasSubstr("✗ not met error_ratio > 1%   (p2c: 0%)\n"));
  EXPECT_THAT(
      text,
      HasSubstr("p2c      mean latency    M/D/1  10.4        0.1%  10.5 ± 1.2   +0.96%  yes\n"));
  EXPECT_THAT(text, HasSubstr("NO\n"));
}

TEST(TerminalReport, ShowsBoundsAsBounds) {
  ComparisonRecord record = three_variants();
  record.variants[1].theory = {
      {.metric = "latency_ms.mean", .model = "bounds", .value = 15, .low = 9, .high = 21}};
  EXPECT_THAT(terminal_report(make_report(record)),
              HasSubstr("p2c      mean latency  bounds  9 to 21        1%  10.5 ± 1.2"));
}

TEST(TerminalReport, OfFailuresOnlyStillStands) {
  const Report report = make_report(
      comparison({variant("p2c", {run_with({}, 10)}), variant("random", {run_with({}, 10)})}));
  const std::string text = terminal_report(report);
  EXPECT_THAT(text, HasSubstr("No variant answered a request."));
  EXPECT_THAT(text, HasSubstr("100%"));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

// Every hundredth send 5 ms late, so p99 is the plan's 20 µs still and the share 99%.
TEST(TerminalReport, SaysHowFarToTrustALiveRun) {
  ComparisonRecord record = comparison(
      {live(constant_variant("p2c", {10, 10})), live(constant_variant("random", {20, 20}), 1)});
  record.world = "live";
  record.skipped = {{"envoy", "envoy is not installed"}};
  record.variants[0].attachments = {{"nginx.conf", "worker_processes 1;"}};
  for (RunRecord& run : record.variants[0].runs)
    run.live->proxy = {.cpu_seconds = 0.0005, .requests = 100};
  const std::string text = terminal_report(make_report(record));
  EXPECT_THAT(
      text,
      HasSubstr("How far to trust this live run:\n"
                "balancer  timely  late p99  p50 ms  service  p99 ms  service  hiccup max  core\n"
                "──────────────────────────────────────────────────────────────────────────────\n"
                "p2c         100%   20.0 µs  10.0     9.02    10.0     9.02       12.0 ms   25%\n"
                "random     99.0%   20.0 µs  20.0    18.0     20.0    18.0        12.0 ms   25%\n"))
      << text;
  EXPECT_LT(text.find("! These figures are not to be trusted."), text.find("#  balancer")) << text;
  EXPECT_THAT(text, HasSubstr("Skipped: envoy (envoy is not installed).\n"));
  EXPECT_THAT(text, HasSubstr("Processor time of the proxy for each request: p2c 5.00 µs.\n"));
  EXPECT_THAT(text, HasSubstr("Kept in results.json: nginx.conf of p2c.\n"));
  EXPECT_THAT(text, HasSubstr("Measured live, seed 7"));
  EXPECT_LE(widest_line(text), 80u) << text;
}

TEST(TerminalReport, OfASimulationSaysNothingOfALiveRun) {
  const std::string text = terminal_report(make_report(three_variants()));
  EXPECT_THAT(text, Not(HasSubstr("live")));
  EXPECT_THAT(text, Not(HasSubstr("Skipped")));
}

TEST(TerminalReport, ChoosesTheUnitByTheBest) {
  const Report report =
      make_report(comparison({constant_variant("p2c", {0.2}), constant_variant("random", {4})}));
  EXPECT_THAT(ranked_table(report), HasSubstr("p99 µs"));
  EXPECT_THAT(ranked_table(report), HasSubstr("4,000"));
}

}  // namespace
}  // namespace steelyard
