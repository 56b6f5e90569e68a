// Points on a ring of 2^64 places, each with an owner: what lies at a place belongs to the first
// point at or after it. [Karger et al.: Consistent hashing and random trees, STOC 1997]
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "balancers/insight.h"

namespace steelyard {

class HashRing {
 public:
  struct Point {
    std::uint64_t place;
    std::uint32_t owner;
    auto operator<=>(const Point&) const = default;
  };

  // Points at the same place go by their owners. O(points) while they are spread evenly.
  void assign(std::vector<Point> points) {
    points_ = std::move(points);
    sort_by_section();
  }

  // Seldom more than a step from where the place's section begins: points are spread evenly, and
  // there are two to four times as many sections. As many as points would do, but then every other
  // look-up takes a step, which no branch predictor foresees. REQUIRES: there is a point.
  const Point& first_at_or_after(std::uint64_t place) const {
    std::size_t i = sections_[place >> section_shift_];
    while (i < points_.size() && points_[i].place < place) ++i;
    return points_[i == points_.size() ? 0 : i];
  }

  // For people: how many points each of so many owners has, the ring's size, and, for a place, how
  // far from it each owner's first point is, as a share of the ring.
  Insight insight(std::size_t owners, std::optional<std::uint64_t> place) const {
    std::vector<double> points(owners, 0);
    std::vector<std::uint64_t> nearest(owners, ~std::uint64_t{0});
    for (const Point& point : points_) {
      ++points[point.owner];
      if (place) nearest[point.owner] = std::min(nearest[point.owner], point.place - *place);
    }
    Insight insight;
    insight.add("ring_size", static_cast<double>(points_.size()));
    insight.add_each("points", points);
    if (place)
      insight.add_each("distance", owners, [&](auto i) {
        return points[i] == 0 ? Insight::kUnknown : static_cast<double>(nearest[i]) * 0x1p-64;
      });
    return insight;
  }

 private:
  // Places are spread evenly, so dealing the points out by their high bits leaves next to nothing
  // to sort, and the sections are what look-ups begin with.
  void sort_by_section() {
    const int bits = static_cast<int>(std::bit_width(points_.size())) + 1;
    section_shift_ = 64 - bits;
    sections_.assign((std::size_t{1} << bits) + 1, 0);
    for (const Point& point : points_) ++sections_[(point.place >> section_shift_) + 1];
    std::partial_sum(sections_.begin(), sections_.end(), sections_.begin());
    std::vector<std::uint32_t> next = sections_;
    std::vector<Point> dealt(points_.size());
    for (const Point& point : points_) dealt[next[point.place >> section_shift_]++] = point;
    for (std::size_t section = 0; section + 1 < sections_.size(); ++section)
      std::sort(dealt.begin() + sections_[section], dealt.begin() + sections_[section + 1]);
    points_ = std::move(dealt);
  }

  std::vector<Point> points_;            // ascending
  std::vector<std::uint32_t> sections_;  // by the high bits of a place: where the section begins
  int section_shift_ = 63;
};

}  // namespace steelyard
