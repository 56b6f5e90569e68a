#include "models/piecewise_rate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/check.h"

namespace steelyard {
namespace {

double expected_within(const PiecewiseRate::Piece& piece, double seconds) {
  return seconds * (piece.rate + piece.slope * seconds / 2);
}

// The root of rate x + slope x^2 / 2 = count, in the form that does not cancel.
double time_within(const PiecewiseRate::Piece& piece, double count) {
  const double root = std::sqrt(std::max(0.0, piece.rate * piece.rate + 2 * piece.slope * count));
  return 2 * count / (piece.rate + root);
}

}  // namespace

PiecewiseRate::PiecewiseRate(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {
  STEELYARD_CHECK(!pieces_.empty() && pieces_.front().start == 0 && pieces_.back().slope == 0,
                  "a rate starts at time 0 and ends flat");
  double expected = 0;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    if (i > 0) {
      const double length = pieces_[i].start - pieces_[i - 1].start;
      STEELYARD_CHECK(length > 0, "the pieces of a rate follow one another");
      expected += expected_within(pieces_[i - 1], length);
    }
    STEELYARD_CHECK(pieces_[i].rate >= 0, "a rate is never negative");
    expected_before_.push_back(expected);
  }
}

double PiecewiseRate::rate_at(double seconds) const {
  const auto next = std::upper_bound(pieces_.begin() + 1, pieces_.end(), seconds,
                                     [](double t, const Piece& piece) { return t < piece.start; });
  const Piece& piece = *(next - 1);
  return std::max(0.0, piece.rate + piece.slope * (seconds - piece.start));
}

double PiecewiseRate::expected_by(double seconds) const {
  const auto next = std::upper_bound(pieces_.begin() + 1, pieces_.end(), seconds,
                                     [](double t, const Piece& piece) { return t < piece.start; });
  const auto index = static_cast<std::size_t>(next - pieces_.begin()) - 1;
  return expected_before_[index] + expected_within(pieces_[index], seconds - pieces_[index].start);
}

double PiecewiseRate::time_of(double count) const {
  if (count <= 0) return 0;
  // The last piece that starts with less than `count` behind it: pieces with rate 0 are skipped,
  // since `count` is reached where they begin.
  const auto next = std::lower_bound(expected_before_.begin() + 1, expected_before_.end(), count);
  const auto index = static_cast<std::size_t>(next - expected_before_.begin()) - 1;
  const Piece& piece = pieces_[index];
  const bool last = index + 1 == pieces_.size();
  if (last && piece.rate == 0) return std::numeric_limits<double>::infinity();
  const double time = piece.start + time_within(piece, count - expected_before_[index]);
  return last ? time : std::min(time, pieces_[index + 1].start);
}

double PiecewiseRate::constant_rate() const {
  return pieces_.size() == 1 ? pieces_.front().rate : -1;
}

}  // namespace steelyard
