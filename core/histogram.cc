#include "core/histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "core/check.h"

namespace steelyard {

Histogram::Histogram(int precision_bits, std::uint64_t highest)
    : bits_(precision_bits), highest_(highest) {
  STEELYARD_CHECK(1 <= precision_bits && precision_bits <= 14, "histogram precision out of range");
}

std::uint64_t& Histogram::widen_to(std::size_t index) {
  // Whole powers of two: a stream of values widens a histogram a few times, not once a value.
  const std::size_t octave = std::size_t{1} << bits_;
  const std::size_t low = index / octave * octave;
  if (counts_.empty()) {
    first_ = low;
    counts_.resize(octave);
  } else if (low < first_) {
    counts_.insert(counts_.begin(), first_ - low, 0);
    first_ = low;
  } else {
    counts_.resize(low + octave - first_);
  }
  return counts_[index - first_];
}

// Index i >= 2^bits lies in the power of two numbered shift = (i >> bits) - 1, since value >> shift
// is between 2^bits and 2^(bits+1).
Histogram::Edges Histogram::edges_of(std::size_t index) const {
  const std::size_t half = std::size_t{1} << bits_;
  if (index < 2 * half) return {index, index};
  const std::size_t shift = (index >> bits_) - 1;
  const std::uint64_t low = static_cast<std::uint64_t>(index - (shift << bits_)) << shift;
  return {low, low + (std::uint64_t{1} << shift) - 1};
}

std::uint64_t Histogram::middle_of(std::size_t index) const {
  const Edges edges = edges_of(index);
  return edges.lowest + (edges.highest - edges.lowest) / 2;
}

void Histogram::merge(const Histogram& other) {
  STEELYARD_CHECK(bits_ == other.bits_ && highest_ == other.highest_,
                  "histograms of different shape were merged");
  for (std::size_t i = 0; i < other.counts_.size(); ++i) {
    if (other.counts_[i] == 0) continue;
    const std::size_t place = other.first_ + i - first_;
    (place < counts_.size() ? counts_[place] : widen_to(other.first_ + i)) += other.counts_[i];
  }
  count_ += other.count_;
  clamped_ += other.clamped_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

std::uint64_t Histogram::quantile(double quantile) const {
  STEELYARD_CHECK(0 <= quantile && quantile <= 1, "a quantile lies between 0 and 1");
  if (count_ == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(
      std::max(1.0, std::ceil(quantile * static_cast<double>(count_) - 1e-9)));
  if (wanted == 1) return min_;
  if (wanted >= count_) return max_;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted) return std::clamp(middle_of(first_ + i), min_, max_);
  }
  return max_;
}

double Histogram::share_at_or_below(std::uint64_t value) const {
  if (count_ == 0) return 0;
  const std::size_t last = index_of(std::min(value, highest_));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size() && first_ + i <= last; ++i) seen += counts_[i];
  return static_cast<double>(seen) / static_cast<double>(count_);
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> all;
  for (std::size_t i = 0; i < counts_.size(); ++i)
    if (counts_[i] != 0) all.push_back({edges_of(first_ + i).highest, counts_[i]});
  return all;
}

namespace {

// How often the distance to 100% has halved, and once more: floor(-log2(distance)) + 1, from the
// number's exponent, because the C library's log2 may be a bit off at the very powers of two.
int halvings(double distance) {
  int exponent = 0;
  const double fraction = std::frexp(distance, &exponent);  // distance = fraction * 2^exponent
  return (fraction == 0.5 ? 1 - exponent : -exponent) + 1;
}

}  // namespace

// The layout that HdrHistogram's plotters read: Value, Percentile, TotalCount, 1/(1-Percentile),
// then a commented footer. Percentile steps halve with every halving of the distance to 100%.
void Histogram::write_hgrm(std::ostream& out, double unit, int ticks_per_half_distance) const {
  out << "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
  double percentile = 0;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size() && count_ > 0; ++i) {
    if (counts_[i] == 0) continue;
    seen += counts_[i];
    const double reached = static_cast<double>(seen) / static_cast<double>(count_);
    const double value =
        static_cast<double>(std::clamp(edges_of(first_ + i).highest, min_, max_)) / unit;
    while (percentile <= reached && percentile < 1) {
      out << fmt::format("{:12.3f} {:14.12f} {:10d} {:14.2f}\n", value, percentile, seen,
                         1 / (1 - percentile));
      percentile += std::ldexp(1.0 / ticks_per_half_distance, -halvings(1 - percentile));
      if (seen == count_ && 1 - percentile < 0.5 / static_cast<double>(count_)) percentile = 1;
    }
  }
  if (count_ > 0)
    out << fmt::format("{:12.3f} {:14.12f} {:10d}\n", static_cast<double>(max_) / unit, 1.0,
                       count_);
  double squares = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const double distance = static_cast<double>(middle_of(first_ + i)) - mean();
    squares += distance * distance * static_cast<double>(counts_[i]);
  }
  const double deviation = count_ == 0 ? 0 : std::sqrt(squares / static_cast<double>(count_));
  out << fmt::format("#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]\n", mean() / unit,
                     deviation / unit);
  out << fmt::format("#[Max     = {:12.3f}, Total count    = {:12d}]\n",
                     static_cast<double>(max()) / unit, count_);
  out << fmt::format("#[Buckets = {:12d}, SubBuckets     = {:12d}]\n",
                     std::bit_width(highest_) - static_cast<std::size_t>(bits_),
                     std::size_t{2} << bits_);
}

}  // namespace steelyard
