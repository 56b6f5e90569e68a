#include "core/math.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace steelyard::math {
namespace {

// ln 2 in two parts: the first has enough trailing zero bits that k * kLn2High is exact.
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;

template <std::size_t N>
double polynomial(const double (&c)[N], double x) {
  double sum = c[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) sum = sum * x + c[i];
  return sum;
}

// The series 2 atanh(s), s = (m-1)/(m+1), in as many terms as change the sum: slow and exact, for
// the table below. m lies in [0.7, 1.5].
constexpr double log_by_series(double m) {
  const double s = (m - 1) / (m + 1);
  double sum = 0;
  for (int i = 41; i >= 1; i -= 2) sum = sum * s * s + 2.0 / i;
  return sum * s;
}

// For 128 slices of [0.6875, 1.375): the reciprocal of a number near the slice's middle, and the
// logarithm of that number. Reciprocals have 24 bits, so that products with 29 bits are exact.
constexpr int kSliceBits = 7;
constexpr std::uint64_t kSlicesBegin = 0x3fe6000000000000ULL;  // 0.6875
struct Slice {
  double reciprocal;
  double log;
};
constexpr auto kSlices = [] {
  std::array<Slice, 1 << kSliceBits> slices{};
  for (std::uint64_t i = 0; i < slices.size(); ++i) {
    const auto low = std::bit_cast<double>(kSlicesBegin + (i << (52 - kSliceBits)));
    const auto high = std::bit_cast<double>(kSlicesBegin + ((i + 1) << (52 - kSliceBits)));
    // Around 1 the reciprocal is 1 itself: small logarithms keep all their digits.
    const bool near_one = low >= 0.99 && high <= 1.01;
    const double reciprocal = near_one ? 1.0 : static_cast<float>(2 / (low + high));
    slices[i] = {reciprocal, near_one ? 0.0 : -log_by_series(reciprocal)};
  }
  return slices;
}();

}  // namespace

// x = 2^k m with m in [0.6875, 1.375), and m = (1 + r) / reciprocal with |r| < 2^-6.6 at most:
// ln x = k ln 2 + ln(1 / reciprocal) + ln(1 + r). No division. [Tang, Table-driven implementation
// of the logarithm function, ACM TOMS 16, 1990]
double log(double x) {
  auto bits = std::bit_cast<std::uint64_t>(x);
  int subnormal = 0;
  if (bits < 0x0010000000000000ULL) [[unlikely]] {
    bits = std::bit_cast<std::uint64_t>(x * 0x1p54);
    subnormal = 54;
  }
  const std::uint64_t offset = bits - kSlicesBegin;
  const auto k = static_cast<std::int64_t>(offset) >> 52;
  const Slice& slice = kSlices[(offset >> (52 - kSliceBits)) % kSlices.size()];
  bits -= static_cast<std::uint64_t>(k) << 52;
  // m in two parts, the first of 29 bits: both products, and the first difference, are exact.
  const auto m = std::bit_cast<double>(bits);
  const auto high = std::bit_cast<double>(bits & 0xffffffffff000000ULL);
  const double r = (high * slice.reciprocal - 1) + (m - high) * slice.reciprocal;
  const double r2 = r * r;
  const double a = -1.0 / 2 + r * (1.0 / 3);
  const double b = -1.0 / 4 + r * (1.0 / 5);
  const double c = -1.0 / 6 + r * (1.0 / 7);
  const double d = -1.0 / 8 + r * (1.0 / 9);
  const double tail = r2 * ((a + r2 * b) + (r2 * r2) * (c + r2 * d));
  const auto dk = static_cast<double>(k - subnormal);
  return (dk * kLn2High + slice.log) + (r + (tail + dk * kLn2Low));
}

// x = k ln 2 + r with |r| <= ln 2 / 2; e^r by its Taylor series (13 terms reach 2^-58).
double exp(double x) {
  if (x > 709.78) return std::numeric_limits<double>::infinity();
  if (!(x >= -745.13)) return x < 0 ? 0 : x;  // x is no number: neither is the result
  const double k = std::nearbyint(x * 1.4426950408889634);
  const double r = (x - k * kLn2High) - k * kLn2Low;
  static constexpr double kInverseFactorials[] = {1.0,
                                                  1.0,
                                                  1.0 / 2,
                                                  1.0 / 6,
                                                  1.0 / 24,
                                                  1.0 / 120,
                                                  1.0 / 720,
                                                  1.0 / 5040,
                                                  1.0 / 40320,
                                                  1.0 / 362880,
                                                  1.0 / 3628800,
                                                  1.0 / 39916800,
                                                  1.0 / 479001600,
                                                  1.0 / 6227020800.0};
  return std::ldexp(polynomial(kInverseFactorials, r), static_cast<int>(k));
}

