// What reports say about a scenario, and what theory says about it.
#pragma once

#include <string>
#include <vector>

#include "core/records.h"
#include "scenarios/scenario.h"

namespace steelyard::app {

ScenarioFacts facts_of(const Comparison& comparison);
std::vector<ExpectationFacts> expectations_of(const Scenario& scenario);

// What queueing theory says of this scenario's metrics; none where it would leave something out
// (assumptions.h). Known are single services with Poisson arrivals (closed_forms.h), Jackson
// networks of several, and closed networks. docs/THEORY.md says which model applies when.
std::vector<TheoryValue> theory_of(const Scenario& scenario);

// What the model of this scenario leaves out, one sentence each. `world` is "sim" or "live".
std::vector<std::string> limitations_of(const Scenario& scenario, const std::string& world);

// Faults that begin after the run's end, a sentence each.
std::vector<std::string> late_faults(const Scenario& scenario);

// What is allowed and probably not meant, a sentence each: late faults, layers that do nothing in
// front of so few endpoints, and services that are offered more than they can serve, where the
// long-run rates of all that call them are known and their queues have no limit.
std::vector<std::string> notes_on(const Scenario& scenario);

}  // namespace steelyard::app
