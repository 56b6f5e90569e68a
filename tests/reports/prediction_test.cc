#include "reports/prediction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "reports/compare.h"
#include "reports/layout.h"
#include "reports/results_json.h"
#include "tests/reports/builder.h"

namespace steelyard {
namespace {

using testing::comparison;
using testing::constant_variant;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::live;
using ::testing::Not;
using testing::run_with;
using ::testing::StartsWith;
using testing::variant;

ResultSet set_of(std::string world, std::vector<VariantRecord> variants) {
  ComparisonRecord record = comparison(std::move(variants));
  record.world = world;
  Result<ResultSet> set =
      read_result_set(std::move(world), compact(results_json(make_report(record))));
  EXPECT_TRUE(set) << set.error();
  return set.value();
}

ResultSet simulated(std::vector<VariantRecord> variants) {
  return set_of("sim", std::move(variants));
}

ResultSet measured(std::vector<VariantRecord> variants, std::uint64_t late = 0) {
  for (VariantRecord& each : variants) each = live(std::move(each), late);
  return set_of("live", std::move(variants));
}

// Five replications around a value, 1% apart: the interval is 2.776 * 0.0158 / sqrt 5 = 2% of it.
VariantRecord around(std::string balancer, double ms) {
  return constant_variant(std::move(balancer), {0.98 * ms, 0.99 * ms, ms, 1.01 * ms, 1.02 * ms});
}

TEST(Predictions, AreOfVariantsThatBothWorldsHave) {
  const std::vector<Prediction> all =
      predictions(measured({around("p2c", 10), around("random", 20), around("envoy", 5)}),
                  simulated({around("random", 22), around("p2c", 9.5)}));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].variant, "p2c");
  EXPECT_NEAR(all[0].error(metric::kMean), -0.05, 1e-9);
  EXPECT_NEAR(all[1].error(metric::kMean), 0.1, 1e-9);
  EXPECT_EQ(all[0].error(metric::kErrorRatio), 0);  // none in either
  EXPECT_NEAR(all[0].live_doubt(metric::kMean), 2.776 * 0.015811 / std::sqrt(5.0), 1e-4);
  EXPECT_EQ(all[0].circumstances.timely_ratio, 1);
  EXPECT_EQ(all[0].circumstances.hiccup_ms_max, 12);
  EXPECT_TRUE(all[0].circumstances.trustworthy);
}

TEST(PredictionSentences, BeginWithHowGoodTheSimulationIs) {
  const std::vector<std::string> sentences = prediction_sentences(
      measured({around("p2c", 10), around("random", 20), around("maglev", 40)}),
      simulated({around("p2c", 10.3), around("random", 20.1), around("maglev", 43)}));
  EXPECT_THAT(sentences,
              ElementsAre("The simulation predicts the live p99 latency within 7.5% for every "
                          "variant (median 3.0%); median latency within 7.5%; throughput within "
                          "0%.",
                          "Both worlds rank p2c first; 3 of the 3 pairs of variants that the live "
                          "run tells apart are in the same order simulated."));
}

// 27 for 20 is 35% more; two hiccups in a thousand are of 12 ms, more than a tenth of 20 ms.
TEST(PredictionSentences, NameWhatMissesItsAimAndWhatMayExplainIt) {
  const std::vector<std::string> sentences =
      prediction_sentences(measured({around("p2c", 10), around("random", 20)}),
                           simulated({around("p2c", 10.3), around("random", 27)}));
  EXPECT_THAT(sentences[0], StartsWith("The simulation beside the live run: p99 latency off by up "
                                       "to 35% (random; aim 20%); median latency off by up to 35% "
                                       "(random; aim 10%); throughput within 0%."));
  ASSERT_EQ(sentences.size(), 4u);
  EXPECT_THAT(sentences[2],
              HasSubstr("+35% (aim: within 20%). It may be that the machine hiccupped "
                        "by 12.0 ms at its p99.9."));
  // The median does not care for two hiccups in a thousand.
  EXPECT_THAT(sentences[3], HasSubstr("Nothing that was measured explains it"));
}

