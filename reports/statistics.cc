#include "reports/statistics.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

#include "core/check.h"

namespace steelyard {
namespace {

constexpr std::size_t kShafferVariants = 64;  // beyond it the counts cost more than they gain

struct Moments {
  double mean = kNoValue;
  double deviation = 0;  // of one sample, n - 1 in the denominator
  std::size_t count = 0;
};

// Two passes: the textbook sum of squares cancels when replications hardly differ.
Moments moments(std::span<const double> samples) {
  Moments m;
  double sum = 0;
  for (const double x : samples) {
    if (!std::isfinite(x)) continue;
    sum += x;
    ++m.count;
  }
  if (m.count == 0) return m;
  m.mean = sum / static_cast<double>(m.count);
  double squares = 0;
  for (const double x : samples)
    if (std::isfinite(x)) squares += (x - m.mean) * (x - m.mean);
  if (m.count > 1) m.deviation = std::sqrt(squares / static_cast<double>(m.count - 1));
  return m;
}

// P(|T| > |t|). The tail itself is computed, not one minus the rest, or small ones would vanish.
double two_sided_p(double t, double degrees_of_freedom) {
  if (std::isnan(t)) return 1;
  if (std::isinf(t)) return 0;
  const boost::math::students_t distribution(degrees_of_freedom);
  return 2 * boost::math::cdf(boost::math::complement(distribution, std::abs(t)));
}

double critical_value(double alpha, double degrees_of_freedom) {
  const boost::math::students_t distribution(degrees_of_freedom);
  return boost::math::quantile(boost::math::complement(distribution, alpha / 2));
}

// The interval that holds, but if a step-down test sees a difference that it still covers, the
// bound moves to zero and no further: all that such a test supports is the sign. [Strassburger,
// Bretz, Statistics in Medicine 27, 2008]
Interval supported(double centre, double half, bool differs) {
  Interval interval{centre - half, centre + half};
  if (differs && centre > 0) interval.low = std::max(interval.low, 0.0);
  if (differs && centre < 0) interval.high = std::min(interval.high, 0.0);
  return interval;
}

// Of a difference of two values that were each rounded to a step of their own.
double smallest_deviation(double quantum_a, double quantum_b) {
  return std::sqrt((quantum_a * quantum_a + quantum_b * quantum_b) / 12);
}

std::size_t pair_count(std::size_t variants) {
  return variants < 2 ? 0 : variants * (variants - 1) / 2;
}

}  // namespace

double student_t_critical(double alpha, std::size_t degrees_of_freedom) {
  STEELYARD_CHECK(0 < alpha && alpha < 1 && degrees_of_freedom >= 1,
                  "Student's t needs a probability and at least one degree of freedom");
  return critical_value(alpha, static_cast<double>(degrees_of_freedom));
}

Estimate estimate_mean(std::span<const double> samples, double quantum) {
  const Moments m = moments(samples);
  Estimate estimate{.value = m.mean, .ci95 = {}, .samples = m.count};
  if (m.count < 2) return estimate;
  const double deviation = std::max(m.deviation, quantum / std::sqrt(12.0));
  const double half =
      student_t_critical(0.05, m.count - 1) * deviation / std::sqrt(static_cast<double>(m.count));
  estimate.ci95 = Interval{m.mean - half, m.mean + half};
  return estimate;
}

Difference paired_difference(std::span<const double> first, std::span<const double> second,
                             double quantum_first, double quantum_second) {
  std::vector<double> differences;
  for (std::size_t r = 0; r < std::min(first.size(), second.size()); ++r)
    differences.push_back(second[r] - first[r]);  // NaN if either has no data
  const Moments m = moments(differences);
  Difference difference{.value = m.mean};
  if (m.count < 2) return difference;
  const double deviation = std::max(m.deviation, smallest_deviation(quantum_first, quantum_second));
  difference.standard_error = deviation / std::sqrt(static_cast<double>(m.count));
  difference.degrees_of_freedom = static_cast<double>(m.count - 1);
  // 0/0, equal throughout, is NaN and no difference.
  difference.p_value =
      two_sided_p(difference.value / difference.standard_error, difference.degrees_of_freedom);
  return difference;
}

Difference welch_difference(std::span<const double> first, std::span<const double> second,
                            double quantum_first, double quantum_second) {
  const Moments a = moments(first);
  const Moments b = moments(second);
  Difference difference{.value = b.mean - a.mean};
  if (a.count < 2 || b.count < 2) return difference;
  const auto squared_error = [](const Moments& m, double quantum) {
    const double deviation = std::max(m.deviation, smallest_deviation(quantum, 0));
    return deviation * deviation / static_cast<double>(m.count);
  };
  const double error_a = squared_error(a, quantum_first);
  const double error_b = squared_error(b, quantum_second);
  const double sum = error_a + error_b;
  difference.standard_error = std::sqrt(sum);
  const auto freedom_a = static_cast<double>(a.count - 1);
  const auto freedom_b = static_cast<double>(b.count - 1);
  difference.degrees_of_freedom =
      sum > 0 ? sum * sum / (error_a * error_a / freedom_a + error_b * error_b / freedom_b)
              : freedom_a + freedom_b;
  difference.p_value =
      two_sided_p(difference.value / difference.standard_error, difference.degrees_of_freedom);
  return difference;
}

std::vector<bool> holm(std::span<const Difference> differences, double alpha) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < differences.size(); ++i)
    if (differences[i].tested()) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return differences[a].p_value < differences[b].p_value;
  });
  std::vector<bool> differ(differences.size(), false);
  for (std::size_t step = 0; step < order.size(); ++step) {
    const auto still_true = static_cast<double>(order.size() - step);
    if (differences[order[step]].p_value * still_true > alpha) break;
    differ[order[step]] = true;
  }
  return differ;
}

