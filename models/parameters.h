// What the models' registrations share: shapes of parameters, and how to read them.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/settings.h"

namespace steelyard {

// The same parameter, and zero is allowed too.
Parameter or_zero(Parameter parameter);
// A list of what the parameter was.
Parameter list_of(Parameter parameter);
// The same parameter, bounded.
Parameter between(double min, double max, Parameter parameter);
// The same parameter, with what others would set instead.
Parameter known_as(std::vector<ForeignName> names, Parameter parameter);
// A strategy of a kind, to be given; not required if `required` is false.
Parameter strategy_of(std::string kind, std::string name, std::string doc, bool required = true);

// The one of these names that is set, or an error that says which were and which could be.
Result<std::string> exactly_one(const Settings& settings,
                                std::initializer_list<std::string_view> names);

// The items of a list parameter. REQUIRES: it is set; declared with that type.
std::vector<double> numbers(const Settings& settings, std::string_view name);
std::vector<double> seconds(const Settings& settings, std::string_view name);

// One column of a table, as seconds where its name ends in a unit of time (_ns, _us, _ms, _s).
struct Column {
  std::string file;
  std::string name;
  double unit = 1;
  std::vector<double> values;  // as they stand in the file; multiply by `unit` for seconds
};
// The column that `column` names, or else the one at `fallback` (-1: the last).
Result<Column> read_column(const Settings& settings, int fallback);
// "trace.csv: row 17, column 'requests'"; row counts from 0, the text from 1.
std::string place_of(const Column& column, std::size_t row);

}  // namespace steelyard
