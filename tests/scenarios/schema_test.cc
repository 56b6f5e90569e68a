// The JSON Schema and the loader come from one declaration; here they are held against each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "scenarios/format.h"
#include "tests/scenarios/schema_validator.h"
#include "tests/scenarios/support.h"

namespace steelyard {
namespace {

std::vector<std::string> scenario_files() {
  std::vector<std::string> paths;
  for (const char* folder : {"/scenarios", "/tests/scenarios/valid"})
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(STEELYARD_SOURCE_DIR) + folder))
      if (entry.path().extension() == ".yaml") paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

bool schema_accepts(const std::string& text) {
  static const Json schema = scenario_schema();
  Problems problems;
  const NodePtr root = parse_yaml(text, {.source = problems.add_source("t", text)}, problems);
  return root != nullptr && SchemaValidator(schema).accepts(json_of(*root));
}

TEST(Schema, AcceptsEveryScenarioThatLoads) {
  for (const std::string& path : scenario_files()) {
    SCOPED_TRACE(path);
    const LoadResult result = load_scenario(path, {.read_file = file_text});
    for (const Problem& problem : result.problems) ADD_FAILURE() << to_text(problem);
    EXPECT_TRUE(schema_accepts(file_text(path).value()));
  }
}

TEST(Schema, AcceptsTheSmallestScenario) { EXPECT_TRUE(schema_accepts(kSmallest)); }

// One line more that is wrong by itself: whoever knows only the schema sees it, too.
TEST(Schema, RefusesWhatTheLoaderRefuses) {
  for (const char* line : {
           "mistake: 1",
           "run: {mistake: 1}",
           "run: {seed: -1}",
           "run: {seed: 1.5}",
           "run: {duration: 5}",
           "run: {duration: 5sec}",
           "run: {replications: 0}",
           "run: {replications: {auto: {relative_widht: 2%}}}",
           "network: {zones: east}",
           "network: {latency: {wihtin: 1ms}}",
           "network: {latency: {lognormal: {medain: 1ms}}}",
           "network: {loss: 5ms}",
           "strategies: {balancer: p2x}",
           "strategies: {balancer: {p2c: {choice: 3}}}",
           "strategies: {balancer: {p2c: {choices: none}}}",
           "strategies: {balancer: {p2c: 1, random: 2}}",
           "strategies: {discovery: dns}",
           "strategies: {resilience: {retry: 3}}",
           "faults: [{crash: {target: orders}}]",
           "faults: [{at: 1s, slow: {target: orders}}]",
           "expect: [latency.p99 < 1]",
           "expect: [{variant: a}]",
           "compare: {balancer: p2c}",
           "compare: {ballancer: [p2c]}",
           "compare: {balancer: [p2x]}",
           "variants: {a: {ballancer: p2c}}",
           "variants: [{name: a}]",
       }) {
    const std::string text = kSmallest + line + "\n";
    EXPECT_FALSE(load(text).comparison.has_value()) << line;
    EXPECT_FALSE(schema_accepts(text)) << line;
  }
}

// "No fault" is something to say: on the command line, and as one side of a comparison.
TEST(Schema, AcceptsNoneWhereNoneHasAMeaning) {
  for (const char* line : {"faults: []", "faults:", "expect: []", "expect:", "network: {zones: []}",
                           "compare: {faults: [[], [{at: 1s, crash: {target: orders}}]]}"}) {
    const std::string text = kSmallest + line + "\n";
    EXPECT_EQ(complaints(load(text)), std::vector<std::string>()) << line;
    EXPECT_TRUE(schema_accepts(text)) << line;
  }
}

TEST(Schema, DescribesEveryKeyForEditors) {
  const Json schema = scenario_schema();
  EXPECT_EQ(schema["$schema"], "http://json-schema.org/draft-07/schema#");
  for (const std::string& key : scenario_keys())
    EXPECT_FALSE(schema["properties"][key]["description"].get<std::string>().empty()) << key;
}

// Every key of the format, from the schema: "services", "instances", "count", …
void collect_keys(const Json& schema, std::set<std::string>& keys) {
  if (schema.is_object())
    for (const auto& [name, inner] : schema.items()) {
      if (name == "properties")
        for (const auto& [key, unused] : inner.items()) keys.insert(key);
      if (name != "definitions") collect_keys(inner, keys);
    }
  if (schema.is_array())
    for (const Json& inner : schema) collect_keys(inner, keys);
}

TEST(Documentation, MentionsEveryKey) {
  const std::string text = file_text(STEELYARD_SOURCE_DIR "/docs/SCENARIOS.md").value();
  const Json schema = scenario_schema();
  std::set<std::string> keys;
  collect_keys(schema, keys);
  collect_keys(schema["definitions"]["strategies"], keys);
  EXPECT_GT(keys.size(), 50u);
  for (const std::string& key : keys)
    EXPECT_TRUE(text.find("`" + key + "`") != std::string::npos) << key;
}

TEST(Documentation, ShowsOnlyScenariosThatLoad) {
  std::string text = file_text(STEELYARD_SOURCE_DIR "/docs/SCENARIOS.md").value();
  int shown = 0;
  for (;;) {
    const std::size_t begin = text.find("```yaml\nname:");
    if (begin == std::string::npos) break;
    const std::size_t end = text.find("```", begin + 8);
    loaded(text.substr(begin + 8, end - begin - 8));
    text.erase(0, end);
    ++shown;
  }
  EXPECT_GE(shown, 1);
}

}  // namespace
}  // namespace steelyard
