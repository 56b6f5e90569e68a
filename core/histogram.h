// A histogram with bounded relative error and a fixed size, after HdrHistogram: values share a
// bucket only with values within 1/2^precision_bits of themselves.
//
// Recording is O(1). Memory covers the range of values seen so far, so recording allocates only
// when that range widens; most histograms of a run stay at a few KiB. Two histograms of one
// precision merge exactly: merging is the same as having recorded everything in one. Not
// thread-safe; record per thread and merge.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <iosfwd>
#include <vector>

#include "core/uint128.h"

namespace steelyard {

class Histogram {
 public:
  // Values run from 0 to `highest`; larger ones are counted at `highest` and in `clamped()`.
  // Relative width of a bucket: at most 2^-precision_bits (5: 3%, 8: 0.4%, 10: 0.1%).
  // REQUIRES: 1 <= precision_bits <= 14.
  explicit Histogram(int precision_bits = 8,
                     std::uint64_t highest = std::uint64_t{1} << 42);  // 2^42 ns: 73 minutes

  void record(std::uint64_t value) { record(value, 1); }
  void record(std::uint64_t value, std::uint64_t count) {
    if (count == 0) return;
    if (value > highest_) [[unlikely]] {
      clamped_ += count;
      value = highest_;
    }
    const std::size_t place = index_of(value) - first_;  // wraps below first_
    if (place < counts_.size()) [[likely]]
      counts_[place] += count;
    else
      widen_to(index_of(value)) += count;
    count_ += count;
    sum_ += Uint128{value} * count;
    if (value < min_) min_ = value;
    if (value > max_) max_ = value;
  }

  // REQUIRES: same precision and highest value.
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::uint64_t clamped() const { return clamped_; }
  std::uint64_t min() const { return count_ == 0 ? 0 : min_; }  // exact
  std::uint64_t max() const { return count_ == 0 ? 0 : max_; }  // exact
  double mean() const {  // of the values themselves, not of their buckets
    return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }

  // The smallest recorded value v such that at least quantile * count values are <= v, as the
  // middle of its bucket (half the stated error either way; the least and the greatest value are
  // exact); 0 if empty. REQUIRES: 0 <= quantile <= 1.
  std::uint64_t quantile(double quantile) const;
  // Share of values at or below `value`, to the stated precision; 0 if empty.
  double share_at_or_below(std::uint64_t value) const;

  // Every non-empty bucket in ascending order: the largest value it can hold, and its count.
  struct Bucket {
    std::uint64_t highest;
    std::uint64_t count;
  };
  std::vector<Bucket> buckets() const;

  // Percentile distribution in HdrHistogram's text format, values divided by `unit`
  // (1e6 prints nanoseconds as milliseconds).
  void write_hgrm(std::ostream& out, double unit, int ticks_per_half_distance = 5) const;

 private:
  // Below 2^(precision_bits+1) every value has a bucket of its own; above, each power of two is cut
  // into 2^precision_bits buckets.
  std::size_t index_of(std::uint64_t value) const {
    const int shift = std::max(0, 63 - std::countl_zero(value | 1) - bits_);
    return (static_cast<std::size_t>(shift) << bits_) + (value >> shift);
  }
  struct Edges {
    std::uint64_t lowest;
    std::uint64_t highest;
  };
  Edges edges_of(std::size_t index) const;
  std::uint64_t middle_of(std::size_t index) const;
  // Extends counts_ to hold this index, by powers of two, and returns its count.
  std::uint64_t& widen_to(std::size_t index);

  int bits_;
  std::uint64_t highest_;
  std::uint64_t count_ = 0;
  std::uint64_t clamped_ = 0;
  // An integer: nanoseconds pass 2^53 within minutes, and a rounded sum would depend on the order.
  Uint128 sum_ = 0;
  std::uint64_t min_ = ~std::uint64_t{0};
  std::uint64_t max_ = 0;
  std::size_t first_ = 0;  // index of counts_.front()
  std::vector<std::uint64_t> counts_;
};

}  // namespace steelyard
