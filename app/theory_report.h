// All that theory says of one scenario, for `steelyard theory`: computed, as text, and as JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "app/capacity_plan.h"
#include "app/dependencies.h"
#include "app/response_times.h"
#include "app/traffic.h"
#include "reports/json_text.h"
#include "scenarios/scenario.h"

namespace steelyard::app {

struct TheoryOptions {
  std::optional<double> p99_seconds;           // asks for the instances that it takes
  std::optional<FailureAssumptions> failures;  // asks for availability
};

struct TheoryReport {
  Traffic traffic;
  ResponseTimes times;
  Dependencies dependencies;
  CapacityPlan capacity;
  std::optional<AvailabilityPlan> availability;
  TheoryOptions options;
};

// Points into the scenario.
TheoryReport theory_report(const Scenario& scenario, const TheoryOptions& options);

struct TheorySection {
  std::string title;
  std::string text;  // whole lines
};
// Traffic, response times, the graph, capacity, availability; in lines of at most `width` columns
// where they can.
std::vector<TheorySection> theory_sections(const TheoryReport& report, std::size_t width);

Json theory_json(const TheoryReport& report);

}  // namespace steelyard::app
