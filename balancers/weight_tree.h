// Draws positions with probabilities in proportion to weights that change one at a time, in
// O(log n). Every node is the sum of its two children, added anew when one of them changes, so no
// rounding error builds up.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <vector>

#include "core/random.h"

namespace steelyard {

class WeightTree {
 public:
  // So many positions from now on, all of weight 0.
  void reset(std::size_t count) {
    leaves_ = std::bit_ceil(std::max<std::size_t>(2, count));
    sums_.assign(2 * leaves_, 0);
  }
  // Sets a weight. To be followed by add_above() or, after many, add_all().
  void enter(std::size_t position, double weight) { sums_[leaves_ + position] = weight; }
  void add_above(std::size_t position) {
    for (std::size_t node = (leaves_ + position) / 2; node > 0; node /= 2) add(node);
  }
  void add_all() {
    for (std::size_t node = leaves_ - 1; node > 0; --node) add(node);
  }

  double total() const { return sums_[1]; }

  // REQUIRES: total() > 0.
  std::size_t draw(RandomStream& random) const {
    double place = random.uniform() * total();
    std::size_t node = 1;
    while (node < leaves_) {
      node *= 2;
      // What rounding leaves over must not lead to where there is no weight.
      if (place < sums_[node] || sums_[node + 1] == 0) continue;
      place -= sums_[node];
      ++node;
    }
    return node - leaves_;
  }

 private:
  void add(std::size_t node) { sums_[node] = sums_[2 * node] + sums_[2 * node + 1]; }

  std::size_t leaves_ = 0;
  std::vector<double> sums_;  // of node n: those of 2n and 2n+1; leaf i is leaves_ + i
};

}  // namespace steelyard
