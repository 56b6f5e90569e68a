#include "models/parameters.h"

#include <fmt/format.h>

#include <algorithm>

namespace steelyard {

Parameter or_zero(Parameter parameter) {
  parameter.min = 0;
  parameter.min_excluded = false;
  return parameter;
}

Parameter list_of(Parameter parameter) {
  parameter.list = true;
  return parameter;
}

Parameter between(double min, double max, Parameter parameter) {
  parameter.min = min;
  parameter.max = max;
  parameter.min_excluded = false;
  return parameter;
}

Parameter known_as(std::vector<ForeignName> names, Parameter parameter) {
  parameter.also_known_as = std::move(names);
  return parameter;
}

Parameter strategy_of(std::string kind, std::string name, std::string doc, bool required) {
  return {.name = std::move(name),
          .type = Type::strategy,
          .doc = std::move(doc),
          .required = required,
          .kind = std::move(kind)};
}

Result<std::string> exactly_one(const Settings& settings,
                                std::initializer_list<std::string_view> names) {
  std::string given;
  std::string possible;
  std::string_view found;
  int count = 0;
  for (const std::string_view name : names) {
    possible += fmt::format("{}{}", possible.empty() ? "" : ", ", name);
    if (!settings.has(name)) continue;
    given += fmt::format("{}{}", given.empty() ? "" : " and ", name);
    found = name;
    ++count;
  }
  if (count == 1) return std::string(found);
  return Error{fmt::format("got {}, expected exactly one of {}",
                           count == 0 ? "none of them" : given, possible)};
}

std::vector<double> numbers(const Settings& settings, std::string_view name) {
  std::vector<double> values;
  for (const Value& item : settings.list(name)) values.push_back(std::get<double>(item.held));
  return values;
}

std::vector<double> seconds(const Settings& settings, std::string_view name) {
  std::vector<double> values;
  for (const Value& item : settings.list(name))
    values.push_back(to_seconds(std::get<Duration>(item.held)));
  return values;
}

namespace {

double unit_of(std::string_view column) {
  if (column.ends_with("_ns")) return 1e-9;
  if (column.ends_with("_us")) return 1e-6;
  if (column.ends_with("_ms")) return 1e-3;
  return 1;
}

}  // namespace

Result<Column> read_column(const Settings& settings, int fallback) {
  const Table& table = settings.table("file");
  if (table.rows() == 0)
    return Error{fmt::format("{}: the file has no rows, expected at least one", table.file)};
  std::size_t position =
      fallback < 0 ? table.columns.size() - 1 : static_cast<std::size_t>(fallback);
  if (settings.has("column")) {
    const std::string& name = settings.text("column");
    const auto found = std::find(table.columns.begin(), table.columns.end(), name);
    if (found == table.columns.end())
      return Error{fmt::format("{}: got column '{}', expected one of {}", table.file, name,
                               fmt::join(table.columns, ", "))};
    position = static_cast<std::size_t>(found - table.columns.begin());
  }
  Column column{.file = table.file,
                .name = table.columns[position],
                .unit = unit_of(table.columns[position]),
                .values = {}};
  column.values.reserve(table.rows());
  for (std::size_t row = 0; row < table.rows(); ++row)
    column.values.push_back(table.at(row, position));
  return column;
}

std::string place_of(const Column& column, std::size_t row) {
  return fmt::format("{}: row {}, column '{}'", column.file, row + 1, column.name);
}

}  // namespace steelyard
