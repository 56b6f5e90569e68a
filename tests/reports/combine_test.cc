#include "reports/combine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "reports/results_json.h"
#include "tests/reports/builder.h"
#include "tests/reports/schema_checker.h"

namespace steelyard {
namespace {

using testing::comparison;
using testing::constant_variant;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ResultSet set_of(std::string label, double factor, const std::string& world) {
  ComparisonRecord record =
      comparison({constant_variant("random", {20 * factor, 21 * factor, 22 * factor}),
                  constant_variant("p2c", {10 * factor, 11 * factor, 12 * factor})});
  record.world = world;
  record.limitations = {"of both", "of " + label};
  record.variants[0].theory = {{"latency_ms.mean", "M/M/1", 21, 0.1}};
  record.expectations = {
      {"latency_ms.p99 < 100", "latency_ms.p99", ExpectationFacts::Comparison::less, 100, ""}};
  Result<ResultSet> set =
      read_result_set(std::move(label), compact(results_json(make_report(record))));
  EXPECT_TRUE(set) << set.error();
  return set.value();
}

Json combined() { return combined_results({set_of("sim", 1, "sim"), set_of("live", 3, "live")}); }

std::vector<std::string> names(const Json& list, const char* key) {
  std::vector<std::string> all;
  for (const Json& element : list) all.push_back(element[key]);
  return all;
}

TEST(Combined, HoldsTheVariantsOfAllSets) {
  const Json json = combined();
  EXPECT_THAT(names(json["variants"], "name"),
              ElementsAre("sim · balancer=random", "sim · balancer=p2c", "live · balancer=random",
                          "live · balancer=p2c"));
  EXPECT_EQ(json["variants"][2]["label"], "live · random");
  EXPECT_EQ(json["variants"][2]["settings"]["result set"], "live");
  EXPECT_EQ(json["axes"][0]["name"], "result set");
  EXPECT_EQ(json["axes"][0]["values"], Json({"sim", "live"}));
  EXPECT_EQ(json["axes"][1]["name"], "balancer");
  EXPECT_EQ(json["world"], "mixed");
}

TEST(Combined, RanksWhatWasMeasuredAndNotWhatPredictsIt) {
  const Json json = combined();
  const Json& rows = json["rankings"][metric::kP99]["rows"];
  EXPECT_THAT(names(rows, "variant"), ElementsAre("live · balancer=p2c", "live · balancer=random"));
  EXPECT_EQ(json["verdict"]["best"], "live · balancer=p2c");
  EXPECT_THAT(json["verdict"]["headline"].get<std::string>(),
              HasSubstr("The simulation beside the live run: p99 latency off by up to 67%"));
}

TEST(Combined, RanksTheVariantsOfOneWorldTogether) {
  const Json json = combined_results({set_of("before", 3, "sim"), set_of("after", 1, "sim")});
  EXPECT_THAT(names(json["rankings"][metric::kP99]["rows"], "variant"),
              ElementsAre("after · balancer=p2c", "after · balancer=random",
                          "before · balancer=p2c", "before · balancer=random"));
  EXPECT_EQ(json["verdict"]["best"], "after · balancer=p2c");
}

TEST(Combined, CarriesTheoryExpectationsAndLimitations) {
  const Json json = combined();
  EXPECT_THAT(names(json["theory"], "variant"),
              ElementsAre("sim · balancer=random", "live · balancer=random"));
  EXPECT_THAT(names(json["expectations"], "variant"),
              ElementsAre("sim · balancer=p2c", "live · balancer=p2c"));
  EXPECT_EQ(json["limitations"], Json({"of both", "of sim", "of live"}));
  EXPECT_THAT(names(json["combined_from"], "label"), ElementsAre("sim", "live"));
}

TEST(Combined, IsAsThePublishedSchemaSays) {
  std::ifstream in(STEELYARD_SOURCE_DIR "/reports/results.schema.json");
  EXPECT_THAT(testing::SchemaChecker(Json::parse(in)).problems(combined()), IsEmpty());
}

TEST(Combined, KeepsWhatEachSetRestsOn) {
  ResultSet live = set_of("live", 3, "live");
  live.results["scenario"]["digest"] = "other";
  live.results["scenario"]["duration_s"] = 8;
  const Json from = combined_results({set_of("sim", 1, "sim"), live})["combined_from"];
  EXPECT_EQ(from[0]["duration_s"], 10);
  EXPECT_EQ(from[1]["duration_s"], 8);
  EXPECT_EQ(from[1]["digest"], "other");
  EXPECT_EQ(from[1]["replications"], 3);
}

TEST(Combined, TellsSetsOfOneLabelApart) {
  const ResultSet set = set_of("run", 1, "sim");
  EXPECT_EQ(combined_results({set, set, set})["axes"][0]["values"],
            Json({"run", "run (2)", "run (3)"}));
}

TEST(Combined, CanBeReadAndComparedAgain) {
  const Result<ResultSet> set = read_result_set("both", compact(combined()));
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ(combined_results({set.value()})["variants"].size(), 4u);
}

}  // namespace
}  // namespace steelyard
