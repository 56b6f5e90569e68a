// A rate made of straight pieces, which constant, ramp, steps and spike are.
#pragma once

#include <vector>

#include "models/arrivals.h"

namespace steelyard {

// Immutable. The integral and its inverse are exact up to rounding.
class PiecewiseRate final : public RateSchedule {
 public:
  struct Piece {
    double start;      // seconds; the piece lasts until the next one starts, the last one for ever
    double rate;       // at its start
    double slope = 0;  // requests per second, per second
  };
  // REQUIRES: the first starts at 0, starts ascend, no rate is ever negative, the last slope is 0.
  explicit PiecewiseRate(std::vector<Piece> pieces);

  double rate_at(double seconds) const override;
  double expected_by(double seconds) const override;
  double time_of(double count) const override;  // O(log pieces)
  double constant_rate() const override;

 private:
  std::vector<Piece> pieces_;
  std::vector<double> expected_before_;  // the integral up to each piece's start
};

}  // namespace steelyard
