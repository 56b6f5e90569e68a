// The command line of `steelyard pick`.
#pragma once

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/options.h"

namespace steelyard::app {

// Declares it; if it is chosen, `choose` gets what to call.
class PickCommand {
 public:
  void add(CLI::App& app, const Choose& choose);

 private:
  void add_stack(CLI::App& command);     // who picks among whom
  void add_requests(CLI::App& command);  // what places are picked for
  void add_past(CLI::App& command);      // what there is before the first of them

  PickArguments arguments_;
};

}  // namespace steelyard::app
