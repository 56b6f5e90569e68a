#include "scenarios/quantities.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <span>
#include <system_error>

#include "scenarios/problem.h"

namespace steelyard {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Splits "1.5s" into 1.5 and "s". The number part is empty if the text does not start with one.
struct Split {
  std::string_view number;
  std::string_view unit;
};

Split split(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && is_digit(text[i])) ++i;
  if (i > 0 && i + 1 < text.size() && text[i] == '.' && is_digit(text[i + 1])) {
    ++i;
    while (i < text.size() && is_digit(text[i])) ++i;
  }
  return {text.substr(0, i), text.substr(i)};
}

// REQUIRES: digits with at most one dot. Infinity if it is beyond a double.
double decimal(std::string_view number) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  // Too many digits to represent can only mean too large: there is no exponent.
  return error == std::errc{}                            ? value
         : number.size() > 300 && number.find('.') > 300 ? HUGE_VAL
                                                         : 0;
}

// What people write for our units.
std::string_view common_misspelling(std::string_view unit) {
  struct Meant {
    std::string_view written;
    std::string_view unit;
  };
  static constexpr Meant kMeant[] = {
      {"sec", "s"},       {"secs", "s"},       {"second", "s"},        {"seconds", "s"},
      {"S", "s"},         {"m", "min"},        {"mins", "min"},        {"minute", "min"},
      {"minutes", "min"}, {"hr", "h"},         {"hrs", "h"},           {"hour", "h"},
      {"hours", "h"},     {"H", "h"},          {"msec", "ms"},         {"millis", "ms"},
      {"MS", "ms"},       {"Ms", "ms"},        {"milliseconds", "ms"}, {"usec", "us"},
      {"micros", "us"},   {"µs", "us"},        {"μs", "us"},           {"nsec", "ns"},
      {"nanos", "ns"},    {"/sec", "/s"},      {"/second", "/s"},      {"rps", "/s"},
      {"/m", "/min"},     {"/minute", "/min"}, {"/hour", "/h"},        {"qps", "/s"},
      {"Hz", "/s"},       {"b", "B"},          {"bytes", "B"},         {"K", "KiB"},
      {"k", "KiB"},       {"KB", "kB"},        {"kb", "kB"},           {"kib", "KiB"},
      {"kiB", "KiB"},     {"M", "MiB"},        {"mb", "MB"},           {"G", "GiB"},
      {"gb", "GB"},       {"Gbps", "Gbit/s"},  {"Mbps", "Mbit/s"},     {"percent", "%"},
  };
  for (const Meant& meant : kMeant)
    if (meant.written == unit) return meant.unit;
  return {};
}

Error wrong(std::string_view text, std::string_view expected, std::string hint = {}) {
  return Error{fmt::format("got {}, expected {}{}", in_quotes(text), expected, hint)};
}

std::string did_you_mean(std::string_view number, std::initializer_list<std::string_view> units) {
  std::string meant;
  for (const std::string_view unit : units) {
    if (number.size() + unit.size() > 40) return "";
    meant += fmt::format("{}'{}{}'", meant.empty() ? "" : " or ", number, unit);
  }
  return "; did you mean " + meant + "?";
}

// The value in the base unit; `if_missing` are the units that a number without one may mean.
Result<double> parse_with_unit(std::string_view text, std::span<const Unit> units,
                               std::string_view expected,
                               std::initializer_list<std::string_view> if_missing) {
  const auto [number, unit] = split(text);
  if (number.empty()) return wrong(text, expected, text.starts_with('-') ? ", not negative" : "");
  for (const Unit& known : units) {
    if (known.name != unit) continue;
    const double value = decimal(number) * known.factor;
    if (!std::isfinite(value)) return wrong(text, expected, " that is not astronomic");
    return value;
  }
  if (unit.empty()) return wrong(text, expected, did_you_mean(number, if_missing));
  std::string_view trimmed = unit.substr(std::min(unit.find_first_not_of(' '), unit.size()));
  const std::string_view meant = common_misspelling(trimmed);
  if (!meant.empty()) trimmed = meant;
  for (const Unit& known : units)
    if (known.name == trimmed) return wrong(text, expected, did_you_mean(number, {trimmed}));
  return wrong(text, expected);
}

