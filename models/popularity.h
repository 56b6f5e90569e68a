// Which key a request is for: uniform or Zipf over a number of keys.
#pragma once

#include <cstdint>

#include "core/random.h"

namespace steelyard {

// Immutable, so one object may serve any number of threads. Key 0 is the most popular.
class Popularity {
 public:
  // P(key = k) is proportional to 1/(k+1)^exponent; exponent 0 is uniform.
  // REQUIRES: 1 <= keys <= 2^53, 0 <= exponent <= 100. O(1) memory and time for any number of keys:
  // rejection-inversion. [Hörmann, Derflinger 1996]
  Popularity(std::uint64_t keys, double exponent);

  // In 0..keys-1. At most 1.3 trials on average, each with an exponential and two logarithms.
  std::uint64_t sample(RandomStream& random) const;
  // 0 for keys beyond the last.
  double probability(std::uint64_t key) const;

  std::uint64_t keys() const { return keys_; }
  double exponent() const { return exponent_; }

 private:
  double weight(double x) const;    // x^-exponent
  double integral(double x) const;  // of the weight, from 1 to x
  double integral_inverse(double y) const;

  std::uint64_t keys_;
  double exponent_;
  double total_weight_ = 0;  // of all keys
  double first_ = 0;         // the integral's range that is drawn from
  double last_ = 0;
  double certain_ = 0;  // how close to its centre a key is taken without a further test
};

}  // namespace steelyard
