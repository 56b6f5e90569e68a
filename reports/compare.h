// Result sets side by side: two versions, simulated and live, this week and last.
//
// Variants are matched by name, and every set is held against the first. Sets need not have the
// same replications, so differences are judged by whether the 95% intervals overlap: a cautious
// rule (intervals that just touch differ at about the 1% level). Pure functions, thread-safe.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "reports/result_set.h"
#include "reports/terminal.h"

namespace steelyard {

// A metric of a variant in every set.
struct ComparedRow {
  std::string variant;  // its label
  std::size_t metric = 0;
  struct Cell {
    Metric metric;                   // unknown where the set lacks the variant
    std::optional<double> relative;  // (this - first) / first; absent if either is unknown or 0
    std::optional<bool> overlaps;    // absent without two intervals
  };
  std::vector<Cell> cells;  // one a set; relative and overlaps of the first are absent
};

// All metrics of all variants, in order of first appearance.
// REQUIRES of all functions here: at least one set, all read by read_result_set.
std::vector<ComparedRow> side_by_side(const std::vector<ResultSet>& sets);

// What the sets agree on and where they do not, the most important first; then what makes them
// hard to compare (other scenario, other seed).
std::vector<std::string> comparison_sentences(const std::vector<ResultSet>& sets);

// Sentences and table for a terminal.
std::string comparison_report(const std::vector<ResultSet>& sets,
                              const TerminalOptions& options = {});

// variant,metric,set,value,ci_low,ci_high,relative_difference,intervals_overlap
void write_comparison_csv(std::ostream& out, const std::vector<ResultSet>& sets);

}  // namespace steelyard
