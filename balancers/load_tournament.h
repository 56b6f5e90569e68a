// A knock-out tournament over endpoints for the least load / weight: each match knows the least
// load below it and how much weight shares it. One that changed plays its log n matches again, so
// finding the least costs no scan, and ties are still counted exactly.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace steelyard {

class LoadTournament {
 public:
  // So many endpoints from now on, none of them taking part yet.
  void reset(std::size_t count) {
    leaves_ = std::bit_ceil(std::max<std::size_t>(2, count));
    matches_.assign(2 * leaves_, {});
  }
  // Sets an endpoint's load; weight 0 does not take part. To be followed by replay() or, after
  // many, play_all().
  void enter(std::size_t position, std::uint32_t load, std::uint32_t weight) {
    matches_[leaves_ + position] = {load, weight, weight};
  }
  void replay(std::size_t position) {
    for (std::size_t match = (leaves_ + position) / 2; match > 0; match /= 2) play(match);
  }
  void play_all() {
    for (std::size_t match = leaves_ - 1; match > 0; --match) play(match);
  }

  std::uint32_t load(std::size_t position) const { return matches_[leaves_ + position].load; }
  // The weights of all that share the least load, added up.
  std::uint64_t tied_weight() const { return matches_[1].tied_weight; }

  // The endpoint among the least loaded at which their weights, added up from the left, exceed
  // `rank`. REQUIRES: rank < tied_weight().
  std::size_t tied_at(std::uint64_t rank) const {
    std::size_t match = 1;
    while (match < leaves_) {
      const Match& left = matches_[2 * match];
      const std::uint64_t in_left = same_load(left, matches_[1]) ? left.tied_weight : 0;
      match = 2 * match + (rank < in_left ? 0 : 1);
      if (rank >= in_left) rank -= in_left;
    }
    return match - leaves_;
  }

  // The weights of the least loaded endpoints before `position`.
  std::uint64_t tied_weight_before(std::size_t position) const {
    if (position >= leaves_) return 0;
    std::uint64_t sum = 0;
    for (std::size_t match = leaves_ + position; match > 1; match /= 2)
      if (match % 2 == 1 && same_load(matches_[match - 1], matches_[1]))
        sum += matches_[match - 1].tied_weight;
    return sum;
  }

 private:
  struct Match {
    std::uint32_t load = 0;
    std::uint32_t weight = 0;
    std::uint64_t tied_weight = 0;  // of all endpoints below with this load; 0: there are none
  };

  // Compared as fractions, load / weight, by cross multiplication.
  static bool same_load(const Match& a, const Match& b) {
    return a.tied_weight > 0 && b.tied_weight > 0 &&
           std::uint64_t{a.load} * b.weight == std::uint64_t{b.load} * a.weight;
  }

  void play(std::size_t match) {
    const Match& left = matches_[2 * match];
    const Match& right = matches_[2 * match + 1];
    const std::uint64_t left_load = std::uint64_t{left.load} * right.weight;
    const std::uint64_t right_load = std::uint64_t{right.load} * left.weight;
    const bool left_leads =
        right.tied_weight == 0 || (left.tied_weight > 0 && left_load <= right_load);
    Match result = left_leads ? left : right;
    if (same_load(left, right)) result.tied_weight = left.tied_weight + right.tied_weight;
    matches_[match] = result;
  }

  std::size_t leaves_ = 0;
  std::vector<Match> matches_;  // match m is played between 2m and 2m+1; leaf i is leaves_ + i
};

}  // namespace steelyard
