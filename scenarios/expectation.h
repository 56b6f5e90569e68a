// `expect:` lines, "latency_ms.p99 < 100", and the metrics that they may name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "scenarios/scenario.h"

namespace steelyard {

// Every metric of a result: "latency_ms.p99", "error_ratio", …
const std::vector<std::string>& metric_names();

// metric, one of < <= > >=, and a number in the metric's own unit; ratios may be written 0.1%.
Result<Expectation> parse_expectation(std::string_view text);

// The same grammar as a regular expression, for the JSON Schema.
std::string expectation_pattern();

}  // namespace steelyard
