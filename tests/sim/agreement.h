// Whether theory and simulation agree, over a family of random scenarios.
//
// Each figure of each scenario gets an interval from independent replications, so wide that all of
// the family hold the truth together with probability 99.9% (Bonferroni): one failure of the whole
// test in a thousand sets of seeds, if theory and simulation are the same. Intervals as wide as
// that would hide a small bias; so the 95% intervals of one figure of each scenario are counted,
// too: of 30, fewer than 24 hold the truth with probability 0.04% (binomial, .95).
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "app/facts.h"
#include "reports/report.h"
#include "reports/statistics.h"
#include "reports/summary.h"
#include "scenarios/loader.h"
#include "tests/sim/scene.h"

namespace steelyard::test {

class Agreement {
 public:
  static constexpr int kScenarios = 30;
  static constexpr std::uint64_t kReplications = 20;

  // At most `figures` are compared in the whole family; `counted` is the metric whose 95% intervals
  // are.
  Agreement(int figures, std::string counted)
      : alpha_(0.001 / figures), figures_left_(figures), counted_(std::move(counted)) {}

  // Simulates, and compares whatever theory says. There must be something.
  void expect_of(const std::string& text) {
    SCOPED_TRACE(text);
    const LoadResult loaded = load_scenario_text(text, "random.yaml", {});
    for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_text(problem);
    if (!loaded.comparison) return;
    const Scenario& scenario = loaded.comparison->base();
    VariantRecord record;
    for (std::uint64_t i = 0; i < kReplications; ++i) record.runs.push_back(simulated(scenario, i));
    const VariantSummary summary = summarise(record, app::facts_of(*loaded.comparison));
    const std::vector<TheoryValue> theory = app::theory_of(scenario);
    EXPECT_FALSE(theory.empty());
    for (const TheoryValue& value : theory) compare(value, summary);
  }

  void expect_coverage() const {
    EXPECT_EQ(scenarios_, kScenarios);
    EXPECT_GE(covered_, 24) << "of " << kScenarios << " 95% intervals";
    EXPECT_GE(figures_left_, 0) << "the intervals are for fewer figures";
  }

 private:
  void compare(const TheoryValue& theory, const VariantSummary& summary) {
    --figures_left_;
    const Metric* measured = metric_at(summary, theory.metric);
    ASSERT_NE(measured, nullptr) << theory.metric;
    const Estimate estimate = estimate_mean(measured->samples);
    ASSERT_TRUE(estimate.ci95) << theory.metric;
    const double half = estimate.ci95->high - estimate.value;
    const double wide = half * student_t_critical(alpha_, kReplications - 1) /
                        student_t_critical(0.05, kReplications - 1);
    // Limits and bounds are not expected to be nearer than they say themselves.
    const double known = (theory.tolerance > 0.01 ? theory.tolerance * theory.value : 0) +
                         (theory.high - theory.low) / 2;
    EXPECT_NEAR(estimate.value, theory.value, std::max(wide, known))
        << theory.metric << " by " << theory.model;
    // An interval that holds anything would agree with anything.
    EXPECT_LT(wide, 0.25 * theory.value + 0.002) << theory.metric;
    if (theory.metric != counted_) return;
    ++scenarios_;
    covered_ += std::abs(estimate.value - theory.value) <= half ? 1 : 0;
  }

  double alpha_;
  int figures_left_;
  std::string counted_;
  int scenarios_ = 0;
  int covered_ = 0;
};

}  // namespace steelyard::test
