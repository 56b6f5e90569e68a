#include "app/runner.h"

#include <gtest/gtest.h>

#include "app/facts.h"
#include "reports/results_json.h"
#include "reports/statistics.h"
#include "scenarios/loader.h"

namespace steelyard::app {
namespace {

Comparison comparison(std::vector<std::string> overrides = {}) {
  const LoadResult loaded = load_scenario_text(R"(
name: runner
run: {seed: 3, duration: 4s, warmup: 1s, replications: 4}
services:
  a: {instances: 3, concurrency: 2, service_time: {exponential: 5ms}}
clients:
  x: {calls: a, arrivals: {poisson: 600/s}}
compare: {balancer: [random, p2c, round_robin]}
)",
                                               "runner.yaml", {.overrides = std::move(overrides)});
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_text(problem);
  return loaded.comparison.value();
}

// All that a report says, but for what it cost.
std::string results(const Comparison& of, const RunnerOptions& options) {
  ComparisonRecord record;
  record.world = "sim";
  record.scenario = facts_of(of);
  record.variants = run_comparison(of, options).variants;
  Json json = results_json(make_report(record));
  for (Json& variant : json["variants"]) variant.erase("cost");
  return json.dump();
}

TEST(Runner, ResultsDoNotDependOnTheNumberOfThreads) {
  const std::string reference = results(comparison(), {.jobs = 1});
  for (const unsigned jobs : {2U, 3U, 8U, 0U})
    EXPECT_EQ(results(comparison(), {.jobs = jobs}), reference) << jobs << " jobs";
}

TEST(Runner, EveryVariantHasEveryReplicationInOrder) {
  const RunnerResult all = run_comparison(comparison(), {.jobs = 3});
  const RunnerResult two = run_comparison(comparison({"run.replications=2"}), {.jobs = 1});
  EXPECT_FALSE(all.stopped);
  EXPECT_EQ(all.runs_done, 12u);
  EXPECT_EQ(all.runs_planned, 12u);
  ASSERT_EQ(all.variants.size(), 3u);
  EXPECT_EQ(all.variants[0].name, "balancer=random");
  EXPECT_EQ(all.variants[2].settings[0].value, "round_robin");
  for (std::size_t v = 0; v < 3; ++v) {
    ASSERT_EQ(all.variants[v].runs.size(), 4u);
    for (std::size_t r = 0; r < 2; ++r)
      EXPECT_EQ(all.variants[v].runs[r].clients[0].latency_ns.mean(),
                two.variants[v].runs[r].clients[0].latency_ns.mean());
  }
}

// Replication r of every variant meets the same arrivals.
TEST(Runner, VariantsArePaired) {
  const RunnerResult result = run_comparison(comparison(), {.jobs = 2});
  for (std::size_t r = 0; r < 4; ++r)
    for (std::size_t v = 1; v < 3; ++v)
      EXPECT_EQ(result.variants[v].runs[r].offered, result.variants[0].runs[r].offered);
  EXPECT_NE(result.variants[0].runs[0].offered, result.variants[0].runs[1].offered);
}

// ---- replications: auto
// ------------------------------------------------------------------------------------------------

std::string automatic(const std::string& width) {
  return "run.replications={auto: {relative_width: " + width + ", first: 3, limit: 40}}";
}

double widest(const RunnerResult& result) {
  double widest = 0;
  for (const VariantRecord& variant : result.variants) {
    std::vector<double> p99s;
    for (const RunRecord& run : variant.runs)
      p99s.push_back(static_cast<double>(run.clients[0].latency_ns.quantile(0.99)));
    const Estimate estimate = estimate_mean(p99s);
    widest = std::max(widest, (estimate.ci95->high - estimate.value) / estimate.value);
  }
  return widest;
}

TEST(AutomaticReplications, StopWhenEveryIntervalIsNarrow) {
  const RunnerResult result = run_comparison(comparison({automatic("20%")}), {.jobs = 2});
  const std::size_t count = result.variants[0].runs.size();
  EXPECT_GT(count, 3u);
  EXPECT_LT(count, 40u);
  EXPECT_LE(widest(result), 0.2);
  for (const VariantRecord& variant : result.variants) EXPECT_EQ(variant.runs.size(), count);
  EXPECT_EQ(result.replications_planned, count);
}

TEST(AutomaticReplications, StopAfterTheFirstLookIfThatIsEnough) {
  const RunnerResult result = run_comparison(comparison({automatic("100%")}), {.jobs = 2});
  EXPECT_LE(widest(result), 1.0);
  EXPECT_EQ(result.variants[0].runs.size(), 3u);
}

TEST(AutomaticReplications, NeverPassTheLimit) {
  const RunnerResult result = run_comparison(comparison({automatic("0.1%")}), {.jobs = 2});
  EXPECT_EQ(result.variants[0].runs.size(), 40u);
  EXPECT_GT(widest(result), 0.001);
}

TEST(AutomaticReplications, DoNotDependOnTheNumberOfThreads) {
  const Comparison of = comparison({automatic("20%")});
  EXPECT_EQ(results(of, {.jobs = 3}), results(of, {.jobs = 1}));
}

// ---- Stopping
// ------------------------------------------------------------------------------------------------

TEST(Runner, AStoppedRunKeepsWholeReplications) {
  std::atomic<bool> stop{false};
  RunnerOptions options{.jobs = 2, .stop = &stop};
  options.progress = [&](double, std::uint64_t done, std::uint64_t) {
    if (done >= 7) stop = true;
  };
  const RunnerResult result =
      run_comparison(comparison({"run.replications=10000", "run.duration=400s"}), options);
  EXPECT_TRUE(result.stopped);
  const std::size_t kept = result.variants[0].runs.size();
  EXPECT_GE(kept, 2u) << "seven runs of three variants";
  EXPECT_LT(kept, 10'000u);
  EXPECT_EQ(result.runs_done, 3 * kept);
  EXPECT_EQ(result.runs_planned, 30'000u);
  for (const VariantRecord& variant : result.variants) ASSERT_EQ(variant.runs.size(), kept);
  for (std::size_t r = 0; r < kept; ++r)
    EXPECT_EQ(result.variants[1].runs[r].offered, result.variants[0].runs[r].offered);
}

TEST(Runner, StoppedFromTheStartHasNothing) {
  const std::atomic<bool> stop{true};
  const RunnerResult result = run_comparison(comparison(), {.jobs = 2, .stop = &stop});
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(result.runs_done, 0u);
  for (const VariantRecord& variant : result.variants) EXPECT_TRUE(variant.runs.empty());
}

TEST(Runner, ReportsProgressUpToTheEnd) {
  double last = 0;
  std::uint64_t done = 0;
  RunnerOptions options{.jobs = 2};
  options.progress = [&](double share, std::uint64_t runs, std::uint64_t planned) {
    EXPECT_GE(share, last);
    EXPECT_LE(share, 1);
    EXPECT_EQ(planned, 12u);
    last = share;
    done = runs;
  };
  run_comparison(comparison(), options);
  EXPECT_EQ(last, 1);
  EXPECT_EQ(done, 12u);
}

}  // namespace
}  // namespace steelyard::app
