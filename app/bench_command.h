// The command line of `steelyard bench`.
#pragma once

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/options.h"

namespace steelyard::app {

class BenchCommand {
 public:
  // `heap`: how allocations are counted; none: they are not.
  explicit BenchCommand(bench::HeapMeter heap) { arguments_.heap = heap; }

  // Declares it; `choose` is filled with what to call if it is chosen.
  void add(CLI::App& app, const Choose& choose);

 private:
  BenchArguments arguments_;
};

}  // namespace steelyard::app
