// Which variant is best in which metric, and which cannot be told apart from it.
//
// A variant that drops the hard requests has fine latencies for the rest. It must not win by that:
// wherever only successful requests count, variants that fail significantly and noticeably more
// requests than the one that fails fewest, or blatantly more in every replication, or that did not
// keep up with the load while others did, stand behind all others with a note that says why. Pure
// functions, thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/metrics.h"
#include "reports/statistics.h"
#include "reports/summary.h"

namespace steelyard {

// What is ranked; a variant of a record, or one read back from a results.json.
struct Contender {
  std::string label;
  std::array<Metric, kMetrics.size()> metrics;
  double unfinished_ratio = 0;
  bool saturated = false;
};

// More failed requests than this share of all matter to somebody; fewer do not disqualify.
inline constexpr double kErrorRatioRelevant = 0.001;
// As much more, and twice as much, in every replication disqualifies without a test.
inline constexpr double kErrorRatioBlatant = 0.01;

struct Disqualification {
  enum class Reason { none, saturated, errors, no_data } reason = Reason::none;
  std::string note;  // "fails 4.2% of its requests"; empty if there is no reason
};

// One per contender. At least one is not disqualified unless there are none.
std::vector<Disqualification> disqualify(std::span<const Contender> contenders);

struct RankedRow {
  std::size_t variant = 0;
  double value = kNoValue;
  std::optional<Interval> ci95;
  // How many times as bad as the best; below 1 only for a disqualified one. Absent where the ratio
  // has no meaning (the best is 0, or there is no value).
  std::optional<double> times_best;
  // The variant minus the best, in pairs; absent for the best itself and without values.
  struct Difference {
    double value = 0;
    std::optional<Interval> ci95;  // corrected for all pairs; absent with one replication
  };
  std::optional<Difference> difference;
  bool tied_with_best = false;  // not the best, was tested, and no difference can be shown
  std::string note;             // why it stands behind the others, if it does

  bool tested() const { return difference && difference->ci95; }  // against the best
};

struct Ranking {
  std::size_t metric = 0;
  std::vector<RankedRow> rows;  // best first; without a value last
};

Ranking rank(std::size_t metric, std::span<const Contender> contenders,
             std::span<const Disqualification> disqualified);

// One ranking for each of kMetrics.
std::vector<Ranking> rank_all(std::span<const Contender> contenders);

}  // namespace steelyard
