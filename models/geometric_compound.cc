#include "models/geometric_compound.h"

#include <algorithm>
#include <complex>
#include <cstddef>
#include <utility>

#include "core/math.h"

namespace steelyard::queueing {
namespace {

using Complex = std::complex<double>;

// The compiler's own look for what is no number, and divide in one of several ways.
Complex product(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}
Complex reciprocal(Complex a) {
  const double square = a.real() * a.real() + a.imag() * a.imag();
  return {a.real() / square, -a.imag() / square};
}

// e^(-2 pi i k/n).
std::vector<Complex> roots_of_unity(std::size_t n) {
  std::vector<Complex> roots(n);
  for (std::size_t k = 0; k < n; ++k) {
    const double turn = static_cast<double>(k) / static_cast<double>(n);
    roots[k] = {math::cos_turns(turn), -math::sin_turns(turn)};
  }
  return roots;
}

// values[j] becomes the sum of values[k] roots[j k]. [Cooley, Tukey 1965]
void fourier_transform(std::vector<Complex>& values, const std::vector<Complex>& roots) {
  const std::size_t n = values.size();
  for (std::size_t i = 1, reversed = 0; i < n; ++i) {
    std::size_t bit = n / 2;
    for (; (reversed & bit) != 0; bit /= 2) reversed ^= bit;
    reversed ^= bit;
    if (i < reversed) std::swap(values[i], values[reversed]);
  }
  for (std::size_t half = 1; half < n; half *= 2)
    for (std::size_t begin = 0; begin < n; begin += 2 * half)
      for (std::size_t k = 0; k < half; ++k) {
        Complex& even = values[begin + k];
        Complex& odd = values[begin + k + half];
        const Complex turned = product(odd, roots[k * (n / 2 / half)]);
        odd = even - turned;
        even += turned;
      }
}

constexpr double kLogOfAliasing = -18.420680743952367;  // ln 1e-8

}  // namespace

CompoundTails geometric_compound(double p, const std::vector<double>& terms) {
  const std::size_t n = terms.size();
  const std::vector<Complex> roots = roots_of_unity(n);
  const auto shrink = [n](std::size_t k) {  // radius^k
    return math::exp(kLogOfAliasing * static_cast<double>(k) / static_cast<double>(n));
  };
  std::vector<Complex> values(n);
  for (std::size_t k = 0; k < n; ++k) values[k] = terms[k] * shrink(k);
  fourier_transform(values, roots);
  // Rounded up, each term is one step longer. The results are real, so one can be the other's
  // imaginary part.
  const double radius = shrink(1);
  for (std::size_t k = 0; k < n; ++k) {
    const Complex low = (1 - p) * reciprocal(1.0 - p * values[k]);
    const Complex high = (1 - p) * reciprocal(1.0 - p * product(radius * roots[k], values[k]));
    values[k] = std::conj(low + product({0, 1}, high));
  }
  fourier_transform(values, roots);
  CompoundTails tails;
  double low = 1;
  double high = 1;
  for (std::size_t k = 0; k < n; ++k) {
    const double scale = 1 / (shrink(k) * static_cast<double>(n));
    low -= values[k].real() * scale;
    high += values[k].imag() * scale;  // conjugated
    tails.low.push_back(std::clamp(low, 0.0, 1.0));
    tails.high.push_back(std::clamp(high, 0.0, 1.0));
  }
  return tails;
}

}  // namespace steelyard::queueing
