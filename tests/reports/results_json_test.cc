#include "reports/results_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/reports/builder.h"
#include "tests/reports/schema_checker.h"

namespace steelyard {
namespace {

using testing::comparison;
using testing::constant_variant;
using ::testing::IsEmpty;
using testing::live;
using testing::run_with;
using testing::SchemaChecker;
using testing::variant;

std::string contents(const std::string& path) {
  std::ifstream in(STEELYARD_SOURCE_DIR "/" + path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

SchemaChecker published_schema() {
  return SchemaChecker(Json::parse(contents("reports/results.schema.json")));
}

// Two variants, three replications, failures, a fault, theory, an expectation: a bit of all.
ComparisonRecord rich_record() {
  std::vector<RunRecord> runs;
  for (const double ms : {20.0, 21.0, 22.0}) {
    RunRecord run = run_with(std::vector<double>(90, ms), 10, Outcome::deadline_exceeded);
    run.unfinished = 2;
    run.offered += 2;
    runs.push_back(std::move(run));
  }
  ComparisonRecord record =
      comparison({variant("random", std::move(runs)), constant_variant("p2c", {10, 11, 12.5})});
  record.scenario.description = "Small and <odd> \"text\".";
  record.scenario.overrides = {"run.duration=10s"};
  record.scenario.faults = {
      {.from = 4s, .to = 7s, .kind = "slow", .label = "slow ×10 on orders/0"}};
  record.scenario.services[0].queue_limit = -1;
  record.variants[1].theory = {{"latency_ms.mean", "M/M/1", 11, 0.01}};
  record.expectations = {
      {"latency_ms.p99 < 100", "latency_ms.p99", ExpectationFacts::Comparison::less, 100, ""}};
  return record;
}

// The same, live: one variant's generator late, a variant skipped, a configuration kept.
ComparisonRecord live_record() {
  ComparisonRecord record = rich_record();
  record.world = "live";
  record.variants[0] = live(std::move(record.variants[0]), 10);
  record.variants[1] = live(std::move(record.variants[1]));
  for (RunRecord& run : record.variants[1].runs)
    run.live->proxy = {.cpu_seconds = 0.0005, .requests = 100};
  record.variants[1].attachments = {{"nginx.conf", "worker_processes 1;\n"}};
  record.skipped = {{"via=envoy", "envoy is not installed"}};
  return record;
}

std::string written(const ComparisonRecord& record) {
  std::ostringstream out;
  write_json(out, results_json(make_report(record)));
  return out.str();
}

// Rewritten on purpose only: STEELYARD_REWRITE_GOLDEN=1 reports_tests.
TEST(ResultsJson, IsByteForByteTheGoldenOne) {
  const std::string path = "tests/reports/results.golden.json";
  const std::string text = written(rich_record());
  if (std::getenv("STEELYARD_REWRITE_GOLDEN") != nullptr)
    std::ofstream(STEELYARD_SOURCE_DIR "/" + path) << text;
  EXPECT_EQ(text, contents(path));
}

TEST(ResultsJson, IsAsThePublishedSchemaSays) {
  const SchemaChecker schema = published_schema();
  EXPECT_THAT(schema.problems(results_json(make_report(rich_record()))), IsEmpty());
  EXPECT_THAT(schema.problems(results_json(make_report(live_record()))), IsEmpty());
  // One replication, no success at all, no settings, no replication: everything that may be null.
  ComparisonRecord bare = comparison({variant("p2c", {run_with({}, 10)}), variant("random", {})});
  bare.variants[0].settings.clear();
  EXPECT_THAT(schema.problems(results_json(make_report(bare))), IsEmpty());
  bare.variants[0].runs[0].live.emplace();  // nothing sent, nothing answered
  EXPECT_THAT(schema.problems(results_json(make_report(bare))), IsEmpty());
}

TEST(ResultsJson, SchemaCheckNoticesMistakes) {
  const SchemaChecker schema = published_schema();
  const Json good = results_json(make_report(rich_record()));
  Json bad = good;
  bad["variants"][0]["metrics"]["latency_ms"].erase("p99");
  EXPECT_EQ(schema.problems(bad).size(), 1u);
  bad = good;
  bad["surprise"] = 1;
  EXPECT_EQ(schema.problems(bad).size(), 1u);
  bad = good;
  bad["seed"] = "seven";
  EXPECT_EQ(schema.problems(bad).size(), 1u);
}

// The fixed part of the format, read by other programs.
TEST(ResultsJson, HasWhatOtherProgramsRead) {
  const Json json = results_json(make_report(rich_record()));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["scenario"]["name"], "quickstart");
  EXPECT_EQ(json["replications"], 3);
  const Json& random = json["variants"][0];
  EXPECT_EQ(random["name"], "balancer=random");
  EXPECT_EQ(random["settings"]["balancer"], "random");
  EXPECT_EQ(random["metrics"]["error_ratio"]["value"], 0.1);
  EXPECT_EQ(random["replication_values"]["latency_ms.mean"], Json({20.0, 21.0, 22.0}));
  EXPECT_EQ(random["cost"]["requests_per_second"], 204.0);  // 306 offered in 1.5 s
  EXPECT_TRUE(json["scenario"]["graph"]["nodes"][1]["queue_limit"].is_null());
  EXPECT_EQ(json["verdict"]["best"], "balancer=p2c");
  EXPECT_EQ(json["rankings"].size(), kMetrics.size());
}

// Latencies of 10, 11 and 12.5 ms, a hundred each: the median is 11 ms, nine tenths of that from
// the send. 20 µs from plan to send; two hiccups in a thousand of 12 ms, the others of 50 µs.
TEST(ResultsJson, OfALiveRunSaysHowFarToTrustIt) {
  const Json json = results_json(make_report(live_record()));
  EXPECT_EQ(json["world"], "live");
  const Json& p2c = json["variants"][1]["live"];
  EXPECT_NEAR(p2c["send_delay_us"]["p50"].get<double>(), 20, 20.0 / 256);
  EXPECT_NEAR(p2c["latency_ms"]["p50"].get<double>(), 11, 11.0 / 256);
  EXPECT_NEAR(p2c["service_time_ms"]["p50"].get<double>(), 9.9, 2 * 9.9 / 256);
  EXPECT_NEAR(p2c["hiccup_ms"]["p99"].get<double>(), 0.05, 0.05 / 256);
  EXPECT_EQ(p2c["hiccup_ms"]["max"], 12.0);
  EXPECT_EQ(p2c["sends"], 300);
  EXPECT_EQ(p2c["timely_ratio"], 1.0);
  EXPECT_EQ(p2c["generator_cpu_ratio"], 0.25);
  EXPECT_EQ(p2c["trustworthy"], true);
  EXPECT_EQ(p2c["proxy"]["cpu_us_per_request"], 5.0);  // 3 x 0.5 ms for 3 x 100 requests
  EXPECT_EQ(p2c["service_time_percentiles_ms"].size(),
            json["variants"][1]["latency_percentiles_ms"].size());
  const Json& random = json["variants"][0]["live"];
  EXPECT_EQ(random["trustworthy"], false);
  EXPECT_FALSE(random.contains("proxy"));
  EXPECT_NE(random["why"].get<std::string>().find("below 99.9%"), std::string::npos);
  EXPECT_EQ(json["verdict"]["warnings"].size(), 1u);
  EXPECT_EQ(json["variants"][1]["attachments"],
            Json::parse(R"([{"name": "nginx.conf", "text": "worker_processes 1;\n"}])"));
  EXPECT_EQ(json["skipped"],
            Json::parse(R"([{"variant": "via=envoy", "reason": "envoy is not installed"}])"));
}

TEST(ResultsJson, OfASimulationHasNothingOfALiveRun) {
  const Json json = results_json(make_report(rich_record()));
  EXPECT_FALSE(json["variants"][0].contains("live"));
  EXPECT_TRUE(json["skipped"].empty());
  EXPECT_TRUE(json["verdict"]["warnings"].empty());
}

TEST(ResultsJson, AccountsForEveryRequest) {
  const Json json = results_json(make_report(rich_record()));
  for (const Json& each : json["variants"]) {
    const Json& requests = each["requests"];
    std::uint64_t failed = 0;
    for (const Json& count : requests["failed"]) failed += count.get<std::uint64_t>();
    EXPECT_EQ(requests["offered"], requests["succeeded"].get<std::uint64_t>() + failed +
                                       requests["unfinished"].get<std::uint64_t>());
  }
}

TEST(ResultsJson, DependsOnNothingButCostFromRunToRun) {
  ComparisonRecord slower = rich_record();
  slower.peak_rss_mib *= 2;
  for (VariantRecord& each : slower.variants)
    for (RunRecord& run : each.runs) {
      run.cpu_seconds *= 3;
      run.wall_seconds *= 3;
    }
  Json a = results_json(make_report(rich_record()));
  Json b = results_json(make_report(slower));
  EXPECT_NE(a, b);
  for (Json* json : {&a, &b})
    for (Json& each : (*json)["variants"]) each.erase("cost");
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace steelyard
