// static_stride: weighted rotation that needs no more state than a counter, as gRPC has it.
#include <algorithm>
#include <cmath>

#include "balancers/balancer.h"
#include "balancers/weights.h"

namespace steelyard {
namespace {

// The counter is split in two: its remainder by n names an endpoint, its quotient counts the
// rounds. In a round each endpoint is taken or passed over, such that one of weight w out of 65535
// is taken in w rounds of 65535, spread evenly.
class StaticStride final : public Balancer {
 public:
  explicit StaticStride(bool random_start) : random_start_(random_start) {}

  // The counter goes on where it was, as gRPC's does.
  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream& random) override {
    const std::uint64_t counter =
        strides_.empty() ? first_counter(random) : round_ * strides_.size() + index_;
    const Weights weights = weights_of(endpoints);
    const Scale scale = scale_of(weights);
    strides_.clear();
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      if (weights.each[i] == 0) continue;
      const auto stride = static_cast<std::uint32_t>(
          std::lround(std::min(weights.each[i] * scale.factor, double{kWeightMax})));
      strides_.push_back({.weight = std::max(stride, scale.least),
                          .offset = static_cast<std::uint32_t>(strides_.size() * kOffset),
                          .position = static_cast<std::uint32_t>(i)});
    }
    if (strides_.empty()) return;
    for (Stride& stride : strides_) stride.offset %= kWeightMax;
    round_ = counter / strides_.size();
    index_ = counter % strides_.size();
    round_rest_ = static_cast<std::uint32_t>(round_ % kWeightMax);
  }

  std::size_t pick(const Choice&) override {
    for (;;) {
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
  // A weight counts for at most ten times the mean, so that a pick passes over no more than nine
  // on average, and for at least a hundredth.
  static constexpr double kRatioMax = 10;
  static constexpr double kRatioMin = 0.01;

  std::uint64_t first_counter(RandomStream& random) const {
    return random_start_ ? random.next() >> 32 : 0;
  }

  static Scale scale_of(const Weights& weights) {
    double heaviest = 0;
    double count = 0;
    for (const std::uint32_t weight : weights.each) {
      heaviest = std::max<double>(heaviest, weight);
      if (weight > 0) ++count;
    }
    if (count == 0) return {};
    const double mean = static_cast<double>(weights.total) / count;
    const double factor = kWeightMax / std::min(heaviest, kRatioMax * mean);
    const auto least = static_cast<std::uint32_t>(std::lround(factor * mean * kRatioMin));
    return {factor, std::max<std::uint32_t>(1, least)};
  }

  bool random_start_;
  std::vector<Stride> strides_;  // of the endpoints that have a weight
  std::uint64_t round_ = 0;
  std::size_t index_ = 0;
  std::uint32_t round_rest_ = 0;  // of round_ by kWeightMax, after which all repeats
};

const Registration<Balancer> kRegistration{{
    .name = "static_stride",
    .summary = "Weighted rotation by one counter that passes over light endpoints.",
    .doc =
        "Goes round the endpoints and passes over each in as many rounds as its weight falls short "
        "of the heaviest: one of weight w, scaled so that the heaviest has 65535, is taken in "
        "exactly w of 65535 rounds, evenly spread. Its only state is a counter, so many threads "
        "can share it without a lock; that is why gRPC's weighted_round_robin has it in place of "
        "deadlines. Use it to see what gRPC does; counts over a few picks are less regular than "
        "those of weighted_round_robin. It does not see load. A weight counts for no more than "
        "ten times the mean weight and no less than a hundredth of it, as in gRPC, which keeps "
        "picks cheap and shares of very unequal weights wrong. gRPC gives weight 0, to it unknown, "
        "the mean; here it gets nothing. Its counter starts at random.",
    .formula = "k = counter++; i = k mod n, r = k div n; pass over i while "
               "(w r + 32767 i) mod 65535 < 65535 - w",
    .cost = "O(max w / mean w) amortised, at most 10",
    .source = "gRPC StaticStrideScheduler",
    .parameters = {parameter::choice("start", "random", {"random", "first"},
                                     "Where the counter starts: at random, or with the first "
                                     "endpoint.",
                                     "gRPC")},
    .traits = {"weighted"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<StaticStride>(settings.text("start") == "random");
    },
}};

}  // namespace
}  // namespace steelyard