constexpr Unit kTimes[] = {{"ns", 1},  {"us", 1e3},   {"ms", 1e6},
                           {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}};
constexpr Unit kRates[] = {{"/s", 1}, {"/min", 1.0 / 60}, {"/h", 1.0 / 3600}};
constexpr Unit kSizes[] = {{"B", 1},         {"kB", 1e3},           {"MB", 1e6},
                           {"GB", 1e9},      {"TB", 1e12},          {"KiB", 1024.0},
                           {"MiB", 1048576}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}};
constexpr Unit kBandwidths[] = {
    {"B/s", 1},         {"kB/s", 1e3},           {"MB/s", 1e6},
    {"GB/s", 1e9},      {"TB/s", 1e12},          {"KiB/s", 1024.0},
    {"MiB/s", 1048576}, {"GiB/s", 1073741824.0}, {"TiB/s", 1099511627776.0},
    {"bit/s", 0.125},   {"kbit/s", 125},         {"Mbit/s", 125e3},
    {"Gbit/s", 125e6}};

}  // namespace

Result<double> parse_number(std::string_view text) {
  const std::string_view expected = "a number such as 3 or 0.5";
  double value = 0;
  // from_chars also reads "inf" and "nan", which no scenario means.
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  if (first >= text.size() || !is_digit(text[first])) return wrong(text, expected);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || !std::isfinite(value)) return wrong(text, expected);
  if (error != std::errc{}) return wrong(text, "a number that a double can hold");
  return value;
}

Result<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return wrong(text, "a whole number below 2^63");
  if (error != std::errc{} || end != text.data() + text.size())
    return wrong(text, "a whole number");
  return value;
}

Result<Duration> parse_duration(std::string_view text) {
  const std::string_view expected = "a duration with its unit (10ns, 200us, 5ms, 1.5s, 2min, 1h)";
  const Result<double> ns = parse_with_unit(text, kTimes, expected, {"ms", "s"});
  if (!ns.ok()) return Error{ns.error()};
  if (ns.value() > 9e18) return wrong(text, "a duration below 292 years");
  if (ns.value() > 0 && ns.value() < 0.5) return wrong(text, "a duration of at least 1ns, or 0s");
  return Duration(static_cast<std::int64_t>(std::nearbyint(ns.value())));
}

Result<double> parse_ratio(std::string_view text) {
  const std::string_view expected = "a ratio such as 0.2 or 20%";
  const auto [number, unit] = split(text);
  if (!number.empty() && unit == "%") {
    const double value = decimal(number) / 100;
    if (std::isfinite(value)) return value;
    return wrong(text, expected);
  }
  const Result<double> plain = parse_number(text);
  if (plain.ok() && plain.value() >= 0) return plain.value();
  return wrong(text, expected,
               common_misspelling(unit) == "%" ? did_you_mean(number, {"%"}) : std::string());
}

Result<double> parse_rate(std::string_view text) {
  return parse_with_unit(text, kRates, "a rate (2000/s, 90/min, 10/h)", {"/s"});
}

Result<std::int64_t> parse_bytes(std::string_view text) {
  const std::string_view expected = "a size with its unit (64B, 1KiB, 1MB)";
  const Result<double> bytes = parse_with_unit(text, kSizes, expected, {"B"});
  if (!bytes.ok()) return Error{bytes.error()};
  if (bytes.value() > 9e18) return wrong(text, "a size below 2^63 bytes");
  if (bytes.value() != std::floor(bytes.value())) return wrong(text, "a whole number of bytes");
  return static_cast<std::int64_t>(bytes.value());
}

Result<double> parse_bandwidth(std::string_view text) {
  return parse_with_unit(text, kBandwidths, "a bandwidth (100MB/s, 1GiB/s, 10Gbit/s)", {"B/s"});
}

}  // namespace steelyard
