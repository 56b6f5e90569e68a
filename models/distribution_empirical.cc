// empirical: what was measured, as a table of percentiles or as a file of values.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/math.h"
#include "models/distribution.h"
#include "models/parameters.h"

namespace steelyard {
namespace {

// Percentiles are joined by straight lines over y = -ln(1 - p), the axis on which latency is drawn
// by percentile: between p90 and p99, and on beyond the last one, the tail is exponential. A table
// that ends at p100 ends there; its last line is straight over p itself.
class PercentileTable final : public Distribution {
 public:
  struct Point {
    double percentile;  // 0..1
    double value;
  };

  // REQUIRES: at least one point above p0; both coordinates ascend, percentiles strictly.
  explicit PercentileTable(std::vector<Point> points) {
    if (points.front().percentile > 0) points.insert(points.begin(), {0, 0});
    for (std::size_t i = 0; i + 1 < points.size(); ++i) add(points[i], points[i + 1]);
    if (points.back().percentile < 1) segments_.back().to = 0;
    for (const Segment& segment : segments_) {
      mean_ += moment(segment, 1);
      second_moment_ += moment(segment, 2);
    }
  }

  double sample(RandomStream& random) const override {
    const double survival = random.uniform_positive();  // 1 - p
    for (const Segment& segment : segments_)
      if (survival > segment.to || &segment == &segments_.back())
        return value_at(segment, survival);
    return 0;
  }
  double mean_seconds() const override { return mean_; }
  double variance_seconds2() const override { return second_moment_ - mean_ * mean_; }
  double tail(double seconds) const override {
    double tail = 1;
    for (const Segment& segment : segments_)
      if (segment.value <= seconds) tail = survival_at(segment, seconds);
    return tail;
  }
  double expected_excess(double seconds) const override {
    double excess = std::max(0.0, segments_.front().value - seconds);
    for (const Segment& segment : segments_) {
      const double from = segment.value <= seconds ? survival_at(segment, seconds) : segment.from;
      const double to = segment.to;
      excess += segment.slope * (segment.straight ? (from * from - to * to) / 2 : from - to);
    }
    return excess;
  }

 private:
  struct Segment {
    double from;  // survival 1 - p at the left end, and at the right end
    double to;
    double value;  // at the left end
    double slope;  // per unit of y, or of p for the segment that ends at p100
    bool straight;
  };

  void add(const Point& left, const Point& right) {
    const double from = 1 - left.percentile;
    const double to = 1 - right.percentile;
    const bool straight = right.percentile >= 1;
    const double width = straight ? from : math::log(from / to);
    segments_.push_back({from, to, left.value, (right.value - left.value) / width, straight});
  }

  static double value_at(const Segment& segment, double survival) {
    const double distance =
        segment.straight ? segment.from - survival : math::log(segment.from / survival);
    return segment.value + segment.slope * distance;
  }

  // The share beyond a time that is not before the segment; at its end if the time is not before
  // that either.
  static double survival_at(const Segment& segment, double seconds) {
    if (!(segment.slope > 0)) return segment.to;
    const double distance = (seconds - segment.value) / segment.slope;
    const double survival =
        segment.straight ? segment.from - distance : segment.from * math::exp(-distance);
    return std::max(segment.to, survival);
  }

  // The integral of X^k dp over the segment, k = 1, 2, with x = distance from the left end:
  // E[x^k] over a piece of an exponential (density e^-x, mass from - to), or of a uniform.
  static double moment(const Segment& segment, int k) {
    const double mass = segment.from - segment.to;
    const double width = segment.to > 0 ? math::log(segment.from / segment.to) : 0;
    double x1 = mass - width * segment.to;
    double x2 = 2 * mass - (width * width + 2 * width) * segment.to;
    if (segment.straight) {
      x1 = mass * mass / 2;
      x2 = mass * mass * mass / 3;
    }
    const double v = segment.value;
    const double a = segment.slope;
    return k == 1 ? v * mass + a * x1 : v * v * mass + 2 * v * a * x1 + a * a * x2;
  }

