// The command line of `steelyard theory`.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "app/commands.h"

namespace steelyard::app {

// Declares it; if it is chosen, `choose` gets what to call.
class TheoryCommand {
 public:
  using Choose = std::function<void(std::function<int()>)>;
  void add(CLI::App& app, const Choose& choose);

 private:
  TheoryArguments arguments_;
};

}  // namespace steelyard::app
