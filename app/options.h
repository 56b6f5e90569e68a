// Options that several commands have.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace steelyard::app {

// --set PATH=VALUE
void add_overrides(CLI::App& command, std::vector<std::string>& overrides);

}  // namespace steelyard::app
