#include "models/popularity.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "core/math.h"

namespace steelyard {
namespace {

// ln(1 + x)/x and (e^x - 1)/x, both 1 at 0: what keeps exponents near 1 exact.
double log1p_ratio(double x) { return x == 0 ? 1 : math::log1p(x) / x; }
double expm1_ratio(double x) { return x == 0 ? 1 : math::expm1(x) / x; }

// The keys' weights, 1 + 2^-s + … + n^-s: term by term up to 64, then by Euler's and Maclaurin's
// formula, whose error is below the next term, (s)_5 64^-(s+5)/30240 < 1e-13 where it matters.
double sum_of_weights(double n, double s) {
  const auto weight = [s](double x) { return math::exp(-s * math::log(x)); };
  const double a = std::min(n, 64.0);
  double sum = 0;
  for (double k = a; k >= 1; --k) sum += weight(k);
  if (n <= a) return sum;
  const auto correction = [&](double x) {  // half the last term, and the odd derivatives
    const double w = weight(x);
    return w / 2 - s * w / (12 * x) + s * (s + 1) * (s + 2) * w / (720 * x * x * x);
  };
  const double log_ratio = math::log(n / a);
  const double between = weight(a) * a * expm1_ratio((1 - s) * log_ratio) * log_ratio;
  return sum + between + correction(n) - correction(a);
}

}  // namespace

double Popularity::weight(double x) const { return math::exp(-exponent_ * math::log(x)); }

// (x^(1-s) - 1)/(1-s), or ln x for s = 1.
double Popularity::integral(double x) const {
  const double log_x = math::log(x);
  return expm1_ratio((1 - exponent_) * log_x) * log_x;
}

double Popularity::integral_inverse(double y) const {
  // Rounding may carry the argument to the integral's limit for infinitely many keys, or beyond.
  const double t = std::max(-1 + 0x1p-53, (1 - exponent_) * y);
  return math::exp(log1p_ratio(t) * y);
}

Popularity::Popularity(std::uint64_t keys, double exponent) : keys_(keys), exponent_(exponent) {
  STEELYARD_CHECK(1 <= keys && keys <= (std::uint64_t{1} << 53), "a number of keys out of range");
  STEELYARD_CHECK(0 <= exponent && exponent <= 100, "a Zipf exponent out of range");
  const auto n = static_cast<double>(keys);
  total_weight_ = exponent == 0 ? n : sum_of_weights(n, exponent);
  // Key k has the integral from k - 1/2 to k + 1/2 to itself, except the first, which has exactly
  // its own weight.
  first_ = integral(1.5) - 1;
  last_ = integral(n + 0.5);
  certain_ = 2 - integral_inverse(integral(2.5) - weight(2));
}

// Draws from the continuous density and rounds; the hat above a key is a little larger than its
// weight, since the density is convex, and the difference is rejected.
std::uint64_t Popularity::sample(RandomStream& random) const {
  if (exponent_ == 0) return random.below(keys_);
  while (true) {
    const double u = last_ + random.uniform() * (first_ - last_);
    const double x = integral_inverse(u);
    const double k = std::clamp(std::floor(x + 0.5), 1.0, static_cast<double>(keys_));
    if (k - x <= certain_ || u >= integral(k + 0.5) - weight(k))
      return static_cast<std::uint64_t>(k) - 1;
  }
}

double Popularity::probability(std::uint64_t key) const {
  if (key >= keys_) return 0;
  return weight(static_cast<double>(key) + 1) / total_weight_;
}

}  // namespace steelyard
