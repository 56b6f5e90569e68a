// From runs to files: what `run` and `live` have in common once the worlds are done.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/runner.h"
#include "core/records.h"
#include "reports/report.h"
#include "reports/results_json.h"
#include "scenarios/scenario.h"

namespace steelyard::app {

// Makes the folder if there is none, so that it is known before minutes of work that results can go
// there. Why they cannot, or may not: its results.json is somebody else's. Empty if they may.
std::string objection_to_folder(const std::string& folder);

// Loads every scenario of the command line; problems go to standard error. Empty if any is invalid.
std::vector<Comparison> load_scenarios(const RunArguments& arguments);

// Does `one` for each comparison with the folder that its results belong in: `default_folder` and
// the scenario's name, unless the command line says otherwise. Returns the exit code: the last that
// was not 0; an interrupt ends it.
int for_each_comparison(
    const std::vector<Comparison>& comparisons, const RunArguments& arguments,
    const std::string& default_folder,
    const std::function<int(const Comparison& comparison, const std::string& folder)>& one);

// Makes the report, writes it to the folder, prints it, and says what became of it. `world` is
// "sim" or "live". Returns the exit code.
int report_results(const Comparison& comparison, RunnerResult result, const std::string& world,
                   const std::string& folder, const RunArguments& arguments);

}  // namespace steelyard::app
