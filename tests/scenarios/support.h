// Scenarios for tests: the smallest one, and how to load texts.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "scenarios/loader.h"

namespace steelyard {

inline const std::string kSmallest = R"(name: shop
services:
  orders: {instances: 2, service_time: 4ms}
clients:
  shoppers: {calls: orders, arrivals: {poisson: 100/s}}
)";

inline Result<std::string> file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{"there is no such file"};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

inline LoadResult load(const std::string& text, std::vector<std::string> overrides = {}) {
  return load_scenario_text(text, "shop.yaml",
                            {.overrides = std::move(overrides), .read_file = file_text});
}

// The scenario of the first variant. Fails the test, printing the problems, if there are any.
inline Scenario loaded(const std::string& text, std::vector<std::string> overrides = {}) {
  const LoadResult result = load(text, std::move(overrides));
  for (const Problem& problem : result.problems) ADD_FAILURE() << to_text(problem);
  return result.comparison ? result.comparison->base() : Scenario{};
}

// "2:7: run.seed: got …" for each problem: its first line, without the name of the file.
inline std::vector<std::string> complaints(const LoadResult& result) {
  std::vector<std::string> lines;
  for (const Problem& problem : result.problems) {
    const std::string text = to_text(problem);
    const std::size_t start = problem.file.size() + 1;
    lines.push_back(text.substr(start, text.find('\n') - start));
  }
  return lines;
}

}  // namespace steelyard
