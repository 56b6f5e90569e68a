// A simulation beside the live run of the same scenario: the live value is the truth, the simulated
// one the prediction, and the error is (simulated - live) / live. Whether it is as small as aimed
// for, and where it is not, what of the live run may explain it. Pure functions, thread-safe.
#pragma once

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "reports/result_set.h"

namespace steelyard {

// How far a prediction may be off, as a share of the live value.
struct PredictionAim {
  std::size_t metric;
  double error;
};
inline constexpr std::array<PredictionAim, 3> kPredictionAims{
    {{metric::kThroughput, 0.01}, {metric::kP50, 0.10}, {metric::kP99, 0.20}}};

// What the live run itself was like; NaN where its results do not say.
struct Circumstances {
  double timely_ratio = kNoValue;   // share of the sends that kept to their plan
  double hiccup_ms_p99 = kNoValue;  // of the machine
  double hiccup_ms_p999 = kNoValue;
  double hiccup_ms_max = kNoValue;
  bool trustworthy = true;
};

// One variant that both sets have.
struct Prediction {
  std::string variant;  // its label
  std::array<Metric, kMetrics.size()> live;
  std::array<Metric, kMetrics.size()> simulated;
  Circumstances circumstances;
  bool same_scenario = true;

  // NaN if either is unknown, or the live value is 0 and the simulated one is not.
  double error(std::size_t metric) const;
  // Half the width of the live interval as a share of the value; NaN without one.
  double live_doubt(std::size_t metric) const {
    return live[metric].half_width() / live[metric].value;
  }
  bool misses(const PredictionAim& aim) const { return std::abs(error(aim.metric)) > aim.error; }
};

// The reference was measured live and the set simulated.
bool is_prediction(const ResultSet& reference, const ResultSet& set);

// REQUIRES of all below: is_prediction(live, simulated).
std::vector<Prediction> predictions(const ResultSet& live, const ResultSet& simulated);

// How good the predictions are, each one that misses its aim with what may explain it, and whether
// both worlds would recommend the same.
std::vector<std::string> prediction_sentences(const ResultSet& live, const ResultSet& simulated);

// The errors that there are aims for, a row a variant, beside what the live run was like. Empty if
// the sets have no variant in common.
std::string prediction_table(const ResultSet& live, const ResultSet& simulated, std::size_t width);

// 0.0312 -> "+3.1%", 11 -> "×12": a relative difference.
std::string signed_percent(double relative);

}  // namespace steelyard
