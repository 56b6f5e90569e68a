// Results of small scenarios, to the last digit: <name>.yaml gives <name>.golden.txt, whatever the
// compiler, the optimisation and the sanitizers. A change of results is then a decision:
//
//   STEELYARD_REWRITE=1 build/release/tests/golden_tests && git diff tests/golden
//
// Only metrics and counts are kept, so that a report may grow without a change here.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "app/facts.h"
#include "app/runner.h"
#include "reports/results_json.h"
#include "scenarios/loader.h"

namespace steelyard {
namespace {

const std::string kFolder = STEELYARD_SOURCE_DIR "/tests/golden/";

Result<std::string> file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{"there is no such file"};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string results_of(const std::string& name) {
  const LoadResult loaded = load_scenario(kFolder + name + ".yaml", {.read_file = file_text});
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_text(problem);
  ComparisonRecord record;
  record.world = "sim";
  record.seed = loaded.comparison->base().run.seed;
  record.scenario = app::facts_of(*loaded.comparison);
  record.variants = app::run_comparison(*loaded.comparison, {}).variants;
  const Json results = results_json(make_report(record));
  // A line a metric: a difference is easy to read, and the files stay short.
  std::string text;
  for (const Json& variant : results["variants"]) {
    text += variant["name"].get<std::string>() + "\n";
    text += "  requests " + variant["requests"].dump() + "\n";
    for (const auto& [metric, value] : variant["metrics"].items())
      if (value.contains("value"))
        text += "  " + metric + " " + value.dump() + "\n";
      else
        for (const auto& [part, part_value] : value.items())
          text += "  " + metric + "." + part + " " + part_value.dump() + "\n";
  }
  EXPECT_FALSE(text.empty());
  return text;
}

class Golden : public testing::TestWithParam<const char*> {};

TEST_P(Golden, ResultsAreTheseToTheLastDigit) {
  const std::string file = kFolder + GetParam() + ".golden.txt";
  const std::string results = results_of(GetParam());
  if (std::getenv("STEELYARD_REWRITE") != nullptr) std::ofstream(file, std::ios::binary) << results;
  const Result<std::string> expected = file_text(file);
  ASSERT_TRUE(expected.ok()) << file;
  EXPECT_EQ(results, expected.value());
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Golden, testing::Values("shop", "keys", "closed"),
                         [](const auto& of) { return std::string(of.param); });

}  // namespace
}  // namespace steelyard
