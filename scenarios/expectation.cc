#include "scenarios/expectation.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/problem.h"
#include "scenarios/quantities.h"

namespace steelyard {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_ratio(std::string_view metric) { return metric.ends_with("_ratio"); }

// '150ms' of a metric in milliseconds: the limit is a plain number.
std::string unit_hint(std::string_view metric, std::string_view limit) {
  const Result<Duration> duration = parse_duration(limit);
  if (!metric.starts_with("latency_ms.") || !duration.ok()) return "";
  return fmt::format("; did you mean '{:g}'? The unit is in the name of the metric",
                     to_seconds(duration.value()) * 1e3);
}

}  // namespace

const std::vector<std::string>& metric_names() {
  static const std::vector<std::string> names{
      "latency_ms.mean", "latency_ms.p50", "latency_ms.p90",       "latency_ms.p99",
      "latency_ms.p999", "latency_ms.max", "throughput_rps",       "goodput_rps",
      "error_ratio",     "load_imbalance", "attempts_per_request", "connections"};
  return names;
}

Result<Expectation> parse_expectation(std::string_view text) {
  using Sign = Expectation::Comparison;
  const std::size_t sign = text.find_first_of("<>");
  if (sign == std::string_view::npos)
    return Error{"got " + in_quotes(text) +
                 ", expected a comparison by <, <=, > or >=, such as 'latency_ms.p99 < 100'"};
  const bool or_equal = sign + 1 < text.size() && text[sign + 1] == '=';
  const bool less = text[sign] == '<';

  Expectation expectation;
  expectation.text = std::string(text);
  expectation.metric = std::string(trimmed(text.substr(0, sign)));
  expectation.comparison =
      less ? (or_equal ? Sign::at_most : Sign::less) : (or_equal ? Sign::at_least : Sign::greater);
  const auto& names = metric_names();
  if (std::find(names.begin(), names.end(), expectation.metric) == names.end())
    return Error{"unknown metric " + in_quotes(expectation.metric) +
                 suggestion(expectation.metric, names)};

  const std::string_view limit = trimmed(text.substr(sign + (or_equal ? 2 : 1)));
  const Result<double> value =
      is_ratio(expectation.metric) ? parse_ratio(limit) : parse_number(limit);
  if (!value.ok()) return Error{value.error() + unit_hint(expectation.metric, limit)};
  if (value.value() < 0) return Error{"got " + in_quotes(limit) + ", expected at least 0"};
  if (is_ratio(expectation.metric) && value.value() > 1)
    return Error{"got " + in_quotes(limit) + ", expected a ratio from 0 to 1 (0% to 100%)"};
  expectation.limit = value.value();
  return expectation;
}

std::string expectation_pattern() {
  std::string metrics;
  for (const std::string& name : metric_names()) {
    if (!metrics.empty()) metrics += '|';
    for (const char c : name) metrics += c == '.' ? std::string("\\.") : std::string(1, c);
  }
  return fmt::format(R"(^\s*({})\s*[<>]=?\s*[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?%?\s*$)", metrics);
}

}  // namespace steelyard
