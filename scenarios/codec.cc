#include "scenarios/codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "scenarios/quantities.h"

namespace steelyard {

bool Reader::complain(const Node& node, std::string message) {
  return complain(spot(node), std::move(message));
}

bool Reader::complain(const Spot& spot, std::string message) {
  problems_.add(spot, std::move(message));
  return false;
}

Reader::Step::Step(Reader& reader, std::string_view key, const Node& child)
    : reader_(reader), before_(reader.path_) {
  if (!child.origin.empty())
    reader_.path_ = child.origin;
  else
    reader_.path_.append(reader_.path_.empty() ? "" : ".").append(key.substr(0, 100));
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return node.scalar.empty() ? "an empty text" : in_quotes(node.scalar);
    case Node::Kind::list:
      return node.items.empty() ? "an empty list" : "a list";
    case Node::Kind::map:
      return node.entries.empty() ? "an empty map" : "a map";
  }
  return "";
}

std::string in_passing(std::string doc) {
  if (doc.ends_with('.')) doc.pop_back();
  const bool acronym = doc.size() > 1 && doc[1] >= 'A' && doc[1] <= 'Z';
  if (!doc.empty() && !acronym && doc[0] >= 'A' && doc[0] <= 'Z')
    doc[0] = static_cast<char>(doc[0] - 'A' + 'a');
  return doc;
}

Json described(Json schema, const std::string& doc) {
  if (schema.contains("$ref"))
    return Json{{"description", doc}, {"allOf", Json::array({std::move(schema)})}};
  schema["description"] = doc;
  return schema;
}

namespace codec {
namespace {

constexpr double kLowest = std::numeric_limits<double>::lowest();
constexpr double kHighest = std::numeric_limits<double>::max();

// "at least 1", "from 2 to 64"; `show` writes a bound.
template <class Show>
std::string in_words(const Range& range, Show show) {
  const bool below = range.min > kLowest;
  const bool above = range.max < kHighest;
  if (below && above)
    return range.min_excluded
               ? fmt::format("more than {}, at most {}", show(range.min), show(range.max))
               : fmt::format("{} to {}", show(range.min), show(range.max));
  if (below)
    return fmt::format("{} {}", range.min_excluded ? "more than" : "at least", show(range.min));
  return fmt::format("at most {}", show(range.max));
}

bool within(const Range& range, double value) {
  return value <= range.max && (range.min_excluded ? value > range.min : value >= range.min);
}

std::string show_number(double value) {
  return std::abs(value) < 1e16 && value == std::floor(value) ? fmt::format("{:.0f}", value)
                                                              : fmt::format("{:g}", value);
}
std::string show_seconds(double value) { return to_text(from_seconds(value)); }
std::string show_rate(double value) { return show_number(value) + "/s"; }
std::string show_bytes(double value) {
  if (value >= 1024 && std::fmod(value, 1024) == 0) {
    static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    while (unit < 4 && value >= 1024 && std::fmod(value, 1024) == 0) {
      value /= 1024;
      ++unit;
    }
    return show_number(value) + kUnits[unit];
  }
  return show_number(value) + "B";
}

void put_bounds(Json& schema, const Range& range) {
  const auto bound = [](double value) {
    return value == std::floor(value) && std::abs(value) < 1e16
               ? Json(static_cast<std::int64_t>(value))
               : Json(value);
  };
  if (range.min > kLowest)
    schema[range.min_excluded ? "exclusiveMinimum" : "minimum"] = bound(range.min);
  if (range.max < kHighest) schema["maximum"] = bound(range.max);
}

// Checks that the node is a scalar, parses it, and checks the range. `bare`: quotes make it a text,
// as JSON Schema sees it too.
template <class T, class Parse, class Base, class Show>
bool read_scalar(const Node& node, Reader& reader, T& value, bool bare, const char* expected,
                 Parse parse, const Range& range, Base base, Show show) {
  if (node.kind != Node::Kind::scalar)
    return reader.complain(node, "got " + describe(node) + ", expected " + expected);
  if (bare && node.quoted)
    return reader.complain(node, "got " + in_quotes(node.scalar) + " in quotes, expected " +
                                     expected + " without them");
  auto parsed = parse(node.scalar);
  if (!parsed.ok()) return reader.complain(node, parsed.error());
  if (!within(range, base(parsed.value())))
    return reader.complain(node,
                           "got " + in_quotes(node.scalar) + ", expected " + in_words(range, show));
  value = static_cast<T>(parsed.value());
  return true;
}

double as_is(double value) { return value; }

bool printable_text(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || c == '\n' || c == '\t';
  });
}

}  // namespace

bool is_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && text.size() <= 100 && letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

Codec<bool> boolean() {
  return {[](const Node& node, Reader& reader, bool& value) {
            if (node.kind != Node::Kind::scalar || node.quoted ||
                (node.scalar != "true" && node.scalar != "false"))
              return reader.complain(node, "got " + describe(node) + ", expected true or false");
            value = node.scalar == "true";
            return true;
          },
          Json{{"type", "boolean"}}, [](const bool& value) { return Json(value); }};
}

