// Options that several commands have.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace steelyard::app {

// Of --seed: whole numbers that a double holds exactly, as everywhere in scenarios.
inline CLI::Range seed_range() { return {std::int64_t{0}, std::int64_t{9007199254740991}}; }

// --set PATH=VALUE
void add_overrides(CLI::App& command, std::vector<std::string>& overrides);

}  // namespace steelyard::app
