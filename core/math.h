// Logarithm, exponential and normal quantile from the four operations and square root alone.
// IEEE 754 fixes those to the last bit; the C library's versions differ between machines (glibc
// picks another one where the processor has fused multiply-add), and one bit is enough to make two
// runs of the same seed part ways.
#pragma once

namespace steelyard::math {

// Natural logarithm, within 1 ulp or so. REQUIRES: x is finite and positive.
double log(double x);

// e^x, within 2 ulp or so; 0 below -745, infinity above 709.
double exp(double x);

// base^exponent = exp(exponent * log(base)). REQUIRES: base > 0.
double pow(double base, double exponent);

// The inverse of the standard normal distribution function, relative error about 1e-16.
// REQUIRES: 0 < p < 1. [Wichura, AS 241, PPND16, 1988]
double normal_quantile(double p);

}  // namespace steelyard::math