TEST(PredictionSentences, BlameALateGenerator) {
  const std::vector<std::string> sentences =
      prediction_sentences(measured({around("p2c", 1000)}, 10), simulated({around("p2c", 700)}));
  EXPECT_THAT(sentences[0], StartsWith("The simulation beside the live run: p99 latency off by 30% "
                                       "(aim 20%);"));
  EXPECT_THAT(sentences[1],
              HasSubstr("the load generator fell behind its plan (90.0% of sends on time), or that "
                        "live requests also cost processor time"));
}

TEST(PredictionSentences, DoubtALiveValueThatIsHardlyKnown) {
  EXPECT_THAT(prediction_sentences(measured({constant_variant("p2c", {500, 1000, 1500})}),
                                   simulated({around("p2c", 1300)})),
              ::testing::Contains(HasSubstr("the live value itself is only known to ± 124%")));
  EXPECT_THAT(
      prediction_sentences(measured({constant_variant("p2c", {1000})}),
                           simulated({around("p2c", 1300)})),
      ::testing::Contains(HasSubstr("it is chance, of which one live replication says nothing")));
}

// A simulation of 30 s whose fault comes later predicts nothing about a live run of 8 s: that
// comes before all figures, and before chance and hiccups.
TEST(PredictionSentences, BlameAnotherScenarioFirst) {
  const ResultSet live_set = measured({constant_variant("p2c", {10})});
  ResultSet sim_set = simulated({around("p2c", 30)});
  Json& scenario = sim_set.results["scenario"];
  scenario["digest"] = "other";
  EXPECT_THAT(
      comparison_sentences({sim_set, live_set}),
      ::testing::Contains(HasSubstr("The scenarios differ; besides, it may be that it is")));
  scenario["duration_s"] = 30;
  scenario["graph"]["nodes"][1]["instances"] = 3;
  const std::string keys = "run.duration (10 s and 30 s) and services.orders.instances (2 and 3)";
  const std::vector<std::string> sentences = comparison_sentences({sim_set, live_set});
  EXPECT_EQ(sentences[0], "live and sim are of different scenarios, in " + keys +
                              ": their figures differ by that already.");
}

TEST(PredictionSentences, NameFailuresThatOnlyOneWorldHas) {
  std::vector<RunRecord> runs;
  for (const double ms : {990.0, 1000.0, 1010.0})
    runs.push_back(run_with(std::vector<double>(90, ms), 10, Outcome::deadline_exceeded));
  EXPECT_THAT(prediction_sentences(measured({variant("p2c", std::move(runs))}),
                                   simulated({around("p2c", 1300)})),
              ::testing::Contains(HasSubstr("10% of the requests failed live and 0% simulated")));
}

TEST(PredictionSentences, SayWhenTheWorldsRecommendDifferently) {
  EXPECT_THAT(prediction_sentences(measured({around("p2c", 10), around("random", 20)}),
                                   simulated({around("p2c", 30), around("random", 25)})),
              ::testing::Contains("The live run ranks p2c first, the simulation random; 0 of the 1 "
                                  "pair of variants that the live run tells apart are in the same "
                                  "order simulated."));
  EXPECT_THAT(prediction_sentences(measured({around("p2c", 10), around("random", 10.05)}),
                                   simulated({around("p2c", 10), around("random", 9.9)})),
              ::testing::Contains(HasSubstr("the simulation random")));
}

TEST(PredictionSentences, DoNotListEveryMiss) {
  std::vector<VariantRecord> slow, fast;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    slow.push_back(around(name, 10));
    fast.push_back(around(name, 5));
  }
  const std::vector<std::string> sentences =
      prediction_sentences(measured(std::move(slow)), simulated(std::move(fast)));
  EXPECT_EQ(sentences.back(), "4 more predictions miss their aims.");  // of ten, six are explained
}

