// Options that several commands have.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace steelyard::app {

// How a command that is chosen on the command line tells what to call.
using Choose = std::function<void(std::function<int()>)>;

// Of --seed: whole numbers that a double holds exactly, as everywhere in scenarios.
inline CLI::Range seed_range() { return {std::int64_t{0}, std::int64_t{9007199254740991}}; }

// --set PATH=VALUE
void add_overrides(CLI::App& command, std::vector<std::string>& overrides);

}  // namespace steelyard::app
