// Draws positions with probabilities in proportion to weights, in O(1): the alias method. The
// total weight is cut into n columns of equal height, each filled by at most two positions, its
// own and its alias; a draw picks a column, then one of the two. [Walker 1977; Vose 1991]
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "balancers/weights.h"
#include "core/random.h"
#include "core/uint128.h"

namespace steelyard {

class AliasTable {
 public:
  AliasTable() = default;

  explicit AliasTable(const Weights& weights) : columns_(weights.each.size()) {
    const std::size_t n = columns_.size();
    // Scaled by n, so that a column holds exactly the total and all is integers: below 2^32 * n.
    std::vector<std::uint64_t> left(n);
    std::vector<std::uint32_t> poor;
    std::vector<std::uint32_t> rich;
    for (std::size_t i = 0; i < n; ++i) {
      left[i] = std::uint64_t{weights.each[i]} * n;
      (left[i] < weights.total ? poor : rich).push_back(static_cast<std::uint32_t>(i));
    }
    while (!poor.empty()) {
      const std::uint32_t giver = rich.back();  // there is one: columns are full on average
      const std::uint32_t taker = poor.back();
      poor.pop_back();
      columns_[taker] = {part_of_2_64(left[taker], weights.total), giver};
      left[giver] -= weights.total - left[taker];
      if (left[giver] < weights.total) {
        rich.pop_back();
        poor.push_back(giver);
      }
    }
    for (const std::uint32_t full : rich) columns_[full] = {0, full};
  }

  // One random number serves both decisions: the high word of number * n is the column, and the
  // low word is uniform within it. REQUIRES: the table is not empty.
  std::size_t draw(RandomStream& random) const {
    const Uint128 product = static_cast<Uint128>(random.next()) * columns_.size();
    const auto column = static_cast<std::size_t>(product >> 64);
    const auto height = static_cast<std::uint64_t>(product);
    return height < columns_[column].own ? column : columns_[column].alias;
  }

 private:
  struct Column {
    std::uint64_t own = 0;  // the part of the column, in 2^-64, that is its own position's
    std::uint32_t alias = 0;
  };

  // REQUIRES: part < whole.
  static std::uint64_t part_of_2_64(std::uint64_t part, std::uint64_t whole) {
    return static_cast<std::uint64_t>((static_cast<Uint128>(part) << 64) / whole);
  }

  std::vector<Column> columns_;
};

}  // namespace steelyard
