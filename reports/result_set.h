// A results.json read back: checked before anything is taken from it, because it may come from
// another version, another tool, or a disk that was full. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/records.h"
#include "core/result.h"
#include "reports/json_text.h"
#include "reports/ranking.h"

namespace steelyard {

struct ResultSet {
  std::string label;  // what the user calls it: "simulated", "v0.2"
  Json results;       // as results.schema.json says, at least in every field that this folder reads
};

// Errors name the set, the place in the document, what was found and what was expected:
// "v1: variants[2].metrics.latency_ms.p99.value: got \"fast\", expected a number or null".
Result<ResultSet> read_result_set(std::string label, std::string_view text);

// The variants of a set with the metrics of every replication, as they were ranked. `label` is the
// variant's label.
std::vector<Contender> contenders_of(const ResultSet& set);

// What the set itself warns of, each begun with its label. Older sets have none.
std::vector<std::string> warnings_of(const ResultSet& set);

// The variants that could not run where the set was made, and why.
std::vector<ComparisonRecord::Skipped> skipped_in(const ResultSet& set);

// Value and interval of one variant's metric as the document has them.
Metric metric_of(const Json& variant, std::size_t metric);

}  // namespace steelyard
