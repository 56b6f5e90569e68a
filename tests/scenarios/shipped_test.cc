// The scenarios that come with Steelyard: each loads, asks one question, and says why it is worth
// asking.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "scenarios/loader.h"

namespace steelyard {
namespace {

namespace fs = std::filesystem;

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{"no such file"};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::vector<std::string> shipped() {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(STEELYARD_SOURCE_DIR "/scenarios"))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

TEST(ShippedScenarios, AreAtLeastTheSevenOfTheReadme) { EXPECT_GE(shipped().size(), 7U); }

class ShippedScenario : public testing::TestWithParam<std::string> {};

TEST_P(ShippedScenario, LoadsAndIsWorthReading) {
  const LoadResult loaded = load_scenario(GetParam(), {.read_file = read_file});
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_text(problem);
  ASSERT_TRUE(loaded.comparison.has_value());
  const Scenario& scenario = loaded.comparison->base();
  EXPECT_EQ(scenario.name, fs::path(GetParam()).stem()) << "the file is called after the scenario";
  EXPECT_TRUE(scenario.question.ends_with('?')) << scenario.question;
  EXPECT_GE(scenario.description.size(), 200U) << "the description says what to look at";
  EXPECT_GE(loaded.comparison->variants.size(), 2U) << "a scenario compares something";
  EXPECT_TRUE(loaded.comparison->text.starts_with("# yaml-language-server: $schema=schema.json\n"))
      << "editors find the schema by the first line";
}

INSTANTIATE_TEST_SUITE_P(All, ShippedScenario, testing::ValuesIn(shipped()),
                         [](const testing::TestParamInfo<std::string>& file) {
                           return fs::path(file.param).stem().string();
                         });

}  // namespace
}  // namespace steelyard
