// timestamps: requests exactly when a log says.
#include <fmt/format.h>

#include <algorithm>

#include "models/parameters.h"
#include "models/time_change.h"

namespace steelyard {
namespace {

class Timestamps final : public Arrivals {
 public:
  // Seconds of the run, ascending, none negative.
  explicit Timestamps(std::vector<double> times) : times_(std::move(times)) {}
  Instant next() override {
    return position_ < times_.size() ? arrival_at(times_[position_++]) : kNever;
  }

 private:
  std::vector<double> times_;
  std::size_t position_ = 0;
};

Result<std::unique_ptr<Arrivals>> make(const Settings& s) {
  auto column = read_column(s, 0);
  if (!column) return Error{column.error()};
  const double start = to_seconds(s.duration("start"));
  const double compression = s.number("time_compression");
  const auto& [file, name, unit, values] = column.value();
  std::vector<double> times;
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (!(row == 0 || values[row] >= values[row - 1]))
      return Error{fmt::format("{}: got {:.9g} after {:.9g}, expected ascending times",
                               place_of(column.value(), row), values[row], values[row - 1])};
    const double seconds = values[row] * unit - start;
    if (seconds >= 0) times.push_back(seconds / compression);
  }
  if (times.empty())
    return Error{
        fmt::format("{}: got no time at or after start {}", file, to_text(s.duration("start")))};
  return std::make_unique<Timestamps>(std::move(times));
}

const Registration<Arrivals> kRegistration{{
    .name = "timestamps",
    .summary = "Requests exactly when a log says.",
    .doc = "A CSV file with the time of every request, ascending: in seconds, or in the unit that "
           "the column's name ends in (at_ms, time_us). `start` is the time in the log at which "
           "the run starts; for Unix times give that of the first request. Ends with the file.",
    .formula = "the n-th request comes at (t_n - start)/time_compression",
    .cost = "O(1), no random number",
    .source = "trace replay",
    .parameters = {parameter::required("file", Type::table, "The CSV file."),
                   parameter::optional("column", Type::text,
                                       "The column of the times; the first if not given."),
                   parameter::number("time_compression", 1, {1, 1e9},
                                     "How many times faster than in the log."),
                   parameter::duration("start", 0s, "The time in the log when the run starts.")},
    .make = make,
}};

}  // namespace
}  // namespace steelyard
