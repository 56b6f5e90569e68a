// The sum of a geometric number of independent terms, on a grid: what somebody waits in M/G/1 is
// one of residual service times (general_service.h).
//
// Portable to the last bit.
#pragma once

#include <vector>

namespace steelyard::queueing {

// P(sum > k h), k = 0, 1, ..., for terms of which each is taken shorter, or longer, than it is: no
// further apart than terms are many.
struct CompoundTails {
  std::vector<double> low;   // every term rounded down to the grid
  std::vector<double> high;  // every term rounded up
};

// X_1 + ... + X_N, P(N = n) = (1 - p) p^n. terms[k] is the probability that k h <= X < (k + 1) h,
// or, if X is continuous, that it lies there; what they lack to 1 lies beyond the grid, and so does
// what the results end with. On a grid the sum has the generating function (1 - p)/(1 - p g(z))
// [the same as the recursion of Panjer 1981, ASTIN Bulletin 12], which is inverted on a circle of a
// radius below 1, where the points of the grid meet the 1e-8th part of what lies beyond it: that is
// the error of the results. [Abate, Whitt: Numerical inversion of probability generating functions,
// Operations Research Letters 1992] O(n log n). REQUIRES: 0 <= p < 1; the number of terms is a
// power of two.
CompoundTails geometric_compound(double p, const std::vector<double>& terms);

}  // namespace steelyard::queueing
