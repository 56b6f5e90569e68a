// Which key a request is for: uniform or Zipf over a number of keys.
#pragma once

#include <cstdint>

#include "core/random.h"

namespace steelyard {

// Immutable. Key 0 is the most popular.
class Popularity {
 public:
  // P(key = k) is proportional to 1/(k+1)^exponent; exponent 0 is uniform.
  // REQUIRES: keys >= 1, exponent >= 0. O(1) memory and time for any number of keys: rejection-
  // inversion. [Hörmann, Derflinger 1996]
  Popularity(std::uint64_t keys, double exponent);

  std::uint64_t sample(RandomStream& random) const;  // in 0..keys-1
  double probability(std::uint64_t key) const;       // O(keys) the first time asked

  std::uint64_t keys() const { return keys_; }
  double exponent() const { return exponent_; }

 private:
  double h(double x) const;          // integral of x^-exponent
  double h_inverse(double y) const;

  std::uint64_t keys_;
  double exponent_;
  double h_first_ = 0;
  double h_last_ = 0;
  double cut_ = 0;
};

}  // namespace steelyard
