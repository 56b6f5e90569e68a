// One run of a scenario in real time, against live services: the counterpart of sim/simulation.h.
//
// Modelled instances run as processes of their own on loopback; services with `targets` are the
// user's. Requests are sent by the plan that the simulation draws from the same streams, so both
// worlds face the same requests, at the same times, with the same service demands.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/records.h"
#include "core/result.h"
#include "scenarios/scenario.h"

namespace steelyard::live {

struct LiveOptions {
  std::uint64_t replication = 0;
  // Where the logs of all channels go ("…/run-0"); empty: nothing is recorded.
  std::string record_folder;
  // Told the share of the run's time that has passed, about ten times a second, on the caller's
  // thread; false stops the run.
  std::function<bool(double share)> progress;
  // Told, at the end, what else belongs to the results: the configurations of proxies.
  std::function<void(const VariantRecord::Attachment& attachment)> keep;
};

// The record of the run; nullopt if `progress` stopped it; an error if something could not be
// started, or ended that should not have.
// REQUIRES: the scenario came from the loader; no other thread runs in this process (it forks).
Result<std::optional<RunRecord>> run_live(const Scenario& scenario, const LiveOptions& options);

// How many seconds run_live() takes beyond the scenario's duration, about.
inline constexpr double kStartSeconds = 0.3;

}  // namespace steelyard::live
