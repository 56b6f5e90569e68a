// Loads scenario files. docs/SCENARIOS.md describes the format.
//
// Nothing here opens a file: texts come from `read_file`. Thread-safe as far as `read_file` is.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "scenarios/problem.h"
#include "scenarios/scenario.h"

namespace steelyard {

struct LoadOptions {
  // "run.duration=10s": each replaces or adds the value at a path, in order, before anything else
  // is looked at. The value is YAML.
  std::vector<std::string> overrides;
  // The whole text of a file, or why there is none. Tables are looked up relative to the scenario.
  std::function<Result<std::string>(const std::string& path)> read_file;
};

struct LoadResult {
  std::optional<Comparison> comparison;  // set exactly if there are no problems
  std::vector<Problem> problems;         // in file order, each once
};

LoadResult load_scenario(const std::string& file, const LoadOptions& options);
// The same for a text that is already here; `file` is what it is called, and where tables are.
LoadResult load_scenario_text(const std::string& text, const std::string& file,
                              const LoadOptions& options);

// The format as a JSON Schema (draft-07), from the declarations that the loader reads with.
nlohmann::ordered_json scenario_schema();

}  // namespace steelyard
