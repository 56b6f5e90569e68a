// Which distribution measured durations follow: maximum likelihood within each family, the Bayesian
// information criterion between them, and a test whether the best of them is good enough. Where
// none is, the measured percentiles themselves are the answer.
//
// Portable to the last bit: core/math.h only. Pure functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "core/settings.h"

namespace steelyard {

struct DistributionFit {
  Named distribution;  // of kind "distribution", complete: every declared parameter is set
  // Of the values and the distribution chosen: the largest distance between their distribution
  // functions [Kolmogorov, Smirnov], and the 99th percentile's error as a share of the measured
  // one. Against samples of the distribution itself, so that what will be simulated is what is
  // judged.
  double distance = 0;
  double p99_error = 0;
  // What stood against it, best first: families with a density, by their criterion.
  struct Candidate {
    std::string name;
    double criterion = 0;  // of Schwarz: k ln n - 2 ln L; smaller is better
    double distance = 0;
    double p99_error = 0;
  };
  std::vector<Candidate> candidates;
};

// A family is good enough up to this distance, or what chance explains at the 1% level if that is
// more; and up to this error of the 99th percentile, where 300 values or more tell it.
inline constexpr double kFitDistanceMax = 0.05;
inline constexpr double kFitP99ErrorMax = 0.25;

// In this order: `constant` if 95% of the values lie within 5% of the median; `bimodal` if two
// values explain them as well; else the family (exponential, lognormal, gamma) with the least
// criterion, a simpler one unless the gain is beyond 10, "very strong" after Kass and Raftery
// [Bayes factors, JASA 1995]; else `empirical`.
//
// `grain`: differences below it mean nothing; values are taken to be at least so long.
// REQUIRES: at least one value; values and grain not negative, and not all values 0.
DistributionFit fit_distribution(std::vector<double> seconds, double grain = 0);

}  // namespace steelyard