double pow(double base, double exponent) { return exp(exponent * log(base)); }

// The rounding error of e^x, and of 1 + x, cancels against the logarithm of the same number.
double expm1(double x) {
  const double u = exp(x);
  if (u == 1) return x;
  if (u - 1 == -1) return -1;
  if (std::isinf(u)) return u;
  return (u - 1) * x / log(u);
}

double log1p(double x) {
  const double u = 1 + x;
  return u == 1 ? x : log(u) * x / (u - 1);
}

namespace {

// Taylor series on an eighth of a turn either way, |t| <= pi/4: the next term is below 2^-64.
double sine_near_zero(double t) {
  static constexpr double kTerms[] = {1.0,
                                      -1.0 / 6,
                                      1.0 / 120,
                                      -1.0 / 5040,
                                      1.0 / 362880,
                                      -1.0 / 39916800,
                                      1.0 / 6227020800.0,
                                      -1.0 / 1307674368000.0,
                                      1.0 / 355687428096000.0};
  return t * polynomial(kTerms, t * t);
}

double cosine_near_zero(double t) {
  static constexpr double kTerms[] = {1.0,
                                      -1.0 / 2,
                                      1.0 / 24,
                                      -1.0 / 720,
                                      1.0 / 40320,
                                      -1.0 / 3628800,
                                      1.0 / 479001600.0,
                                      -1.0 / 87178291200.0,
                                      1.0 / 20922789888000.0,
                                      -1.0 / 6402373705728000.0};
  return polynomial(kTerms, t * t);
}

}  // namespace

double sin_turns(double x) {
  const double turn = x - std::nearbyint(x);  // exact
  const double quarters = std::nearbyint(4 * turn);
  const double t = (turn - quarters / 4) * 6.283185307179586477;
  switch (static_cast<int>(quarters)) {
    case 0:
      return sine_near_zero(t);
    case 1:
      return cosine_near_zero(t);
    case -1:
      return -cosine_near_zero(t);
    default:  // half a turn either way
      return -sine_near_zero(t);
  }
}

double cos_turns(double x) {
  const double turn = x - std::nearbyint(x);
  const double quarters = std::nearbyint(4 * turn);
  const double t = (turn - quarters / 4) * 6.283185307179586477;
  switch (static_cast<int>(quarters)) {
    case 0:
      return cosine_near_zero(t);
    case 1:
      return -sine_near_zero(t);
    case -1:
      return sine_near_zero(t);
    default:
      return -cosine_near_zero(t);
  }
}

double log_gamma(double x) {
  // Gamma(x) = Gamma(x + n) / (x (x+1) ... (x+n-1)), up to where the series is good to 2^-54.
  double product = 1;
  while (x < 10) product *= x++;
  static constexpr double kTerms[] = {1.0 / 12,   -1.0 / 360,        1.0 / 1260, -1.0 / 1680,
                                      1.0 / 1188, -691.0 / 360360.0, 1.0 / 156};
  const double series = polynomial(kTerms, 1 / (x * x)) / x;
  constexpr double kHalfLog2Pi = 0.91893853320467274178;
  return (x - 0.5) * log(x) - x + kHalfLog2Pi + series - log(product);
}

