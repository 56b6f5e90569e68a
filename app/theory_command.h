// The command line of `steelyard theory`.
#pragma once

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/options.h"

namespace steelyard::app {

// Declares it; if it is chosen, `choose` gets what to call.
class TheoryCommand {
 public:
  void add(CLI::App& app, const Choose& choose);

 private:
  TheoryArguments arguments_;
};

}  // namespace steelyard::app
