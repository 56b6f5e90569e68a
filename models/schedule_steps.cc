// steps: one rate after another.
#include <fmt/format.h>

#include <algorithm>

#include "models/parameters.h"
#include "models/piecewise_rate.h"

namespace steelyard {
namespace {

Result<std::vector<double>> starts_of(const Settings& s, std::size_t rates) {
  const auto given = exactly_one(s, {"every", "at"});
  if (!given) return Error{given.error()};
  std::vector<double> starts;
  if (given.value() == "every") {
    const double every = to_seconds(s.duration("every"));
    for (std::size_t i = 0; i < rates; ++i) starts.push_back(every * static_cast<double>(i));
    return starts;
  }
  starts = seconds(s, "at");
  if (starts.size() != rates)
    return Error{fmt::format("got {} rates and {} times, expected as many of one as of the other",
                             rates, starts.size())};
  for (std::size_t i = 1; i < rates; ++i)
    if (starts[i] <= starts[i - 1])
      return Error{fmt::format("got {} after {} in at, expected ascending times",
                               to_text(from_seconds(starts[i])),
                               to_text(from_seconds(starts[i - 1])))};
  return starts;
}

Result<std::unique_ptr<RateSchedule>> make(const Settings& s) {
  const std::vector<double> rates = numbers(s, "rates");
  if (std::all_of(rates.begin(), rates.end(), [](double rate) { return rate == 0; }))
    return Error{"got no rate above zero, expected at least one"};
  const auto starts = starts_of(s, rates.size());
  if (!starts) return Error{starts.error()};
  std::vector<PiecewiseRate::Piece> pieces;
  if (starts.value().front() > 0) pieces.push_back({.start = 0, .rate = 0});
  for (std::size_t i = 0; i < rates.size(); ++i)
    pieces.push_back({.start = starts.value()[i], .rate = rates[i]});
  return std::make_unique<PiecewiseRate>(std::move(pieces));
}

const Registration<RateSchedule> kRegistration{{
    .name = "steps",
    .summary = "One constant rate after another.",
    .doc = "A staircase load test: each step long enough to settle. Either every step lasts "
           "`every`, or `at` lists when each begins (the rate is 0 before the first). The last "
           "rate stays.",
    .formula = "rate(t) = rates[i] for at[i] <= t < at[i+1]; at[i] = i every",
    .cost = "O(log steps)",
    .parameters = {list_of(or_zero(parameter::required("rates", Type::rate, "The rates."))),
                   parameter::optional("every", Type::duration, "How long each rate lasts."),
                   list_of(or_zero(parameter::optional("at", Type::duration,
                                                       "When each rate begins; instead of "
                                                       "every.")))},
    .make = make,
}};

}  // namespace
}  // namespace steelyard
