// A count per occasion that need not be whole: 1.5 gives 1, 2, 1, 2, … What is left over is kept
// for the next occasion, so the mean is exact and chance has no part in it.
#pragma once

#include <algorithm>
#include <cstdint>

namespace steelyard {

class FractionalCount {
 public:
  FractionalCount() = default;
  explicit FractionalCount(double per_occasion) : per_occasion_(per_occasion) {}

  double mean() const { return per_occasion_; }

  std::uint32_t next() {
    due_ = std::min(due_ + per_occasion_, kMax);
    const auto whole = static_cast<std::uint32_t>(due_);
    due_ -= whole;
    return whole;
  }

 private:
  static constexpr double kMax = 4294967295.0;
  double per_occasion_ = 0;
  double due_ = 0;
};

}  // namespace steelyard
