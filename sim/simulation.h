// One run of a scenario in virtual time.
//
//   const RunRecord record = simulate(variant.scenario, replication);
//
// A pure function of the scenario and the replication's number: the same on any thread, with any
// compiler. Different calls may run at once.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/records.h"
#include "scenarios/scenario.h"

namespace steelyard {

// Told the share of virtual time that has passed, every few thousand events; false stops the run.
using Progress = std::function<bool(double share)>;

// Why a scenario cannot be simulated: it needs what only the live world has. nullopt if it can.
std::optional<std::string> why_not_simulated(const Scenario& scenario);

// nullopt if `progress` stopped it.
// REQUIRES: the scenario came from the loader, or keeps what scenario.h requires; and it can be
// simulated.
std::optional<RunRecord> simulate(const Scenario& scenario, std::uint64_t replication,
                                  const Progress& progress = {});

}  // namespace steelyard
