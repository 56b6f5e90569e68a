// Draws endpoints in proportion to their weights, one or two distinct ones.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "balancers/alias_table.h"
#include "balancers/balancer.h"
#include "balancers/two_choices.h"
#include "balancers/weights.h"

namespace steelyard {

class WeightedDraw {
 public:
  void assign(std::span<const Endpoint> endpoints) {
    weights_ = weights_of(endpoints);
    ends_.clear();
    eligible_ = endpoints.size();
    if (weights_.equal) {
      weights_.total = endpoints.size();
      return;
    }
    table_ = AliasTable(weights_);
    eligible_ = 0;
    std::uint64_t end = 0;
    for (const std::uint32_t weight : weights_.each) {
      ends_.push_back(end += weight);
      if (weight > 0) ++eligible_;
    }
  }

  // How many may be drawn at all.
  std::size_t eligible() const { return eligible_; }
  bool equal() const { return weights_.equal; }
  std::uint32_t weight(std::size_t position) const { return weights_.each[position]; }

  // The endpoints lie side by side on [0, total), each as wide as its weight; as 1 where all weigh
  // the same.
  std::uint64_t total() const { return weights_.total; }
  std::uint64_t end_of(std::size_t i) const { return ends_.empty() ? i + 1 : ends_[i]; }
  std::uint64_t begin_of(std::size_t i) const { return i == 0 ? 0 : end_of(i - 1); }
  std::size_t owner_of(std::uint64_t place) const {
    if (ends_.empty()) return place;
    return static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), place) -
                                    ends_.begin());
  }

  // REQUIRES: there is an endpoint.
  std::size_t draw(RandomStream& random) const {
    return ends_.empty() ? random.below(weights_.total) : table_.draw(random);
  }

  // The second by weight among the others. REQUIRES: eligible() >= 2.
  TwoChoices draw_two(RandomStream& random) const {
    return weights_.equal ? draw_two_distinct(random, eligible_) : draw_two_by_weight(random);
  }

 private:
  // Drawing again until the second differs from the first is the quickest way, unless the first
  // has nearly all the weight; after a few rounds it is left out exactly. Both ways give the same
  // probabilities.
  TwoChoices draw_two_by_weight(RandomStream& random) const {
    const std::size_t first = table_.draw(random);
    for (int round = 0; round < 4; ++round)
      if (const std::size_t second = table_.draw(random); second != first) return {first, second};
    const std::uint64_t width = end_of(first) - begin_of(first);
    const std::uint64_t place = random.below(weights_.total - width);
    return {first, owner_of(place >= begin_of(first) ? place + width : place)};
  }

  std::size_t eligible_ = 0;
  Weights weights_;
  AliasTable table_;
  std::vector<std::uint64_t> ends_;  // this and the table are empty while all weights are equal
};

}  // namespace steelyard
