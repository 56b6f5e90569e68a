// spike: a base rate, and for a while a higher one.
#include "models/parameters.h"
#include "models/piecewise_rate.h"

namespace steelyard {
namespace {

Result<std::unique_ptr<RateSchedule>> make(const Settings& s) {
  const double base = s.number("base");
  const double at = to_seconds(s.duration("at"));
  std::vector<PiecewiseRate::Piece> pieces;
  if (at > 0) pieces.push_back({.start = 0, .rate = base});
  pieces.push_back({.start = at, .rate = s.number("peak")});
  pieces.push_back({.start = at + to_seconds(s.duration("for")), .rate = base});
  return std::make_unique<PiecewiseRate>(std::move(pieces));
}

const Registration<RateSchedule> kRegistration{{
    .name = "spike",
    .summary = "A base rate, and for a while another.",
    .doc = "A flash sale, a push notification, a neighbour's failover. How long queues take to "
           "drain after the spike matters as much as what happens during it.",
    .formula = "rate(t) = peak for at <= t < at + for, else base",
    .cost = "O(1)",
    .parameters = {or_zero(parameter::required("base", Type::rate, "Before and after.")),
                   parameter::required("peak", Type::rate, "During the spike."),
                   or_zero(parameter::required("at", Type::duration, "When it begins.")),
                   parameter::required("for", Type::duration, "How long it lasts.")},
    .make = make,
}};

}  // namespace
}  // namespace steelyard
