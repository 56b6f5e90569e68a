// Draws positions with probabilities in proportion to weights that change one at a time, in
// O(log n). Every node is the sum of its two children, added anew when one of them changes, so no
// rounding error builds up.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/random.h"

namespace steelyard {

class WeightTree {
 public:
  // So many positions from now on, all of them stale.
  void assign(std::size_t count) {
    count_ = count;
    leaves_ = std::bit_ceil(std::max<std::size_t>(2, count));
    sums_.assign(2 * leaves_, 0);
    stale_.clear();
    stale_.reserve(count);
    is_stale_.assign(count, 0);
    all_stale_ = true;
  }

  // Its weight may not be what it was. Does not allocate.
  void mark_stale(std::size_t position) {
    if (is_stale_[position] != 0) return;
    is_stale_[position] = 1;
    stale_.push_back(static_cast<std::uint32_t>(position));
  }

  // Asks weight_of(position) for what is stale.
  template <class WeightOf>
  void refresh(const WeightOf& weight_of) {
    if (all_stale_) {
      for (std::size_t i = 0; i < count_; ++i) sums_[leaves_ + i] = weight_of(i);
      for (std::size_t node = leaves_ - 1; node > 0; --node) add(node);
      all_stale_ = false;
    }
    for (const std::uint32_t position : stale_) {
      is_stale_[position] = 0;
      sums_[leaves_ + position] = weight_of(position);
      for (std::size_t node = (leaves_ + position) / 2; node > 0; node /= 2) add(node);
    }
    stale_.clear();
  }

  // Both as of the last refresh().
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

  std::size_t count_ = 0;
  std::size_t leaves_ = 0;
  std::vector<double> sums_;  // of node n: those of 2n and 2n+1; leaf i is leaves_ + i
  std::vector<std::uint32_t> stale_;
  std::vector<std::uint8_t> is_stale_;
  bool all_stale_ = true;
};

}  // namespace steelyard