TEST(PredictionTable, HasTheErrorsBesideTheCircumstances) {
  const std::string text =
      prediction_table(measured({around("p2c", 10), around("random", 20)}),
                       simulated({around("p2c", 10.3), around("random", 27)}), 100);
  EXPECT_EQ(text,
            "error of sim  throughput     p50     p99  live p99  timely   hiccup p99, max\n"
            "────────────────────────────────────────────────────────────────────────────\n"
            "p2c                    =   +3.0%   +3.0%    ± 2.0%    100%  50.0 µs, 12.0 ms\n"
            "random                 =  +35% ✗  +35% ✗    ± 2.0%    100%  50.0 µs, 12.0 ms\n");
}

TEST(Comparison, TakesTheLiveRunForTheTruthInEitherOrder) {
  const ResultSet live_set = measured({around("p2c", 10), around("random", 20)});
  const ResultSet sim_set = simulated({around("p2c", 10.3), around("random", 20.1)});
  EXPECT_EQ(comparison_report({live_set, sim_set}), comparison_report({sim_set, live_set}));
  EXPECT_EQ(reference_first({sim_set, live_set})[0].label, "live");
  EXPECT_EQ(comparison_json({sim_set, live_set})["reference"], "live");
  EXPECT_EQ(comparison_json({sim_set, live_set})["against"][0]["prediction"], true);
  EXPECT_EQ(comparison_json({sim_set, live_set})["aims"]["latency_ms.p99"], 0.2);
}

TEST(Comparison, OfOneWorldPredictsNothing) {
  const ResultSet first = simulated({around("p2c", 10)});
  ResultSet second = simulated({around("p2c", 11)});
  second.label = "other";
  EXPECT_FALSE(is_prediction(first, second));
  EXPECT_EQ(reference_first({second, first})[0].label, "other");
  EXPECT_THAT(comparison_json({first, second})["aims"], IsEmpty());
}

TEST(ComparisonReportOfBothWorlds, ShowsTheErrorOfEveryMetric) {
  const std::string text =
      comparison_report({simulated({around("p2c", 10.3), around("random", 27)}),
                         measured({around("p2c", 10), around("random", 20)}, 10)});
  EXPECT_TRUE(text.starts_with("! live: These figures are not to be trusted.")) << text;
  for (const MetricInfo& info : kMetrics)
    EXPECT_THAT(text, HasSubstr("\n" + std::string(info.label) + " ")) << text;
  EXPECT_THAT(text, HasSubstr("error\n"));
  EXPECT_THAT(text, HasSubstr("judged in pairs of replications"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80u) << line;
}

TEST(ComparisonOfBothWorlds, NamesWhatCouldNotRun) {
  ResultSet live_set = measured({around("p2c", 10)});
  live_set.results["skipped"] =
      Json::parse(R"([{"variant": "envoy", "reason": "envoy is not installed"}, 3])");
  EXPECT_THAT(comparison_report({simulated({around("p2c", 10)}), live_set}),
              HasSubstr("\nlive skipped envoy: envoy is not installed.\n"));
}

// What earlier versions wrote says nothing of live runs.
TEST(ComparisonOfBothWorlds, ReadsLiveResultsWithoutCircumstances) {
  ResultSet live_set = measured({around("p2c", 10)});
  live_set.results["variants"][0].erase("live");
  live_set.results["variants"][0].erase("attachments");
  live_set.results.erase("skipped");
  live_set.results["verdict"].erase("warnings");
  const std::string text = comparison_report({simulated({around("p2c", 10)}), live_set});
  EXPECT_THAT(text, HasSubstr("–, –"));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

TEST(ComparisonOfThreeSets, SaysWhichSimulationASentenceIsAbout) {
  ResultSet fitted = simulated({around("p2c", 10.1)});
  fitted.label = "fitted";
  const std::vector<std::string> sentences =
      comparison_sentences({simulated({around("p2c", 11)}), fitted, measured({around("p2c", 10)})});
  EXPECT_THAT(sentences[0], StartsWith("sim: The simulation predicts"));
  EXPECT_THAT(sentences[1], StartsWith("fitted: The simulation predicts"));
}

}  // namespace
}  // namespace steelyard