double normal_quantile(double p) {
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    static constexpr double kA[] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                    1.9715909503065514427e3, 1.3731693765509461125e4,
                                    4.5921953931549871457e4, 6.7265770927008700853e4,
                                    3.3430575583588128105e4, 2.5090809287301226727e3};
    static constexpr double kB[] = {1.0,
                                    4.2313330701600911252e1,
                                    6.8718700749205790830e2,
                                    5.3941960214247511077e3,
                                    2.1213794301586595867e4,
                                    3.9307895800092710610e4,
                                    2.8729085735721942674e4,
                                    5.2264952788528545610e3};
    const double r = 0.180625 - q * q;
    return q * polynomial(kA, r) / polynomial(kB, r);
  }
  double r = std::sqrt(-log(q < 0 ? p : 1 - p));
  double value = 0;
  if (r <= 5) {
    static constexpr double kC[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                    5.76949722146069140550e0,  3.64784832476320460504e0,
                                    1.27045825245236838258e0,  2.41780725177450611770e-1,
                                    2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static constexpr double kD[] = {1.0,
                                    2.05319162663775882187e0,
                                    1.67638483018380384940e0,
                                    6.89767334985100004550e-1,
                                    1.48103976427480074590e-1,
                                    1.51986665636164571966e-2,
                                    5.47593808499534494600e-4,
                                    1.05075007164441684324e-9};
    r -= 1.6;
    value = polynomial(kC, r) / polynomial(kD, r);
  } else {
    static constexpr double kE[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                    1.78482653991729133580e0,  2.96560571828504891230e-1,
                                    2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                    2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static constexpr double kF[] = {1.0,
                                    5.99832206555887937690e-1,
                                    1.36929880922735805310e-1,
                                    1.48753612908506148525e-2,
                                    7.86869131145613259100e-4,
                                    1.84631831751005468180e-5,
                                    1.42151175831644588870e-7,
                                    2.04426310338993978564e-15};
    r -= 5;
    value = polynomial(kE, r) / polynomial(kF, r);
  }
  return q < 0 ? -value : value;
}

namespace {

// e^(y^2) erfc(y), with y >= 0.46875. Cody's coefficients, in ascending order.
double scaled_erfc(double y) {
  if (y <= 4) {
    static constexpr double kC[] = {
        1.23033935479799725e3, 2.05107837782607147e3,  1.71204761263407058e3,
        8.81952221241769090e2, 2.98635138197400131e2,  6.61191906371416295e1,
        8.88314979438837594e0, 5.64188496988670089e-1, 2.15311535474403846e-8};
    static constexpr double kD[] = {
        1.23033935480374942e3, 3.43936767414372164e3, 4.36261909014324716e3,
        3.29079923573345963e3, 1.62138957456669019e3, 5.37181101862009858e2,
        1.17693950891312499e2, 1.57449261107098347e1, 1.0};
    return polynomial(kC, y) / polynomial(kD, y);
  }
  static constexpr double kP[] = {6.58749161529837803e-4, 1.60837851487422766e-2,
                                  1.25781726111229246e-1, 3.60344899949804439e-1,
                                  3.05326634961232344e-1, 1.63153871373020978e-2};
  static constexpr double kQ[] = {2.33520497626869185e-3, 6.05183413124413191e-2,
                                  5.27905102951428412e-1, 1.87295284992346725e0,
                                  2.56852019228982242e0,  1.0};
  constexpr double kInverseRootPi = 5.6418958354775628695e-1;
  const double r = 1 / (y * y);
  return (kInverseRootPi - r * polynomial(kP, r) / polynomial(kQ, r)) / y;
}

}  // namespace

// P(Z > z) = erfc(z / sqrt 2) / 2.
double normal_tail(double z) {
  constexpr double kInverseRoot2 = 0.70710678118654752440;
  const double y = std::abs(z) * kInverseRoot2;
  if (y > 27) return z > 0 ? 0 : 1;
  if (y <= 0.46875) {
    static constexpr double kA[] = {3.20937758913846947e3, 3.77485237685302021e2,
                                    1.13864154151050156e2, 3.16112374387056560e0,
                                    1.85777706184603153e-1};
    static constexpr double kB[] = {2.84423683343917062e3, 1.28261652607737228e3,
                                    2.44024637934444173e2, 2.36012909523441209e1, 1.0};
    const double erf = z * kInverseRoot2 * polynomial(kA, y * y) / polynomial(kB, y * y);
    return 0.5 - 0.5 * erf;
  }
  const double beyond = 0.5 * exp(-z * z / 2) * scaled_erfc(y);
  return z > 0 ? beyond : 1 - beyond;
}

double gamma_tail(double shape, double x) {
  if (x <= 0) return 1;
  if (std::isinf(x)) return 0;
  constexpr double kSmall = 1e-17;
  const double peak = exp(shape * log(x) - x - log_gamma(shape));  // x^a e^-x / Gamma(a)
  if (x < shape + 1) {
    // 1 - peak (1/a + x/(a (a+1)) + ...): the terms fall from the first on.
    double term = 1 / shape;
    double sum = term;
    for (double a = shape + 1; term > kSmall * sum; ++a) {
      term *= x / a;
      sum += term;
    }
    return std::max(0.0, 1 - peak * sum);
  }
  // The continued fraction 1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- ...))), from the front. [Lentz
  // 1976, Thompson, Barnett 1986]
  double b = x + 1 - shape;
  double d = 1 / b;
  double c = 1e300;
  double fraction = d;
  for (int i = 1; i < 1'000'000; ++i) {
    const double a = -i * (i - shape);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    fraction *= d * c;
    if (std::abs(d * c - 1) < 1e-15) break;
  }
  return peak * fraction;
}

}  // namespace steelyard::math
