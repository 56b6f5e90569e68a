// The metrics that variants are compared by: one list, from which the terminal, results.json, the
// CSV files and the page take names, units and which way is better.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace steelyard {

struct MetricInfo {
  std::string_view path;   // in results.json and in `expect:`
  std::string_view label;  // for people
  std::string_view unit;   // "ms", "rps", "ratio" (of 1), "" (a plain number)
  bool higher_is_better;
  bool of_successes;  // says nothing about requests that were not answered
};

inline constexpr std::array<MetricInfo, 12> kMetrics{{
    {"latency_ms.mean", "mean latency", "ms", false, true},
    {"latency_ms.p50", "median latency", "ms", false, true},
    {"latency_ms.p90", "p90 latency", "ms", false, true},
    {"latency_ms.p99", "p99 latency", "ms", false, true},
    {"latency_ms.p999", "p99.9 latency", "ms", false, true},
    {"latency_ms.max", "slowest request", "ms", false, true},
    {"throughput_rps", "throughput", "rps", true, false},
    {"goodput_rps", "goodput", "rps", true, false},
    {"error_ratio", "error ratio", "ratio", false, false},
    {"load_imbalance", "load imbalance", "", false, false},
    {"attempts_per_request", "attempts per request", "", false, false},
    {"connections", "connections opened", "", false, false},
}};

// Positions in kMetrics, as an index of VariantSummary::metrics.
namespace metric {
inline constexpr std::size_t kMean = 0;
inline constexpr std::size_t kP50 = 1;
inline constexpr std::size_t kP90 = 2;
inline constexpr std::size_t kP99 = 3;
inline constexpr std::size_t kP999 = 4;
inline constexpr std::size_t kMax = 5;
inline constexpr std::size_t kThroughput = 6;
inline constexpr std::size_t kGoodput = 7;
inline constexpr std::size_t kErrorRatio = 8;
inline constexpr std::size_t kImbalance = 9;
inline constexpr std::size_t kAttempts = 10;
inline constexpr std::size_t kConnections = 11;

inline constexpr std::size_t kPrimary = kP99;  // what the verdict is about
inline constexpr std::size_t kLatencies = 6;   // the first six
}  // namespace metric

// Position of the metric with this path, if there is one.
constexpr std::optional<std::size_t> find_metric(std::string_view path) {
  for (std::size_t i = 0; i < kMetrics.size(); ++i)
    if (kMetrics[i].path == path) return i;
  return std::nullopt;
}

}  // namespace steelyard
