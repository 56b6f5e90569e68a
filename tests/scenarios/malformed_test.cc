// Malformed scenarios, one a file: malformed/*.yaml. Each begins with the complaints it must draw,
// all of them and in their order, as `# expect: line:column: path: message`; lines are counted
// from the first one after those. To rewrite them on purpose: STEELYARD_REWRITE=1 scenarios_tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/scenarios/support.h"

namespace steelyard {
namespace {

constexpr const char* kFolder = STEELYARD_SOURCE_DIR "/tests/scenarios/malformed";
constexpr std::string_view kExpect = "# expect: ";

std::vector<std::string> malformed_files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

struct Transcript {
  std::vector<std::string> expected;
  std::string scenario;
};

Transcript read_transcript(const std::string& path) {
  std::string text = file_text(path).value();
  Transcript transcript;
  while (text.starts_with(kExpect)) {
    const std::size_t end = text.find('\n');
    transcript.expected.push_back(text.substr(kExpect.size(), end - kExpect.size()));
    text.erase(0, end + 1);
  }
  transcript.scenario = text;
  return transcript;
}

void write_transcript(const std::string& path, const Transcript& transcript) {
  std::ofstream out(path, std::ios::binary);
  for (const std::string& line : transcript.expected) out << kExpect << line << "\n";
  out << transcript.scenario;
}

class Malformed : public testing::TestWithParam<std::string> {};

TEST_P(Malformed, DrawsTheseComplaints) {
  const std::string path = std::string(kFolder) + "/" + GetParam() + ".yaml";
  Transcript transcript = read_transcript(path);
  const LoadResult result = load(transcript.scenario);
  if (std::getenv("STEELYARD_REWRITE") != nullptr) {
    transcript.expected = complaints(result);
    write_transcript(path, transcript);
  }
  EXPECT_FALSE(result.comparison.has_value());
  EXPECT_FALSE(transcript.expected.empty());
  EXPECT_EQ(complaints(result), transcript.expected);
}

// A complaint is something to act on: where, what, and what instead.
TEST_P(Malformed, IsToldWherePreciselyAndWhatInstead) {
  const std::string path = std::string(kFolder) + "/" + GetParam() + ".yaml";
  const LoadResult result = load(read_transcript(path).scenario);
  ASSERT_FALSE(result.problems.empty());
  for (const Problem& problem : result.problems) {
    EXPECT_GT(problem.line, 0);
    EXPECT_GT(problem.column, 0);
    EXPECT_THAT(problem.message,
                testing::AnyOf(testing::HasSubstr("expected"), testing::HasSubstr("did you mean")));
  }
}

INSTANTIATE_TEST_SUITE_P(Each, Malformed, testing::ValuesIn(malformed_files()),
                         [](const auto& param_info) { return param_info.param; });

TEST(MalformedFiles, AreMoreThanForty) { EXPECT_GT(malformed_files().size(), 40u); }

// ---- Too big, too deep, too odd for a file in the tree
// -------------------------------------------

std::string first_complaint(const std::string& text) {
  const std::vector<std::string> all = complaints(load(text));
  return all.empty() ? "none" : all.front();
}

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(MalformedText, Empty) {
  EXPECT_EQ(first_complaint(""),
            "1:1: got an empty file, expected a scenario with name, services and clients");
}

TEST(MalformedText, TenMegabytes) {
  EXPECT_EQ(first_complaint(kSmallest + times(10 << 20, "#")),
            "1:1: got a file of " + std::to_string(kSmallest.size() + (10 << 20)) +
                " bytes, expected at most 1048576 (1 MiB)");
}

TEST(MalformedText, Random) {
  std::string text;
  std::uint32_t state = 1;
  for (int i = 0; i < 4096; ++i) {
    state = state * 1664525u + 1013904223u;
    text += static_cast<char>(state >> 24);
  }
  EXPECT_THAT(first_complaint(text), testing::MatchesRegex("[0-9]+:[0-9]+: got .*expected .*"));
}

// 64 levels are allowed; the map that holds `a` is the first, so the 64th bracket is too many:
// column 3 is before the first bracket, 3 + 64 = 67.
TEST(MalformedText, DeepFlowNesting) {
  EXPECT_EQ(first_complaint("a: " + times(100'000, "[") + times(100'000, "]")),
            "1:67: got more than 64 levels of nesting, expected fewer");
}

TEST(MalformedText, DeepBlockNesting) {
  EXPECT_EQ(first_complaint(times(100'000, "- ")),
            "1:129: got more than 64 levels of nesting, expected fewer");
}

TEST(MalformedText, DeepNestingNeverClosed) {
  EXPECT_THAT(first_complaint(times(900'000, "[")), testing::HasSubstr("expected"));
  EXPECT_THAT(first_complaint(times(250'000, "{a: ")), testing::HasSubstr("expected"));
}

// Nine levels of ten aliases each stand for 10^9 values.
TEST(MalformedText, BillionLaughs) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 10; ++level) {
    const std::string below = "*a" + std::to_string(level - 1);
    const std::string here = "a" + std::to_string(level);
    text += here + ": &" + here + " [" + below + times(9, ", " + below) + "]\n";
  }
  EXPECT_THAT(first_complaint(text),
              testing::HasSubstr("got more than 100000 values (aliases written out)"));
}

// Each anchor is 60 levels deep and holds the one before: aliases add up.
TEST(MalformedText, DepthByAliases) {
  std::string text = "a0: &a0 x\n";
  for (int level = 1; level < 100; ++level)
    text += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " " + times(60, "[") +
            "*a" + std::to_string(level - 1) + times(60, "]") + "\n";
  EXPECT_THAT(first_complaint(text), testing::HasSubstr("got more than 64 levels of nesting"));
}

TEST(MalformedText, HundredsOfMistakes) {
  std::string text = kSmallest;
  for (int i = 0; i < 300; ++i) text += "mistake" + std::to_string(i) + ": 1\n";
  const std::vector<std::string> all = complaints(load(text));
  ASSERT_EQ(all.size(), 51u);  // 50, and the note that there are more
  EXPECT_THAT(all.back(), testing::HasSubstr("and more; the first 50 found are listed"));
}

}  // namespace
}  // namespace steelyard
