// Records of replications -> one summary per variant: every metric with its interval, and the
// pictures' data. Latencies are of requests that succeeded after the warm-up.
//
// A metric's value is the mean over replications of that replication's statistic: the p99 of
// every replication, averaged. Pooling the requests of all replications would give one number
// and no honest interval. Pure functions, thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/records.h"
#include "reports/metrics.h"
#include "reports/statistics.h"

namespace steelyard {

// A metric of one variant (or of one of its clients or services).
struct Metric {
  std::vector<double> samples;   // one per replication, in order; NaN: no data
  double quantum = 0;            // the step it was measured in, see estimate_mean
  double value = kNoValue;       // NaN: no data in any replication
  std::optional<Interval> ci95;  // cut off at zero: no metric is negative

  bool known() const { return value == value; }
  // Half the width of the interval; NaN without one.
  double half_width() const { return ci95 ? ci95->high - value : kNoValue; }
};

// The metric of these samples.
Metric make_metric(std::vector<double> samples, double quantum);

struct ClientSummary {
  std::string name;
  std::array<Metric, metric::kLatencies> latency;  // as in kMetrics
  Metric error_ratio;
};

struct ServiceSummary {
  std::string name;
  Metric utilisation;          // share of its concurrency that was busy
  Metric attempts_per_second;  // received, over all instances
  Metric failed_ratio;         // of the attempts
  Metric load_imbalance;       // as the variant's; unknown with a single instance
};

// Attempts outstanding at an instance over time, averaged over replications.
struct InstanceMap {
  std::string service;
  std::vector<std::string> names;                // "orders/0"
  std::uint64_t left_out = 0;                    // instances without a row
  std::vector<std::vector<double>> outstanding;  // a row per name, a column per series bucket
  std::vector<double> share;                     // of the service's attempts, per name
};

// Slices of time, warm-up included: rates are means over replications, percentiles those of all
// replications' requests together (a slice of one replication holds too few for a p99).
struct Series {
  double interval_seconds = 0;
  std::vector<double> offered_rps;
  std::vector<double> goodput_rps;
  std::vector<double> failed_rps;
  std::vector<double> latency_ms_p50;  // NaN: nothing succeeded in this slice
  std::vector<double> latency_ms_p99;
};

struct LatencyPoint {
  double percentile = 0;
  double latency_ms = 0;
};

struct VariantSummary {
  std::string name;
  std::string label;  // the name without what all variants have in common
  std::vector<VariantRecord::Setting> settings;
  std::array<Metric, kMetrics.size()> metrics;
  std::vector<ClientSummary> clients;
  std::vector<ServiceSummary> services;

  // Over all replications and the whole run, warm-up included.
  std::uint64_t offered = 0;
  OutcomeCounts finished{};
  std::uint64_t unfinished = 0;
  // More and more requests were under way when the run ended: the latencies are of a system that
  // did not keep up, and grow with the length of the run.
  bool saturated = false;

  Histogram latency_ns;  // all clients, all replications
  std::vector<LatencyPoint> percentiles;
  Series series;
  std::vector<InstanceMap> instances;

  std::optional<LiveRecord> live;  // all replications merged; of the live world
  std::vector<VariantRecord::Attachment> attachments;

  double wall_seconds = 0;
  double cpu_seconds = 0;
  std::uint64_t events = 0;

  double unfinished_ratio() const {
    return offered == 0 ? 0 : static_cast<double>(unfinished) / static_cast<double>(offered);
  }
};

// The step in which a latency metric (index in kMetrics) of this size is measured: histograms keep
// quantiles to one part in 256, mean and maximum exactly.
double latency_quantum(std::size_t metric, double latency_ms);

// `label` is left empty; labels.h knows all variants.
VariantSummary summarise(const VariantRecord& variant, const ScenarioFacts& scenario);

// Largest attempts per unit of weight over their mean: 1 when every instance got its fair share.
// NaN with fewer than two instances that have a weight, or without attempts. An empty `weights`
// means equal ones.
double load_imbalance(const ServiceRecord& service, const std::vector<std::uint32_t>& weights);

// Percentiles for a picture over 1/(1-p): 0, 10 … 90, then 95, 98, 99, 99.5, 99.8, 99.9 … as long
// as at least five requests lie beyond, then 100.
std::vector<LatencyPoint> latency_percentiles(const Histogram& latency_ns);

}  // namespace steelyard
