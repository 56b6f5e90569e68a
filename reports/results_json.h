// A report as results.json: the form in which results are kept, compared and shown as a page.
// docs and editors read its meaning from reports/results.schema.json. Pure, thread-safe.
#pragma once

#include "reports/json_text.h"
#include "reports/report.h"

namespace steelyard {

inline constexpr int kResultsSchema = 1;

// Keys in a fixed order; two reports of the same scenario, seed and version differ in `cost` only.
Json results_json(const Report& report);

// The parts that a comparison of several result sets writes again.
Json json_of(const std::optional<Interval>& interval);  // [low, high] or null
Json json_of(const Ranking& ranking, const std::vector<std::string>& variant_names);
Json json_of(const Verdict& verdict, const std::vector<std::string>& variant_names);

}  // namespace steelyard
