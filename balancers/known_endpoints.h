// Remembers which endpoint stood where, so that what was learnt about one follows it when the set
// changes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "balancers/balancer.h"

namespace steelyard {

class KnownEndpoints {
 public:
  static constexpr std::size_t kNew = ~std::size_t{0};
  static constexpr std::size_t kGone = ~std::size_t{0};

  // The set is now this one. Returns, for each of its positions, the position the same id had in
  // the set before, or kNew. O(n log n); O(n) while both sets are in order of their ids.
  std::vector<std::size_t> update(std::span<const Endpoint> endpoints) {
    std::vector<Place> now;
    now.reserve(endpoints.size());
    for (std::size_t i = 0; i < endpoints.size(); ++i) now.push_back({endpoints[i].id, i});
    if (!std::is_sorted(now.begin(), now.end())) std::sort(now.begin(), now.end());

    std::vector<std::size_t> before(endpoints.size(), kNew);
    auto old = by_id_.begin();
    for (const auto& [id, position] : now) {
      while (old != by_id_.end() && old->first < id) ++old;
      if (old != by_id_.end() && old->first == id) before[position] = old->second;
    }
    by_id_ = std::move(now);
    return before;
  }

  // The same the other way round: for each position of a set of `count_before`, where its id is
  // now, or kGone.
  static std::vector<std::size_t> now_at(const std::vector<std::size_t>& before,
                                         std::size_t count_before) {
    std::vector<std::size_t> now(count_before, kGone);
    for (std::size_t i = 0; i < before.size(); ++i)
      if (before[i] != kNew) now[before[i]] = i;
    return now;
  }
  std::size_t size() const { return by_id_.size(); }

  // What is known of each endpoint, by position, moves along with it; of a newcomer `fresh` is.
  // `before`: what update() returned for the present set.
  template <class T>
  static void carry_over(const std::vector<std::size_t>& before, std::vector<T>& known,
                         const T& fresh = T()) {
    std::vector<T> now(before.size(), fresh);
    for (std::size_t i = 0; i < before.size(); ++i)
      if (before[i] != kNew) now[i] = std::move(known[before[i]]);
    known = std::move(now);
  }
  template <class T>
  void update(std::span<const Endpoint> endpoints, std::vector<T>& known, const T& fresh = T()) {
    carry_over(update(endpoints), known, fresh);
  }

 private:
  using Place = std::pair<std::uint32_t, std::size_t>;  // id, position
  std::vector<Place> by_id_;
};

// Positions in the order of ids, which is the same however a set is listed.
inline std::vector<std::size_t> positions_by_id(std::span<const Endpoint> endpoints) {
  std::vector<std::size_t> positions(endpoints.size());
  std::iota(positions.begin(), positions.end(), std::size_t{0});
  std::sort(positions.begin(), positions.end(),
            [&](std::size_t a, std::size_t b) { return endpoints[a].id < endpoints[b].id; });
  return positions;
}

}  // namespace steelyard
