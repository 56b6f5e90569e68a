// What `steelyard bench` measured, a row for each balancer. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/registry.h"
#include "reports/json_text.h"

namespace steelyard::app {

// One benchmark of one balancer; its name is "p2c/request/1000" (tests/bench/balancers_bench.h).
struct BenchFigure {
  double ns = 0;                  // of processor time in an iteration; the median of repetitions
  double allocations = 0;         // in an iteration; NaN: not counted
  double bytes_per_endpoint = 0;  // the same
};

struct BenchRow {
  std::string name;
  const StrategyInfo* info = nullptr;                                  // null: the baseline
  std::map<std::pair<std::string, std::size_t>, BenchFigure> figures;  // by kind and endpoints

  double ns(const std::string& kind, std::size_t endpoints) const;  // NaN: not measured
  double allocations_max() const;     // of its picks, in any benchmark but `change`
  double bytes_per_endpoint() const;  // at the most endpoints measured

  // k of the power law n^k that fits the nanoseconds of a request best, from 100 endpoints up
  // (least squares of logarithms); NaN with fewer than two sizes.
  double growth() const;
  // The registration claims O(1) or O(log n), and the growth is above kGrowthMax.
  bool contradicts_claim() const;
};

// From 100 to 100,000 endpoints, log n explains a factor of 2.5, and caches that no longer hold all
// of them about ten: together n^0.47. A scan is n^1.
inline constexpr double kGrowthMax = 0.5;

// The baseline first, then the quickest request at 1000 endpoints (or whatever was measured).
// `figures` by full name; names of no known form are left out.
std::vector<BenchRow> bench_rows(const std::map<std::string, std::vector<BenchFigure>>& figures);

// For a terminal of this width, with escape sequences if `colour`. Ends with a newline.
std::string bench_table(const std::vector<BenchRow>& rows, std::size_t width, bool colour);

// balancer,benchmark,endpoints,ns,allocations,bytes_per_endpoint
std::string bench_csv(const std::vector<BenchRow>& rows);

// Adds to what Google Benchmark wrote, for whoever reads figures and not runs: `balancers`, with
// their claims and growth, and `figures`, the medians.
void add_bench_rows(Json& document, const std::vector<BenchRow>& rows);

}  // namespace steelyard::app
