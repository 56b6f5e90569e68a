// Statistics of replications: what can be said about a mean, and about which of several means
// differ, from a handful of independent runs.
//
// A replication is one independent observation of every metric; what happens inside a run is
// correlated and never enters an interval. Variants of one comparison face the same requests
// (common random numbers), so they are compared replication by replication, in pairs.
//
// Everything here runs after the simulation. Quantiles of Student's t come from Boost.Math, which
// calls the C library's logarithms, so their last bits depend on the machine; results are rounded
// when they are written (json_text.h). Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace steelyard {

struct Interval {
  double low = 0;
  double high = 0;
  bool contains(double value) const { return low <= value && value <= high; }
};

inline constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

// A mean and how well it is known.
struct Estimate {
  double value = kNoValue;       // NaN: there was nothing to average
  std::optional<Interval> ci95;  // absent with fewer than two samples
  std::size_t samples = 0;
};

// t such that a Student-t variable with this many degrees of freedom exceeds it in absolute value
// with probability `alpha`. REQUIRES: 0 < alpha < 1, degrees_of_freedom >= 1.
double student_t_critical(double alpha, std::size_t degrees_of_freedom);

// The mean of the finite samples with its Student-t interval. Samples that are NaN or infinite are
// replications without data and are left out.
//
// `quantum` is the step in which the samples were measured: the width of a histogram bucket, one
// request in a ratio. Equal samples then do not prove that the quantity does not vary, so the
// standard deviation is taken to be at least that of a value rounded to such steps,
// quantum / sqrt(12). Zero: measured exactly.
Estimate estimate_mean(std::span<const double> samples, double quantum = 0);

// The difference of two means, and how likely chance alone makes one as large.
struct Difference {
  double value = kNoValue;  // of the second minus the first
  double standard_error = 0;
  double degrees_of_freedom = 0;  // 0: too few samples for anything but the value
  double p_value = 1;             // two-sided, of Student's t

  bool tested() const { return degrees_of_freedom > 0; }
};

// The mean of second[r] - first[r] over the replications that have both: where both faced the same
// requests, what they share cancels. Quanta as in estimate_mean.
Difference paired_difference(std::span<const double> first, std::span<const double> second,
                             double quantum_first = 0, double quantum_second = 0);

// The difference of the means of two independent sets of replications, which need be neither as
// many nor as widely spread. [Welch, The generalization of Student's problem when several different
// population variances are involved, Biometrika 34, 1947]
Difference welch_difference(std::span<const double> first, std::span<const double> second,
                            double quantum_first = 0, double quantum_second = 0);

// Which of several differences are real: the chance that any is called so that is not is at most
// `alpha`, whatever the dependence between them. Those not tested never are, and do not count.
// [Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6, 1979]
std::vector<bool> holm(std::span<const Difference> differences, double alpha = 0.05);

// Intervals of all of them that hold together with probability 1 - alpha, and exclude zero, or end
// there, exactly where holm() says so; absent where not tested.
std::vector<std::optional<Interval>> simultaneous_intervals(std::span<const Difference> differences,
                                                            double alpha = 0.05);

// The paired differences of several variants, every two of them, and which of them are real.
//
// All pairs are tested together by Shaffer's step-down version of Bonferroni's correction, each by
// a paired t-test: the probability that *any* two variants are called different that are not is at
// most `alpha`, whatever the dependence between them. Since that holds for all pairs at once it
// holds for the pairs with the best, even though the data chose which one is best.
// [Shaffer, Modified sequentially rejective multiple test procedures, JASA 81, 1986, procedure S1;
//  above 64 variants Holm's counts, which are a little more cautious: Holm 1979]
class AllPairs {
 public:
  // samples[i][r]: variant i in replication r; NaN: no data. Unequal lengths are paired as far as
  // both go. quanta[i] as in estimate_mean; none: all measured exactly.
  explicit AllPairs(std::span<const std::vector<double>> samples,
                    std::span<const double> quanta = {}, double alpha = 0.05);

  // Variants i and j differ. Never with fewer than two pairs.
  bool differ(std::size_t i, std::size_t j) const { return at(i, j).differ; }

  // Mean of i - j over the replications that have both.
  double difference(std::size_t i, std::size_t j) const;

  // Simultaneous interval of i - j: all of them together hold with probability 1 - alpha. It
  // excludes zero, or ends there, exactly if differ(i, j). Absent with fewer than two pairs.
  std::optional<Interval> interval(std::size_t i, std::size_t j) const;

 private:
  struct Pair {
    double difference = kNoValue;  // of the smaller index minus the larger one
    double standard_error = 0;
    double p_value = 1;
    std::size_t samples = 0;
    bool differ = false;
  };
  const Pair& at(std::size_t i, std::size_t j) const;
  void step_down();

  std::size_t variants_;
  double alpha_;
  std::vector<Pair> pairs_;
};

// How many of the hypotheses "two means are equal" about `variants` means can still be true at
// each step of a step-down procedure, first step first: all m = variants (variants - 1) / 2 at the
// first; once one is false, equalities being transitive, far fewer. REQUIRES: variants <= 64.
std::vector<std::size_t> shaffer_counts(std::size_t variants);

}  // namespace steelyard
