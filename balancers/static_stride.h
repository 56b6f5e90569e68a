// Weighted rotation by one counter, as gRPC has it. The counter is split in two: its remainder by n
// names a position, its quotient counts the rounds. In a round each position is taken or passed
// over, such that one of weight w out of 65535 is taken in w rounds of 65535, spread evenly.
// [gRPC, StaticStrideScheduler]
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace steelyard {

class StaticStride {
 public:
  void start_at(std::uint64_t counter) { counter_ = counter; }

  // The weights are now these; of weight 0 is never taken. The counter goes on where it was. A
  // weight counts for at most ten times the mean, so that a pick passes over no more than nine on
  // average, and for at least a hundredth. Allocates only where there are more than ever before.
  void set_weights(std::span<const double> weights) {
    if (!strides_.empty()) counter_ = round_ * strides_.size() + index_;
    const Scale scale = scale_of(weights);
    strides_.clear();
    strides_.reserve(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (weights[i] == 0) continue;
      const auto weight = static_cast<std::uint32_t>(
          std::lround(std::min(weights[i] * scale.factor, double{kWeightMax})));
      strides_.push_back(
          {.weight = std::max(weight, scale.least),
           .offset = static_cast<std::uint32_t>(strides_.size() * kOffset % kWeightMax),
           .position = static_cast<std::uint32_t>(i)});
    }
    if (strides_.empty()) return;
    round_ = counter_ / strides_.size();
    index_ = counter_ % strides_.size();
    round_rest_ = static_cast<std::uint32_t>(round_ % kWeightMax);
  }

  // The weight of each of so many positions as it counts, of 65535; for people.
  std::vector<double> scaled(std::size_t count) const {
    std::vector<double> scaled(count, 0);
    for (const Stride& stride : strides_) scaled[stride.position] = stride.weight;
    return scaled;
  }

  // REQUIRES: there is a weight above 0.
  std::size_t next() {
    while (true) {
      const Stride& stride = strides_[index_];
      const std::uint64_t place = std::uint64_t{stride.weight} * round_rest_ + stride.offset;
      if (++index_ == strides_.size()) {
        index_ = 0;
        ++round_;
        if (++round_rest_ == kWeightMax) round_rest_ = 0;
      }
      if (place % kWeightMax >= kWeightMax - stride.weight) return stride.position;
    }
  }

 private:
  struct Stride {
    std::uint32_t weight;  // of kWeightMax
    std::uint32_t offset;  // so that neighbours of like weights are not passed over together
    std::uint32_t position;
  };
  struct Scale {
    double factor = 0;
    std::uint32_t least = 1;
  };
  static constexpr std::uint32_t kWeightMax = 65535;
  static constexpr std::size_t kOffset = kWeightMax / 2;
  static constexpr double kRatioMax = 10;
  static constexpr double kRatioMin = 0.01;

  static Scale scale_of(std::span<const double> weights) {
    double heaviest = 0;
    double total = 0;
    double count = 0;
    for (const double weight : weights) {
      heaviest = std::max(heaviest, weight);
      total += weight;
      if (weight > 0) ++count;
    }
    if (count == 0) return {};
    const double mean = total / count;
    const double factor = kWeightMax / std::min(heaviest, kRatioMax * mean);
    // Rounded twice, as in gRPC, which keeps the mean in whole numbers.
    const auto least = static_cast<std::uint32_t>(
        std::lround(static_cast<double>(std::lround(factor * mean)) * kRatioMin));
    return {factor, std::max<std::uint32_t>(1, least)};
  }

  std::vector<Stride> strides_;  // of the positions that have a weight
  std::uint64_t counter_ = 0;    // where strides_ is empty
  std::uint64_t round_ = 0;
  std::size_t index_ = 0;
  std::uint32_t round_rest_ = 0;  // of round_ by kWeightMax, after which all repeats
};

}  // namespace steelyard
