// Scenarios written out in a test, run live, and what came of their requests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "real-harness/run/live_run.h"
#include "scenarios/loader.h"

namespace steelyard::live {

inline Scenario scenario_of(const std::string& text) {
  const LoadResult loaded = load_scenario_text(text, "test.yaml", {});
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_text(problem);
  return loaded.comparison->base();
}

inline RunRecord live_record(const Scenario& scenario) {
  Result<std::optional<RunRecord>> run = run_live(scenario, {});
  if (!run.ok()) {
    ADD_FAILURE() << run.error();
    return {};
  }
  return std::move(*run.value());
}

inline std::uint64_t finished(const RunRecord& record, Outcome outcome) {
  return record.finished[static_cast<std::size_t>(outcome)];
}

}  // namespace steelyard::live
