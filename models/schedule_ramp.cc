// ramp: from one rate to another in a straight line, then on at the second.
#include "models/parameters.h"
#include "models/piecewise_rate.h"

namespace steelyard {
namespace {

Result<std::unique_ptr<RateSchedule>> make(const Settings& s) {
  const double from = s.number("from");
  const double to = s.number("to");
  const double start = to_seconds(s.duration("start_at"));
  const double over = to_seconds(s.duration("over"));
  if (from == 0 && to == 0) return Error{"got from 0 and to 0, expected one above zero"};
  std::vector<PiecewiseRate::Piece> pieces;
  if (start > 0) pieces.push_back({.start = 0, .rate = from});
  pieces.push_back({.start = start, .rate = from, .slope = (to - from) / over});
  pieces.push_back({.start = start + over, .rate = to});
  return std::make_unique<PiecewiseRate>(std::move(pieces));
}

const Registration<RateSchedule> kRegistration{{
    .name = "ramp",
    .summary = "Rises (or falls) in a straight line from one rate to another.",
    .doc = "Finds the load at which things break: watch where latency leaves the floor. Before "
           "start_at the rate is `from`, after the ramp it stays at `to`.",
    .formula = "rate(t) = from + (to - from) (t - start_at)/over, clamped to the two",
    .cost = "O(1)",
    .parameters = {or_zero(parameter::required("from", Type::rate, "The rate at first.")),
                   or_zero(parameter::required("to", Type::rate, "The rate in the end.")),
                   parameter::required("over", Type::duration, "How long the change takes."),
                   parameter::duration("start_at", 0s, "When the change begins.")},
    .make = make,
}};

}  // namespace
}  // namespace steelyard
