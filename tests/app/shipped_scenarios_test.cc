// Shipped scenarios that say what they expect are tests: what was published is reproduced in
// direction and rough size, each complaint shows, and so does its cure.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/app/command.h"

namespace steelyard {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> scenarios_that_expect() {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(STEELYARD_SOURCE_DIR "/scenarios"))
    if (entry.path().extension() == ".yaml" &&
        test::text_of(entry.path()).find("\nexpect:") != std::string::npos)
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

class ShippedScenario : public testing::TestWithParam<std::string> {};

// Fewer replications than the files ask for: the limits leave room.
TEST_P(ShippedScenario, MeetsItsExpectations) {
  const test::Folder folder;
  const test::Finished finished =
      test::steelyard({"run", GetParam(), "--replications", "3", "-o", folder / "out"});
  EXPECT_EQ(finished.code, 0) << finished.out << finished.err;
}

INSTANTIATE_TEST_SUITE_P(All, ShippedScenario, testing::ValuesIn(scenarios_that_expect()),
                         [](const testing::TestParamInfo<std::string>& file) {
                           return fs::path(file.param).stem().string();
                         });

}  // namespace
}  // namespace steelyard
