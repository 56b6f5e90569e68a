// Logarithm, exponential, normal and gamma tails from the four operations and square root alone.
// IEEE 754 fixes those to the last bit; the C library's versions differ between machines (glibc
// picks another one where the processor has fused multiply-add), and one bit is enough to make two
// runs of the same seed part ways.
#pragma once

namespace steelyard::math {

// Natural logarithm, within 2 ulp or so. REQUIRES: x is finite and positive.
double log(double x);

// e^x, within 2 ulp or so; 0 below -745, infinity above 709.
double exp(double x);

// base^exponent = exp(exponent * log(base)). REQUIRES: base > 0.
double pow(double base, double exponent);

// e^x - 1 and ln(1 + x) without cancellation near 0. log1p REQUIRES: x > -1. [Kahan; Higham,
// Accuracy and Stability of Numerical Algorithms, section 1.14]
double expm1(double x);
double log1p(double x);

// sin(2 pi x) and cos(2 pi x), within 2 ulp or so of 1: x counts turns, so that whole periods
// cancel exactly. REQUIRES: |x| < 2^50.
double sin_turns(double x);
double cos_turns(double x);

// ln of the gamma function, relative error about 1e-15 away from its zeros at 1 and 2, absolute
// there. REQUIRES: x > 0. [Stirling's series; DLMF 5.11.1]
double log_gamma(double x);

// The inverse of the standard normal distribution function, relative error about 1e-16.
// REQUIRES: 0 < p < 1. [Wichura, AS 241, PPND16, 1988]
double normal_quantile(double p);

// P(Z > z) of the standard normal distribution, within a few ulp times max(1, z^2); infinities are
// fine. [Cody: Rational Chebyshev approximations for the error function, Math. Comp. 23, 1969]
double normal_tail(double z);

// P(X > x) of the gamma distribution of this shape and of scale 1: the regularised upper incomplete
// gamma function Q(shape, x), within 1e-15 times max(10, shape). O(sqrt(shape)) or so. REQUIRES:
// shape > 0, x >= 0; infinity is fine. [DLMF 8.7.1 below the mean, 8.9.2 above]
double gamma_tail(double shape, double x);

}  // namespace steelyard::math
