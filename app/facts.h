// What reports say about a scenario, and what theory says about it.
#pragma once

#include <string>
#include <vector>

#include "core/records.h"
#include "scenarios/scenario.h"

namespace steelyard::app {

ScenarioFacts facts_of(const Comparison& comparison);
std::vector<ExpectationFacts> expectations_of(const Scenario& scenario);

// The closed forms that apply to this scenario: none, unless it is one client with Poisson arrivals
// of constant rate and one service whose instances are alike, nothing fails, the network takes no
// time and the queue has no end.
std::vector<TheoryValue> theory_of(const Scenario& scenario);

// What the model of this scenario leaves out, one sentence each. `world` is "sim" or "live".
std::vector<std::string> limitations_of(const Scenario& scenario, const std::string& world);

}  // namespace steelyard::app