Codec<std::int64_t> whole(Range range) {
  Json schema{{"type", "integer"}};
  put_bounds(schema, range);
  return {[range](const Node& node, Reader& reader, std::int64_t& value) {
            return read_scalar(
                node, reader, value, true, "a whole number", parse_integer, range,
                [](std::int64_t v) { return static_cast<double>(v); }, show_number);
          },
          std::move(schema), [](const std::int64_t& value) { return Json(value); }};
}

Codec<std::uint64_t> seed() {
  const Range range{0, 9007199254740991.0};  // 2^53 - 1, what JSON numbers carry exactly
  Json schema{{"type", "integer"}};
  put_bounds(schema, range);
  return {[range](const Node& node, Reader& reader, std::uint64_t& value) {
            return read_scalar(
                node, reader, value, true, "a whole number", parse_integer, range,
                [](std::int64_t v) { return static_cast<double>(v); }, show_number);
          },
          std::move(schema), [](const std::uint64_t& value) { return Json(value); }};
}

Codec<double> number(Range range) {
  Json schema{{"type", "number"}};
  put_bounds(schema, range);
  return {[range](const Node& node, Reader& reader, double& value) {
            return read_scalar(node, reader, value, true, "a number", parse_number, range, as_is,
                               show_number);
          },
          std::move(schema), [](const double& value) { return Json(value); }};
}

Codec<double> ratio(Range range) {
  Json plain{{"type", "number"}};
  put_bounds(plain, range);
  Json schema{{"anyOf", {plain, {{"type", "string"}, {"pattern", kPercentPattern}}}}};
  return {[range](const Node& node, Reader& reader, double& value) {
            return read_scalar(node, reader, value, !node.scalar.ends_with('%'), "a ratio",
                               parse_ratio, range, as_is, show_number);
          },
          std::move(schema), [](const double& value) { return Json(value); }};
}

Codec<Duration> duration(Range seconds) {
  seconds.max = std::min(seconds.max, kSecondsMax);
  return {[seconds](const Node& node, Reader& reader, Duration& value) {
            return read_scalar(node, reader, value, false, "a duration such as 5ms or 2s",
                               parse_duration, seconds, to_seconds, show_seconds);
          },
          Json{{"type", "string"}, {"pattern", kDurationPattern}},
          [](const Duration& value) { return Json(to_text(value)); }};
}

Codec<double> rate(Range range) {
  range.max = std::min(range.max, kRateMax);
  return {[range](const Node& node, Reader& reader, double& value) {
            return read_scalar(node, reader, value, false, "a rate such as 2000/s", parse_rate,
                               range, as_is, show_rate);
          },
          Json{{"type", "string"}, {"pattern", kRatePattern}},
          [](const double& value) { return Json(show_rate(value)); }};
}

Codec<double> bandwidth(Range range) {
  return {[range](const Node& node, Reader& reader, double& value) {
            return read_scalar(node, reader, value, false, "a bandwidth such as 1GiB/s",
                               parse_bandwidth, range, as_is,
                               [](double v) { return show_bytes(v) + "/s"; });
          },
          Json{{"type", "string"}, {"pattern", kBandwidthPattern}}};
}

Codec<std::int64_t> bytes(Range range) {
  range.max = std::min(range.max, kBytesMax);
  return {[range](const Node& node, Reader& reader, std::int64_t& value) {
            return read_scalar(
                node, reader, value, false, "a size such as 1KiB", parse_bytes, range,
                [](std::int64_t v) { return static_cast<double>(v); }, show_bytes);
          },
          Json{{"type", "string"}, {"pattern", kBytesPattern}},
          [](const std::int64_t& value) { return Json(show_bytes(static_cast<double>(value))); }};
}

Codec<std::string> text() {
  return {[](const Node& node, Reader& reader, std::string& value) {
            if (node.kind != Node::Kind::scalar)
              return reader.complain(node, "got " + describe(node) + ", expected a text");
            if (!printable_text(node.scalar))
              return reader.complain(node, "got control characters, expected printable text");
            value = node.scalar;
            return true;
          },
          Json{{"type", {"string", "number", "boolean"}}}};
}

Codec<std::string> name() {
  return {[](const Node& node, Reader& reader, std::string& value) {
            if (node.kind != Node::Kind::scalar || !is_name(node.scalar))
              return reader.complain(node, "got " + describe(node) +
                                               ", expected a name of letters, digits, '_' and '-', "
                                               "a letter first");
            value = node.scalar;
            return true;
          },
          Json{{"type", "string"}, {"pattern", kNamePattern}}};
}

Codec<std::string> choice(std::vector<std::string> choices, std::string fallback) {
  Json schema{{"type", "string"}, {"enum", choices}};
  if (!fallback.empty()) schema["default"] = fallback;
  return {[choices](const Node& node, Reader& reader, std::string& value) {
            if (node.kind != Node::Kind::scalar)
              return reader.complain(node, fmt::format("got {}, expected one of {}", describe(node),
                                                       fmt::join(choices, ", ")));
            if (std::find(choices.begin(), choices.end(), node.scalar) == choices.end())
              return reader.complain(
                  node, "got " + in_quotes(node.scalar) + suggestion(node.scalar, choices));
            value = node.scalar;
            return true;
          },
          std::move(schema)};
}

}  // namespace codec
}  // namespace steelyard
