#include "reports/result_set.h"

#include <gtest/gtest.h>

#include <functional>

#include "reports/combine.h"
#include "reports/compare.h"
#include "reports/results_json.h"
#include "tests/reports/builder.h"

namespace steelyard {
namespace {

using testing::comparison;
using testing::constant_variant;

Json good_document() {
  return results_json(make_report(comparison(
      {constant_variant("random", {20, 21, 22}), constant_variant("p2c", {10, 11, 12})})));
}

std::string error_of(const std::function<void(Json&)>& change) {
  Json json = good_document();
  change(json);
  const Result<ResultSet> set = read_result_set("v1", compact(json));
  return set ? "no error" : set.error();
}

TEST(ResultSet, ReadsWhatAReportWrote) {
  const Result<ResultSet> set = read_result_set("v1", compact(good_document()));
  ASSERT_TRUE(set) << set.error();
  const std::vector<Contender> contenders = contenders_of(set.value());
  ASSERT_EQ(contenders.size(), 2u);
  EXPECT_EQ(contenders[1].label, "p2c");
  const Metric& mean = contenders[1].metrics[metric::kMean];
  EXPECT_EQ(mean.samples, (std::vector<double>{10, 11, 12}));
  EXPECT_DOUBLE_EQ(mean.value, 11);
  EXPECT_NEAR(mean.ci95->high, 11 + 2.484, 1e-3);
  EXPECT_FALSE(contenders[1].saturated);
}

// Ranked again from the document, the order and the ties are those of the report.
TEST(ResultSet, IsRankedAsTheReportWas) {
  const Json json = good_document();
  const Result<ResultSet> set = read_result_set("v1", compact(json));
  ASSERT_TRUE(set);
  const std::vector<Contender> contenders = contenders_of(set.value());
  const std::vector<Ranking> rankings = rank_all(contenders);
  Json again = Json::array();
  for (const Ranking& ranking : rankings)
    again.push_back(json_of(ranking, {"balancer=random", "balancer=p2c"}));
  for (std::size_t m = 0; m < kMetrics.size(); ++m)
    for (std::size_t row = 0; row < 2; ++row)
      for (const char* key : {"variant", "value", "ci95", "times_best", "tied_with_best", "note"})
        EXPECT_EQ(again[m]["rows"][row][key], json["rankings"][m]["rows"][row][key])
            << kMetrics[m].path << ' ' << key;
}

TEST(ResultSet, SaysWhatIsNotJson) {
  EXPECT_EQ(read_result_set("v1", " \n").error(), "v1: got an empty file, expected a results.json");
  EXPECT_EQ(read_result_set("v1", "{\"schema\": 1").error(),
            "v1: the file ends in the middle, expected a whole results.json; was its disk full?");
  EXPECT_EQ(read_result_set("v1", "{\n  \"schema\": 1,\n  oops: 2}").error(),
            "v1: line 3, column 3: this is not JSON, expected a results.json");
  EXPECT_EQ(read_result_set("v1", std::string("\0\xff", 2)).error(),
            "v1: line 1, column 1: this is not JSON, expected a results.json");
  EXPECT_EQ(read_result_set("v1", "[1]").error(), "v1: got a list, expected an object");
  EXPECT_EQ(read_result_set("v1", "7").error(), "v1: got 7, expected an object");
}

TEST(ResultSet, SaysWhichVersionItCannotRead) {
  EXPECT_EQ(error_of([](Json& json) { json["schema"] = 2; }),
            "v1: schema: got 2, expected 1; the results were written by another version");
  EXPECT_EQ(error_of([](Json& json) { json.erase("schema"); }),
            "v1: schema: missing, expected a whole number, 0 or more");
}

TEST(ResultSet, SaysWhereAFieldIsWrong) {
  EXPECT_EQ(
      error_of([](Json& json) {
        json["variants"][1]["metrics"]["latency_ms"]["p99"]["value"] = "fast";
      }),
      "v1: variants[1].metrics.latency_ms.p99.value: got \"fast\", expected a number or null");
  EXPECT_EQ(error_of([](Json& json) { json["variants"][0]["metrics"].erase("error_ratio"); }),
            "v1: variants[0].metrics.error_ratio: missing, expected an object");
  EXPECT_EQ(
      error_of([](Json& json) { json["variants"][0]["metrics"]["goodput_rps"]["ci95"] = {1}; }),
      "v1: variants[0].metrics.goodput_rps.ci95: got a list, expected [low, high] or null");
  EXPECT_EQ(error_of([](Json& json) {
              json["variants"][0]["replication_values"]["latency_ms.p99"][0] = {1};
            }),
            "v1: variants[0].replication_values.latency_ms.p99: got a list, expected a list of "
            "numbers");
  EXPECT_EQ(error_of([](Json& json) { json["variants"][0]["requests"]["offered"] = -1; }),
            "v1: variants[0].requests.offered: got -1, expected a whole number, 0 or more");
  EXPECT_EQ(error_of([](Json& json) { json["variants"] = Json::array(); }),
            "v1: variants: got an empty list, expected at least one");
  EXPECT_EQ(error_of([](Json& json) { json["variants"][1] = 5; }),
            "v1: variants[1]: got 5, expected an object");
  EXPECT_EQ(error_of([](Json& json) { json["variants"][1]["name"] = "balancer=random"; }),
            "v1: variants[1].name: got \"balancer=random\" a second time, expected distinct names");
}

// Every single field taken away or replaced by nonsense: an error or a document that can be used,
// never an exception.
TEST(ResultSet, SurvivesEverySingleDamage) {
  Json good = good_document();
  for (Json& each : good["variants"])  // not read, and most of the document
    for (const char* key : {"series", "instances", "clients", "services"}) each.erase(key);
  for (Json& ranking : good["rankings"]) ranking["rows"].clear();
  const Json flat = good.flatten();
  std::size_t refused = 0;
  for (const auto& [pointer, unused] : flat.items())
    for (const Json& nonsense :
         {Json(nullptr), Json("x"), Json(-1), Json::array(), Json::object()}) {
      Json damaged = good;
      damaged[Json::json_pointer(pointer)] = nonsense;
      const Result<ResultSet> set = read_result_set("v1", compact(damaged));
      if (!set) {
        ++refused;
        continue;
      }
      const std::vector<ResultSet> sets{set.value(), set.value()};
      EXPECT_EQ(combined_results(sets)["variants"].size(), 4u) << pointer;
      EXPECT_FALSE(comparison_report(sets).empty()) << pointer;
    }
  EXPECT_GT(refused, 100u);
}

}  // namespace
}  // namespace steelyard
