#include "reports/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ostream>

namespace steelyard {
namespace {

constexpr std::size_t kColumns = 100;

bool flat(const Json& json) {
  return std::none_of(json.begin(), json.end(),
                      [](const Json& element) { return element.is_structured(); });
}

std::string spaced(const Json& json) {
  if (json.is_array()) {
    std::string text = "[";
    for (const Json& element : json) text += (text.size() > 1 ? ", " : "") + spaced(element);
    return text + "]";
  }
  if (json.is_object()) {
    std::string text = "{";
    for (const auto& [key, value] : json.items())
      text += (text.size() > 1 ? ", " : "") + compact(key) + ": " + spaced(value);
    return text + "}";
  }
  return compact(json);
}

// At most so many scalars can fit into a line, so larger values need not be tried.
bool few_scalars(const Json& json, std::size_t& budget) {
  if (!json.is_structured()) return budget-- > 0;
  return std::all_of(json.begin(), json.end(),
                     [&budget](const Json& element) { return few_scalars(element, budget); });
}

void write(std::ostream& out, const Json& json, std::size_t indent, std::size_t column) {
  if (!json.is_structured() || json.empty() || (json.is_array() && flat(json))) {
    out << spaced(json);
    return;
  }
  std::size_t budget = kColumns / 3;
  if (few_scalars(json, budget)) {
    const std::string line = spaced(json);
    if (column + line.size() < kColumns) {
      out << line;
      return;
    }
  }
  const std::string margin(indent + 2, ' ');
  const bool object = json.is_object();
  out << (object ? "{" : "[");
  const char* separator = "\n";
  for (auto element = json.begin(); element != json.end(); ++element) {
    const std::string key = object ? compact(element.key()) + ": " : "";
    out << separator << margin << key;
    write(out, *element, indent + 2, indent + 2 + key.size());
    separator = ",\n";
  }
  out << '\n' << std::string(indent, ' ') << (object ? "}" : "]");
}

}  // namespace

Json number(double value, int significant_digits) {
  if (!std::isfinite(value)) return nullptr;
  const std::string text = fmt::format("{:.{}g}", value, significant_digits);
  double rounded = 0;
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  return rounded == 0 ? 0.0 : rounded;  // and never -0
}

Json numbers(std::span<const double> values, int significant_digits) {
  Json list = Json::array();
  for (const double value : values) list.push_back(number(value, significant_digits));
  return list;
}

std::string compact(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void write_json(std::ostream& out, const Json& json) {
  write(out, json, 0, 0);
  out << '\n';
}

}  // namespace steelyard
