// Runs every replication of every variant of a comparison on all cores.
//
// Results do not depend on the number of threads: a replication is a pure function of the scenario
// and its number, and lands in its own place. With `replications: auto`, the decision to go on is
// taken between batches, on results alone.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/records.h"
#include "scenarios/scenario.h"

namespace steelyard::app {

struct RunnerOptions {
  unsigned jobs = 0;  // threads; 0: as many as there are cores
  // Polled; true stops the runs soon. Completed replications are kept.
  const std::atomic<bool>* stop = nullptr;
  // Called from one thread about ten times a second with the share done, in 0..1; and at the end.
  std::function<void(double share, std::uint64_t runs_done, std::uint64_t runs_planned)> progress;
};

struct RunnerResult {
  std::vector<VariantRecord> variants;  // every variant with the same number of replications
  std::vector<ComparisonRecord::Skipped> skipped;  // variants that cannot run in this world
  bool stopped = false;                            // before all were done
  std::string error;  // why it could not go on; empty: nothing went wrong
  std::uint64_t runs_done = 0;
  std::uint64_t runs_planned = 0;
  std::uint64_t replications_planned = 0;
};

// The variants' names and settings, without runs.
std::vector<VariantRecord> empty_records(const Comparison& comparison);

// When stopped, `variants` holds the replications that *every* variant has completed.
RunnerResult run_comparison(const Comparison& comparison, const RunnerOptions& options);

}  // namespace steelyard::app
