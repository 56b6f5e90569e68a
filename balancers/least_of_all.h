// Who of all endpoints has the least score, with those that share it counted by weight: a
// tournament in which each match knows the least score below it and how much weight has it. Only
// endpoints that may have changed play again, so a pick costs O(log n) where a scan costs O(n), and
// the ties are still counted exactly.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "balancers/weights.h"
#include "core/check.h"
#include "core/random.h"

namespace steelyard {

// Score has < and ==. An endpoint of weight zero does not take part.
template <class Score>
class LeastOfAll {
 public:
  void assign(Weights weights) {
    weights_ = std::move(weights);
    const std::size_t n = weights_.each.size();
    leaves_ = std::bit_ceil(std::max<std::size_t>(2, n));
    matches_.assign(2 * leaves_, {});
    seen_.assign(n, 0);
    stale_.clear();
    stale_.reserve(n);
    is_stale_.assign(n, 0);
    all_stale_ = true;
    audited_ = 0;
  }

  // Its score may not be what it was. Does not allocate.
  void mark_stale(std::size_t position) {
    if (is_stale_[position] != 0) return;
    is_stale_[position] = 1;
    stale_.push_back(static_cast<std::uint32_t>(position));
  }
  void mark_all_stale() { all_stale_ = true; }

  // Asks score_of(position, weight, in_flight) for what is stale. REQUIRES: the set is not empty,
  // and of each count of requests in flight that has changed, the position was marked.
  template <class ScoreOf>
  void refresh(std::span<const std::uint32_t> in_flight, const ScoreOf& score_of) {
    const auto read = [&](std::size_t i) {
      seen_[i] = in_flight[i];
      const std::uint32_t weight = weights_.each[i];
      if (weight > 0) matches_[leaves_ + i] = {score_of(i, weight, in_flight[i]), weight};
    };
    if (all_stale_) {
      for (std::size_t i = 0; i < in_flight.size(); ++i) read(i);
      for (std::size_t match = leaves_ - 1; match > 0; --match) play(match);
      all_stale_ = false;
    }
    for (const std::uint32_t position : stale_) {
      is_stale_[position] = 0;
      read(position);
      for (std::size_t match = (leaves_ + position) / 2; match > 0; match /= 2) play(match);
    }
    stale_.clear();
    // One endpoint a pick is compared with what is remembered: a channel that breaks the promise
    // of Choice::in_flight would otherwise go unnoticed, and the picks be wrong.
    audited_ = audited_ + 1 < in_flight.size() ? audited_ + 1 : 0;
    STEELYARD_CHECK(seen_[audited_] == in_flight[audited_],
                    "a count of requests in flight changed without a pick or a feedback");
  }

  // All below speak of the last refresh().

  // The weight of all that share the least score.
  std::uint64_t tied_weight() const { return matches_[1].tied_weight; }

  // The one among them at which their weights, added up from the left, exceed `rank`.
  // REQUIRES: rank < tied_weight().
  std::size_t tied_at(std::uint64_t rank) const {
    std::size_t match = 1;
    while (match < leaves_) {
      const Match& left = matches_[2 * match];
      const std::uint64_t in_left = ties(left, matches_[1]) ? left.tied_weight : 0;
      match = 2 * match + (rank < in_left ? 0 : 1);
      if (rank >= in_left) rank -= in_left;
    }
    return match - leaves_;
  }

  // One among them, at random in proportion to their weights.
  std::size_t draw(RandomStream& random) const { return tied_at(random.below(tied_weight())); }

  // The weights of those among them before `position`.
  std::uint64_t tied_weight_before(std::size_t position) const {
    if (position >= leaves_) return 0;
    std::uint64_t sum = 0;
    for (std::size_t match = leaves_ + position; match > 1; match /= 2)
      if (match % 2 == 1 && ties(matches_[match - 1], matches_[1]))
        sum += matches_[match - 1].tied_weight;
    return sum;
  }

 private:
  struct Match {
    Score score{};
    std::uint64_t tied_weight = 0;  // of all endpoints below with this score; 0: there are none
  };

  static bool ties(const Match& a, const Match& b) {
    return a.tied_weight > 0 && b.tied_weight > 0 && a.score == b.score;
  }

  void play(std::size_t match) {
    const Match& left = matches_[2 * match];
    const Match& right = matches_[2 * match + 1];
    const bool left_leads =
        right.tied_weight == 0 || (left.tied_weight > 0 && !(right.score < left.score));
    Match result = left_leads ? left : right;
    if (ties(left, right)) result.tied_weight = left.tied_weight + right.tied_weight;
    matches_[match] = result;
  }

  Weights weights_;
  std::size_t leaves_ = 0;
  std::vector<Match> matches_;       // match m is played between 2m and 2m+1; leaf i is leaves_ + i
  std::vector<std::uint32_t> seen_;  // requests in flight, as last read
  std::vector<std::uint32_t> stale_;
  std::vector<std::uint8_t> is_stale_;
  bool all_stale_ = true;
  std::size_t audited_ = 0;
};

}  // namespace steelyard
