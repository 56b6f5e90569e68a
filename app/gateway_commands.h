// The command lines of `steelyard gateway` and `steelyard serve`.
#pragma once

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/options.h"

namespace steelyard::app {

// Declares both; the one that is chosen fills `choose` with what to call.
class GatewayCommands {
 public:
  void add(CLI::App& app, const Choose& choose);

 private:
  GatewayArguments gateway_;
  ServeArguments serve_;
};

}  // namespace steelyard::app
