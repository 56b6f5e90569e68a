// Everything a comparison report says, computed: the input of every writer in this folder.
#pragma once

#include <string>
#include <vector>

#include "core/records.h"
#include "reports/generator.h"
#include "reports/labels.h"
#include "reports/ranking.h"
#include "reports/summary.h"
#include "reports/verdict.h"

namespace steelyard {

struct TheoryCheck {
  std::size_t variant = 0;
  std::string metric;
  std::string model;
  double value = 0;
  std::optional<Interval> bounds;  // where theory knows no more; `value` is their middle
  double tolerance = 0;            // of the model itself, as a share
  double measured = kNoValue;
  std::optional<Interval> ci95;
  bool agrees = false;  // theory within the interval, or within the model's own tolerance
};

struct ExpectationCheck {
  std::string text;
  std::string metric;
  std::size_t variant = 0;
  double value = kNoValue;  // NaN: the metric has no value, and the expectation is not met
  bool met = false;
};

struct Report {
  std::string version;
  std::string commit;
  std::string world;
  std::uint64_t seed = 0;
  std::size_t replications = 0;
  ScenarioFacts scenario;
  std::vector<Axis> axes;
  std::vector<VariantSummary> variants;
  std::vector<Ranking> rankings;  // as kMetrics
  Verdict verdict;
  std::vector<TheoryCheck> theory;
  std::vector<ExpectationCheck> expectations;
  std::vector<std::string> limitations;
  std::vector<ComparisonRecord::Skipped> skipped;
  GeneratorVerdict generator;  // of the live world; its warning is in verdict.warnings too
  double peak_rss_mib = 0;

  const VariantSummary& best() const { return variants[verdict.best]; }
  bool expectations_met() const;
};

// REQUIRES: at least one variant; variants have distinct names. Pure, thread-safe.
Report make_report(const ComparisonRecord& record);

// The metric of a variant with this path, which may also lead into a client or a service:
// "latency_ms.p99", "clients.shoppers.latency_ms.p99", "services.orders.utilisation".
// Null if there is none.
const Metric* metric_at(const VariantSummary& variant, std::string_view path);

// "10 replications of 110 s after a warm-up of 10 s, …": how sure one may be, and why.
std::string sample_sentence(const Report& report);

}  // namespace steelyard
