// counts: so many requests in every second, from a log.
#include <fmt/format.h>

#include <cmath>

#include "core/math.h"
#include "models/parameters.h"
#include "models/time_change.h"

namespace steelyard {
namespace {

class Counts final : public Arrivals {
 public:
  struct Options {
    double row_seconds = 1;  // of the run, so after compression
    double scale = 1;
    double start_rows = 0;  // where in the file the run starts; may lie within a row
  };
  Counts(std::vector<double> counts, Options options)
      : counts_(std::move(counts)),
        options_(options),
        row_(static_cast<std::size_t>(std::floor(options.start_rows))) {}

  Instant next() override {
    while (true) {
      if (left_ == 0 && !open_row()) return kNever;
      place_ += (1 - place_) * first_of(left_--);
      const double rows = static_cast<double>(row_ - 1) + place_ - options_.start_rows;
      if (rows >= 0) return arrival_at(rows * options_.row_seconds);
    }
  }

 private:
  bool open_row() {
    while (left_ == 0) {
      if (row_ >= counts_.size()) return false;
      left_ = scaled(counts_[row_++]);
    }
    place_ = 0;
    return true;
  }

  // Each logged request becomes floor(scale) requests, and one more with the probability of the
  // rest: below 1 a thinning, as if only that share of the users had come; whole scales repeat the
  // log exactly. A fractional count stands for its expectation.
  std::uint64_t scaled(double count) {
    const double whole = std::floor(count);
    const double scale_rest = options_.scale - std::floor(options_.scale);
    double requests = whole * std::floor(options_.scale);
    if (scale_rest > 0)
      for (double i = 0; i < whole; ++i) requests += random_.chance(scale_rest) ? 1 : 0;
    if (count > whole) {
      const double expected = (count - whole) * options_.scale;
      requests += std::floor(expected);
      requests += random_.chance(expected - std::floor(expected)) ? 1 : 0;
    }
    return static_cast<std::uint64_t>(requests);
  }

  // Requests lie uniformly within their row. The first of n uniforms is 1 - U^(1/n); the next is
  // the first of n-1 in what is left: sorted, without memory.
  double first_of(std::uint64_t n) {
    return -math::expm1(math::log(random_.uniform_positive()) / static_cast<double>(n));
  }

  std::vector<double> counts_;
  Options options_;
  std::size_t row_;  // the next to be opened
  std::uint64_t left_ = 0;
  double place_ = 0;  // of the last request, within its row
};

constexpr double kCountMax = 1e9;

Result<std::unique_ptr<Arrivals>> make(const Settings& s) {
  auto column = read_column(s, -1);
  if (!column) return Error{column.error()};
  std::vector<double>& counts = column.value().values;
  double total = 0;
  for (std::size_t row = 0; row < counts.size(); ++row) {
    if (!(counts[row] >= 0 && counts[row] <= kCountMax))
      return Error{fmt::format("{}: got {:.6g}, expected a count from 0 to {:.0f}",
                               place_of(column.value(), row), counts[row], kCountMax)};
    total += counts[row];
  }
  if (total == 0) return Error{fmt::format("{}: got no request at all", column.value().file)};
  const double interval = to_seconds(s.duration("interval"));
  const double start_rows = to_seconds(s.duration("start")) / interval;
  if (start_rows >= static_cast<double>(counts.size()))
    return Error{fmt::format(
        "got start {}, expected less than the {} that {} covers", to_text(s.duration("start")),
        to_text(from_seconds(interval * static_cast<double>(counts.size()))), column.value().file)};
  return std::make_unique<Counts>(
      std::move(counts), Counts::Options{.row_seconds = interval / s.number("time_compression"),
                                         .scale = s.number("rate_scale"),
                                         .start_rows = start_rows});
}

Parameter positive(Parameter parameter) {
  parameter.min_excluded = true;
  return parameter;
}

const Registration<Arrivals> kRegistration{{
    .name = "counts",
    .summary = "A log's requests per second, played back; faster or scaled if you like.",
    .doc = "A CSV file with a count in every row, each row one interval (a second) after the one "
           "before; within its row a request's time is uniform. time_compression 3600 plays an "
           "hour a second, with all its requests, so the rate rises by as much; rate_scale "
           "multiplies the requests: each logged one becomes as many, or survives with that "
           "probability below 1. Ends with the file.",
    .formula = "row i covers (i interval - start)/time_compression to "
               "((i+1) interval - start)/time_compression",
    .cost = "O(1) a request and a row",
    .source = "order statistics of the uniform, one after the other: Bentley, Saxe 1980",
    .parameters = {parameter::required("file", Type::table, "The CSV file."),
                   parameter::optional("column", Type::text,
                                       "The column of the counts; the last if not given."),
                   parameter::number("time_compression", 1, {1, 1e9},
                                     "How many times faster than in the log."),
                   positive(parameter::number("rate_scale", 1, {0, 1e6},
                                              "Requests for each logged one.")),
                   parameter::duration("start", 0s, "How far into the log the run starts."),
                   positive(parameter::duration("interval", 1s, "What a row covers."))},
    .make = make,
}};

}  // namespace
}  // namespace steelyard
