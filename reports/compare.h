// Result sets side by side: two versions, simulated and live, this week and last.
//
// Variants are matched by name, and every set is held against one of them: the first that was
// measured live if others were simulated (prediction.h says how well those predicted it), else the
// first given. Whether a difference is real is judged by t-tests of the replications' values: in
// pairs where both sets have the same scenario, seed and replications, and so faced the same
// requests, else Welch's; corrected for the number of variants. Pure functions, thread-safe.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "reports/result_set.h"
#include "reports/terminal.h"

namespace steelyard {

enum class DifferenceTest { paired, welch };

// "paired t", "Welch's t"
std::string_view to_text(DifferenceTest test);

// How differences between these two are judged.
DifferenceTest test_between(const ResultSet& first, const ResultSet& set);

// A metric of a variant in every set.
struct ComparedRow {
  std::string variant;  // its label
  std::size_t metric = 0;
  struct Cell {
    Metric metric;                   // unknown where the set lacks the variant
    std::optional<double> relative;  // (this - first) / first; absent if either is unknown or 0
    Difference difference;           // this - first
    std::optional<Interval> difference_ci95;  // all variants' together; absent if not tested
    std::optional<bool> differs;              // absent with fewer than two replications
  };
  std::vector<Cell> cells;  // one a set; of the first only `metric`
};

// The sets with the one first that the others are held against.
std::vector<ResultSet> reference_first(std::vector<ResultSet> sets);

// All metrics of all variants, in order of first appearance, held against the first set as given.
// REQUIRES of all functions here: at least one set, all read by read_result_set.
std::vector<ComparedRow> side_by_side(const std::vector<ResultSet>& sets);

// What the sets agree on and where they do not, the most important first; then what makes them
// hard to compare (other scenario, other seed), and how differences were judged.
std::vector<std::string> comparison_sentences(const std::vector<ResultSet>& sets);

// Sentences and tables for a terminal.
std::string comparison_report(const std::vector<ResultSet>& sets,
                              const TerminalOptions& options = {});

// variant,metric,set,value,ci_low,ci_high,relative_difference,difference_low,difference_high,
// differs,test. Of a simulation held against a live run, relative_difference is its error.
void write_comparison_csv(std::ostream& out, const std::vector<ResultSet>& sets);

// The same for the page: "comparison" of results.schema.json.
Json comparison_json(const std::vector<ResultSet>& sets);

}  // namespace steelyard