  std::vector<Segment> segments_;
  double mean_ = 0;
  double second_moment_ = 0;
};

// Every measured value is equally likely, and no other is possible.
class Values final : public Distribution {
 public:
  // REQUIRES: not empty.
  explicit Values(std::vector<double> values) : values_(std::move(values)) {
    std::sort(values_.begin(), values_.end());  // a larger uniform then means a larger sample
    const auto n = static_cast<double>(values_.size());
    for (const double value : values_) mean_ += value / n;
    for (const double value : values_) variance_ += (value - mean_) * (value - mean_) / n;
    sums_beyond_.assign(values_.size() + 1, 0);
    for (std::size_t i = values_.size(); i-- > 0;)
      sums_beyond_[i] = sums_beyond_[i + 1] + values_[i];
  }
  double sample(RandomStream& random) const override {
    return values_[random.below(values_.size())];
  }
  double mean_seconds() const override { return mean_; }
  double variance_seconds2() const override { return variance_; }
  double tail(double seconds) const override { return count_beyond(seconds) / count(); }
  double expected_excess(double seconds) const override {
    const double beyond = count_beyond(seconds);
    const double sum = sums_beyond_[values_.size() - static_cast<std::size_t>(beyond)];
    return (sum - beyond * seconds) / count();
  }

 private:
  double count() const { return static_cast<double>(values_.size()); }
  double count_beyond(double seconds) const {
    return static_cast<double>(values_.end() -
                               std::upper_bound(values_.begin(), values_.end(), seconds));
  }

  std::vector<double> values_;
  std::vector<double> sums_beyond_;  // of the i-th value and all greater ones
  double mean_ = 0;
  double variance_ = 0;
};

Result<std::unique_ptr<Distribution>> from_percentiles(const Value::List& table) {
  std::vector<PercentileTable::Point> points;
  for (const Value& item : table) {
    const auto& pair = std::get<Value::List>(item.held);
    points.push_back(
        {std::get<double>(pair.at(0).held), to_seconds(std::get<Duration>(pair.at(1).held))});
  }
  if (points.empty() || points.back().percentile <= 0)
    return Error{"expected at least one percentile above p0"};
  for (std::size_t i = 1; i < points.size(); ++i) {
    const auto& [before, low] = points[i - 1];
    const auto& [percentile, value] = points[i];
    if (percentile <= before)
      return Error{fmt::format("got p{:.6g} after p{:.6g}, expected ascending percentiles",
                               percentile * 100, before * 100)};
    if (value < low)
      return Error{
          fmt::format("got {} at p{:.6g} below {} at p{:.6g}, expected values that do not "
                      "fall",
                      to_text(from_seconds(value)), percentile * 100, to_text(from_seconds(low)),
                      before * 100)};
  }
  return std::make_unique<PercentileTable>(std::move(points));
}

Result<std::unique_ptr<Distribution>> from_file(const Settings& s) {
  auto column = read_column(s, 0);
  if (!column) return Error{column.error()};
  std::vector<double>& values = column.value().values;
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (!(values[row] >= 0) || std::isinf(values[row]))
      return Error{fmt::format("{}: got {:.6g}, expected a duration of at least 0",
                               place_of(column.value(), row), values[row])};
    values[row] *= column.value().unit;
  }
  return std::make_unique<Values>(std::move(values));
}

Result<std::unique_ptr<Distribution>> make(const Settings& s) {
  const auto given = exactly_one(s, {"percentiles", "file"});
  if (!given) return Error{given.error()};
  if (given.value() == "file") return from_file(s);
  if (s.has("column")) return Error{"got column without file, expected it only with a file"};
  return from_percentiles(s.list("percentiles"));
}

const Registration<Distribution> kRegistration{{
    .name = "empirical",
    .summary = "What was measured: a table of percentiles, or a file of values.",
    .doc = "percentiles: what a dashboard shows, {p50: 2ms, p90: 5ms, p99: 20ms}. Between two of "
           "them, and beyond the last, the tail is exponential (a straight line on the percentile "
           "axis of the report); it starts at p0, 0 if not given, and is cut off where p100 is "
           "given. file: a CSV table; every value of the column is equally likely. Durations are "
           "in seconds, or in the unit that the column's name ends in: latency_ms, rtt_us.",
    .formula = "X = F^-1(U)",
    .cost = "O(percentiles), one logarithm; O(1) for a file",
    .source = "inversion of the empirical distribution function",
    .parameters = {{.name = "percentiles",
                    .type = Type::percentiles,
                    .doc = "Percentiles and their durations, both ascending."},
                   parameter::optional("file", Type::table, "A CSV file of measured durations."),
                   parameter::optional("column", Type::text,
                                       "Its column; the first if not given.")},
    .make = make,
}};

}  // namespace
}  // namespace steelyard
