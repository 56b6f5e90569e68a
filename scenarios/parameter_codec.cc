#include "scenarios/parameter_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "scenarios/quantities.h"
#include "scenarios/strategy_codec.h"

namespace steelyard {
namespace {

constexpr const char* kPercentilePattern = R"(^p[0-9]+(\.[0-9]+)?$)";

codec::Range range_of(const Parameter& parameter) {
  return {parameter.min, parameter.max, parameter.min_excluded};
}

codec::Range not_negative(const Parameter& parameter) {
  codec::Range range = range_of(parameter);
  if (range.min < 0) range = {0, range.max, false};
  return range;
}

// p50 is 0.5, p99.9 and p999 are 0.999: above 100 the dot goes without saying.
Result<double> parse_percentile(std::string_view key) {
  const Error wrong{"got the key " + in_quotes(key) +
                    ", expected a percentile such as p50 or p99.9"};
  if (!key.starts_with('p') || key.size() > 20) return wrong;
  std::string digits(key.substr(1));
  if (digits.find_first_not_of("0123456789.") != std::string::npos) return wrong;
  if (digits.find('.') == std::string::npos && digits.size() > 2 && digits != "100")
    digits.insert(2, ".");
  const Result<double> percent = parse_number(digits);
  if (!percent.ok() || percent.value() > 100) return wrong;
  return percent.value() / 100;
}

struct Percentile {
  double ratio;
  Duration duration;
};

bool read_percentiles(const Node& node, Reader& reader, Value& value) {
  if (node.kind != Node::Kind::map || node.entries.empty())
    return reader.complain(
        node, "got " + describe(node) + ", expected percentiles such as {p50: 1ms, p99: 9ms}");
  std::vector<Percentile> table;
  bool good = true;
  for (const Node::Entry& entry : node.entries) {
    const Reader::Step step(reader, entry.key, *entry.value);
    const Result<double> ratio = parse_percentile(entry.key);
    Duration duration{};
    if (!ratio.ok())
      good = reader.complain({entry.place, reader.path()}, ratio.error());
    else if (!codec::duration().read(*entry.value, reader, duration))
      good = false;
    else if (!table.empty() &&
             (table.back().ratio >= ratio.value() || table.back().duration > duration))
      good = reader.complain({entry.place, reader.path()},
                             "got percentiles out of order, expected ascending ones, none of them "
                             "shorter than the one before");
    else
      table.push_back({ratio.value(), duration});
  }
  Value::List rows;
  for (const Percentile& row : table)
    rows.push_back({Value::List{Value{row.ratio}, Value{row.duration}}});
  value.held = std::move(rows);
  return good;
}

bool read_table(const Node& node, Reader& reader, Value& value) {
  if (node.kind != Node::Kind::scalar || node.scalar.empty())
    return reader.complain(node, "got " + describe(node) + ", expected the path of a CSV file");
  auto table = reader.table(node.scalar);
  if (!table.ok()) return reader.complain(node, table.error());
  value.held = table.value();
  return true;
}

template <class T>
bool read_as(const Codec<T>& codec, const Node& node, Reader& reader, Value& value) {
  T read{};
  if (!codec.read(node, reader, read)) return false;
  value.held = std::move(read);
  return true;
}

bool read_strategy(const Parameter& parameter, const Node& node, Reader& reader, Value& value) {
  Named named;
  if (!strategy(parameter.kind).read(node, reader, named)) return false;
  value.held = std::make_shared<const Named>(std::move(named));
  return true;
}

bool read_single(const Parameter& parameter, const Node& node, Reader& reader, Value& value) {
  switch (parameter.type) {
    case Type::boolean:
      return read_as(codec::boolean(), node, reader, value);
    case Type::integer:
      return read_as(codec::whole(range_of(parameter)), node, reader, value);
    case Type::number:
      return read_as(codec::number(range_of(parameter)), node, reader, value);
    case Type::ratio:
      return read_as(codec::ratio(not_negative(parameter)), node, reader, value);
    case Type::duration:
      return read_as(codec::duration(not_negative(parameter)), node, reader, value);
    case Type::rate:
      return read_as(codec::rate(not_negative(parameter)), node, reader, value);
    case Type::bytes:
      return read_as(codec::bytes(not_negative(parameter)), node, reader, value);
    case Type::choice:
      return read_as(codec::choice(parameter.choices), node, reader, value);
    case Type::text:
      return read_as(codec::text(), node, reader, value);
    case Type::strategy:
      return read_strategy(parameter, node, reader, value);
    case Type::percentiles:
      return read_percentiles(node, reader, value);
    case Type::table:
      return read_table(node, reader, value);
  }
  return false;
}

Json single_schema(const Parameter& parameter) {
  switch (parameter.type) {
    case Type::boolean:
      return codec::boolean().schema;
    case Type::integer:
      return codec::whole(range_of(parameter)).schema;
    case Type::number:
      return codec::number(range_of(parameter)).schema;
    case Type::ratio:
      return codec::ratio(not_negative(parameter)).schema;
    case Type::duration:
      return codec::duration().schema;
    case Type::rate:
      return codec::rate().schema;
    case Type::bytes:
      return codec::bytes().schema;
    case Type::choice:
      return codec::choice(parameter.choices).schema;
    case Type::text:
      return codec::text().schema;
    case Type::strategy:
      return Json{{"$ref", "#/definitions/" + parameter.kind}};
    case Type::percentiles:
      return Json{{"type", "object"},
                  {"patternProperties", {{kPercentilePattern, codec::duration().schema}}},
                  {"additionalProperties", false},
                  {"minProperties", 1}};
    case Type::table:
      return Json{{"type", "string"}, {"minLength", 1}};
  }
  return Json::object();
}

}  // namespace

bool read_parameter(const Parameter& parameter, const Node& node, Reader& reader, Value& value) {
  if (!parameter.list) return read_single(parameter, node, reader, value);
  if (node.kind != Node::Kind::list)
    return reader.complain(node, "got " + describe(node) + ", expected a list");
  Value::List list;
  bool good = true;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Reader::Step step(reader, std::to_string(i), *node.items[i]);
    Value item;
    good &= read_single(parameter, *node.items[i], reader, item);
    list.push_back(std::move(item));
  }
  value.held = std::move(list);
  return good;
}

Json parameter_schema(const Parameter& parameter) {
  Json schema = single_schema(parameter);
  if (parameter.list) schema = Json{{"type", "array"}, {"items", std::move(schema)}};
  std::string doc = parameter.doc;
  if (parameter.fallback.given()) doc += " Default: " + to_text(parameter.fallback) + ".";
  if (!parameter.source.empty()) doc += " (" + parameter.source + ")";
  return described(std::move(schema), doc);
}

}  // namespace steelyard
