#include "reports/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "reports/layout.h"
#include "reports/results_json.h"
#include "tests/reports/builder.h"

namespace steelyard {
namespace {

using testing::comparison;
using testing::constant_variant;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ResultSet set_of(std::string label, std::vector<VariantRecord> variants, std::uint64_t seed = 7) {
  ComparisonRecord record = comparison(std::move(variants));
  record.seed = seed;
  Result<ResultSet> set =
      read_result_set(std::move(label), compact(results_json(make_report(record))));
  EXPECT_TRUE(set) << set.error();
  return set.value();
}

// Replications spread by 0.1: independent, a difference of 0.05 is t = 0.05 / (0.1 sqrt(2 / 3)) =
// 0.61 at 4 degrees, nothing; in pairs it is the same every time.
std::vector<ResultSet> two_sets(std::uint64_t second_seed = 8) {
  return {set_of("v1", {constant_variant("p2c", {10, 10.1, 10.2}),
                        constant_variant("random", {20, 20.1, 20.2})}),
          set_of("v2",
                 {constant_variant("p2c", {10.05, 10.15, 10.25}),
                  constant_variant("random", {30, 30.1, 30.2})},
                 second_seed)};
}

TEST(SideBySide, HoldsEverySetAgainstTheFirst) {
  const std::vector<ComparedRow> rows = side_by_side(two_sets());
  ASSERT_EQ(rows.size(), 2 * kMetrics.size());
  const ComparedRow& p2c = rows[metric::kMean];
  EXPECT_EQ(p2c.variant, "p2c");
  EXPECT_FALSE(p2c.cells[0].relative);
  EXPECT_NEAR(*p2c.cells[1].relative, 0.05 / 10.1, 1e-9);
  EXPECT_FALSE(*p2c.cells[1].differs);
  const ComparedRow& random = rows[kMetrics.size() + metric::kMean];
  EXPECT_NEAR(*random.cells[1].relative, 10 / 20.1, 1e-9);
  EXPECT_TRUE(*random.cells[1].differs);
  // Bonferroni's for two: t(4) at 2.5% is 3.495, times 0.1 sqrt(2 / 3) = 0.0816.
  EXPECT_NEAR(random.cells[1].difference_ci95->low, 10 - 3.495 * 0.08165, 1e-3);
  EXPECT_EQ(*rows[metric::kErrorRatio].cells[1].relative, 0);  // 0 and 0
}

// The same scenario, seed and replications: the same requests.
TEST(SideBySide, ComparesInPairsWhereTheRequestsAreTheSame) {
  const std::vector<ResultSet> sets = two_sets(7);
  EXPECT_EQ(test_between(sets[0], sets[1]), DifferenceTest::paired);
  EXPECT_TRUE(*side_by_side(sets)[metric::kMean].cells[1].differs);
  EXPECT_EQ(test_between(sets[0], two_sets(8)[1]), DifferenceTest::welch);
  std::vector<ResultSet> other = two_sets(7);
  other[1].results["scenario"]["digest"] = "other";
  EXPECT_EQ(test_between(other[0], other[1]), DifferenceTest::welch);
  other = two_sets(7);
  other[1].results["replications"] = 2;
  EXPECT_EQ(test_between(other[0], other[1]), DifferenceTest::welch);
}

// p = 0.03 for each of two, more than 0.05 / 2: one alone would be called different.
TEST(SideBySide, CorrectsForTheNumberOfVariants) {
  // Differences in pairs of 1, 1.2, 1.85 (mean 1.35, deviation 0.444): t = 5.27 at 2, p = 0.034.
  const auto first = [](const char* name) { return constant_variant(name, {10, 10, 10}); };
  const auto second = [](const char* name) { return constant_variant(name, {11, 11.2, 11.85}); };
  EXPECT_TRUE(
      *side_by_side({set_of("v1", {first("a")}), set_of("v2", {second("a")})})[metric::kMean]
           .cells[1]
           .differs);
  EXPECT_FALSE(*side_by_side({set_of("v1", {first("a"), first("b")}),
                              set_of("v2", {second("a"), second("b")})})[metric::kMean]
                    .cells[1]
                    .differs);
}

TEST(SideBySide, KeepsVariantsThatASetLacks) {
  const std::vector<ComparedRow> rows =
      side_by_side({set_of("v1", {constant_variant("p2c", {10})}),
                    set_of("v2", {constant_variant("random", {20})})});
  ASSERT_EQ(rows.size(), 2 * kMetrics.size());
  EXPECT_FALSE(rows[metric::kMean].cells[1].metric.known());
  EXPECT_FALSE(rows[metric::kMean].cells[1].relative);
  EXPECT_FALSE(rows[kMetrics.size()].cells[0].metric.known());
}

TEST(ComparisonSentences, SayWhatDiffersAndWhetherTheOrderHolds) {
  EXPECT_THAT(
      comparison_sentences(two_sets()),
      ElementsAre("Against v1, p99 latency with v2 is higher for random (+50%); for 1 other "
                  "no difference can be shown.",
                  "v1 and v2 both have p2c lowest; 1 of 1 pair of variants is in the same "
                  "order.",
                  "The sets differ in seed: not every difference comes from what is compared.",
                  "Differences are judged between independent replications (Welch's t, corrected "
                  "for 2 variants)."));
}

TEST(ComparisonSentences, SayWhenSetsAgree) {
  const std::vector<ResultSet> sets{two_sets()[0], two_sets()[0]};
  EXPECT_THAT(comparison_sentences(sets),
              ElementsAre("v1 agrees with v1: no difference in p99 latency can be shown for any of "
                          "2 variants.",
                          "v1 and v1 both have p2c lowest; 1 of 1 pair of variants is in the "
                          "same order.",
                          "Differences are judged in pairs of replications that faced the same "
                          "requests (Student's t, corrected for 2 variants)."));
}

TEST(ComparisonSentences, SayWhenTheRecommendationChanges) {
  const std::vector<ResultSet> sets{set_of("sim", {constant_variant("p2c", {10, 10.1, 10.2}),
                                                   constant_variant("random", {20, 20.1, 20.2})}),
                                    set_of("live", {constant_variant("p2c", {25, 25.1, 25.2}),
                                                    constant_variant("random", {20, 20.1, 20.2})})};
  EXPECT_THAT(comparison_sentences(sets),
              Contains("sim has p2c lowest, live has random; 0 of 1 pair of variants are in the "
                       "same order."));
}

TEST(ComparisonSentences, DoNotJudgeWithoutIntervals) {
  const std::vector<ResultSet> sets{set_of("v1", {constant_variant("p2c", {10})}),
                                    set_of("v2", {constant_variant("p2c", {11})})};
  EXPECT_THAT(comparison_sentences(sets)[0],
              HasSubstr("different, without replications to judge by, for p2c (+10%)"));
}

TEST(ComparisonSentences, WarnOfOtherSeedsAndScenarios) {
  std::vector<ResultSet> sets = two_sets();
  sets[1] = set_of("v2", {constant_variant("p2c", {10, 11})}, 8);
  sets[1].results["scenario"]["digest"] = "other";
  EXPECT_THAT(comparison_sentences(sets),
              Contains("The sets differ in seed and number of replications: not every difference "
                       "comes from what is compared."));
  EXPECT_EQ(comparison_sentences(sets)[0],
            "v1 and v2 are of different scenarios: their figures differ by that already.");
  sets = {set_of("v1", {constant_variant("p2c", {10})}),
          set_of("v2", {constant_variant("random", {1})})};
  EXPECT_THAT(comparison_sentences(sets), Contains("v1 and v2 have no variant in common."));
}

TEST(ComparisonReport, IsATablePerMetric) {
  const std::string text = comparison_report(two_sets());
  EXPECT_THAT(text, HasSubstr("p99 latency     v1             v2\n"
                              "─────────────────────────────────────────────────────\n"
                              "p2c             10.1 ms ± 0.2  10.2 ms ± 0.2  +0.5% ≈\n"
                              "random          20.1 ms ± 0.2  30.1 ms ± 0.2     +50%\n"))
      << text;
  EXPECT_THAT(text, HasSubstr("\nerror ratio     v1  v2\n"
                              "─────────────────────────\n"
                              "p2c             0%  0%  =\n"))
      << text;
  EXPECT_THAT(text, HasSubstr("≈ no difference can be shown\n"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80u) << line;
}

TEST(ComparisonCsv, HasARowPerVariantMetricAndSet) {
  std::ostringstream out;
  write_comparison_csv(out, two_sets());
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 2 * 2 * 12);
  EXPECT_THAT(text, HasSubstr("\nrandom,latency_ms.mean,v2,30.1,29.8515862,30.3484138,0.497512438,"
                              "9.7146013,10.2853987,true,Welch's t\n"));
  EXPECT_THAT(text, HasSubstr("\np2c,latency_ms.mean,v1,10.1,9.85158623,10.3484138,,,,,\n"));
}

}  // namespace
}  // namespace steelyard
