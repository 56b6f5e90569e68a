// constant: the same rate for ever. What a plain `1500/s` in a scenario means.
#include "models/parameters.h"
#include "models/piecewise_rate.h"

namespace steelyard {
namespace {

const Registration<RateSchedule> kRegistration{{
    .name = "constant",
    .summary = "The same rate all the time.",
    .doc = "What a plain rate such as 1500/s means. The only schedule under which a system has a "
           "steady state to compare with queueing theory.",
    .formula = "rate(t) = rate",
    .cost = "O(1)",
    .parameters = {parameter::required("rate", Type::rate, "Requests per second.")},
    .make = [](const Settings& s) -> Result<std::unique_ptr<RateSchedule>> {
      return std::make_unique<PiecewiseRate>(
          std::vector<PiecewiseRate::Piece>{{.start = 0, .rate = s.number("rate")}});
    },
}};

}  // namespace
}  // namespace steelyard