std::vector<std::optional<Interval>> simultaneous_intervals(std::span<const Difference> differences,
                                                            double alpha) {
  const std::vector<bool> differ = holm(differences, alpha);
  const auto tested = static_cast<double>(std::count_if(
      differences.begin(), differences.end(), [](const Difference& d) { return d.tested(); }));
  std::vector<std::optional<Interval>> intervals(differences.size());
  for (std::size_t i = 0; i < differences.size(); ++i) {
    const Difference& difference = differences[i];
    if (!difference.tested()) continue;
    const double half =
        difference.standard_error * critical_value(alpha / tested, difference.degrees_of_freedom);
    intervals[i] = supported(difference.value, half, differ[i]);
  }
  return intervals;
}

// S(k), the possible numbers of true equalities among k means: put j of them into the group of the
// first (j(j-1)/2 equalities) and the rest any way. The count at a step is the largest member of
// S(k) that the hypotheses not yet rejected leave room for.
std::vector<std::size_t> shaffer_counts(std::size_t variants) {
  STEELYARD_CHECK(variants <= kShafferVariants, "Shaffer's counts are kept for few variants");
  std::vector<std::vector<bool>> possible(variants + 1);
  for (std::size_t k = 0; k <= variants; ++k) {
    possible[k].assign(pair_count(k) + 1, false);
    if (k == 0) possible[k][0] = true;
    for (std::size_t j = 1; j <= k; ++j)
      for (std::size_t rest = 0; rest < possible[k - j].size(); ++rest)
        if (possible[k - j][rest]) possible[k][pair_count(j) + rest] = true;
  }
  const std::vector<bool>& all = possible[variants];
  std::vector<std::size_t> counts;
  for (std::size_t room = pair_count(variants); room > 0; --room) {
    std::size_t largest = room;
    while (!all[largest]) --largest;
    counts.push_back(std::max<std::size_t>(largest, 1));
  }
  return counts;
}

AllPairs::AllPairs(std::span<const std::vector<double>> samples, std::span<const double> quanta,
                   double alpha)
    : variants_(samples.size()), alpha_(alpha), pairs_(pair_count(samples.size())) {
  STEELYARD_CHECK(quanta.empty() || quanta.size() == samples.size(), "one quantum a variant");
  std::size_t next = 0;
  std::vector<double> differences;
  for (std::size_t i = 0; i < variants_; ++i) {
    for (std::size_t j = i + 1; j < variants_; ++j) {
      differences.clear();
      for (std::size_t r = 0; r < std::min(samples[i].size(), samples[j].size()); ++r)
        differences.push_back(samples[i][r] - samples[j][r]);  // NaN if either has no data
      const Moments m = moments(differences);
      Pair& pair = pairs_[next++];
      pair.difference = m.mean;
      pair.samples = m.count;
      if (m.count < 2) continue;
      const double smallest = quanta.empty() ? 0 : smallest_deviation(quanta[i], quanta[j]);
      pair.standard_error =
          std::max(m.deviation, smallest) / std::sqrt(static_cast<double>(m.count));
      // 0/0, two variants that are equal throughout, is NaN and no difference.
      pair.p_value = two_sided_p(m.mean / pair.standard_error, static_cast<double>(m.count - 1));
    }
  }
  step_down();
}

void AllPairs::step_down() {
  std::vector<std::size_t> order(pairs_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
    return pairs_[a].p_value < pairs_[b].p_value;
  });
  std::vector<std::size_t> counts;
  if (variants_ <= kShafferVariants) counts = shaffer_counts(variants_);
  for (std::size_t step = 0; step < order.size(); ++step) {
    const std::size_t still_true = counts.empty() ? order.size() - step : counts[step];
    Pair& pair = pairs_[order[step]];
    if (pair.samples < 2 || pair.p_value * static_cast<double>(still_true) > alpha_) return;
    pair.differ = true;
  }
}

const AllPairs::Pair& AllPairs::at(std::size_t i, std::size_t j) const {
  STEELYARD_CHECK(i != j && i < variants_ && j < variants_, "a pair is of two different variants");
  const std::size_t low = std::min(i, j);
  const std::size_t high = std::max(i, j);
  return pairs_[low * variants_ - low * (low + 1) / 2 + (high - low - 1)];
}

double AllPairs::difference(std::size_t i, std::size_t j) const {
  return i < j ? at(i, j).difference : -at(i, j).difference;
}

// Bonferroni's intervals are the ones that hold together.
std::optional<Interval> AllPairs::interval(std::size_t i, std::size_t j) const {
  const Pair& pair = at(i, j);
  if (pair.samples < 2) return std::nullopt;
  const double half =
      pair.standard_error *
      student_t_critical(alpha_ / static_cast<double>(pairs_.size()), pair.samples - 1);
  return supported(difference(i, j), half, pair.differ);
}

}  // namespace steelyard
