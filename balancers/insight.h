// What a balancer goes by, as figures for people: `steelyard pick --why` shows them.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace steelyard {

struct Insight {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

  struct Figure {
    std::string name;  // unit last: "reuse_budget", "window_ms"
    double value = 0;
  };
  struct Column {
    std::string name;
    std::vector<double> values;  // by position; kUnknown: nothing to say of that endpoint
  };

  std::vector<Figure> figures;  // of the whole
  std::vector<Column> columns;  // of each endpoint; the last is what is compared, or shares

  void add(std::string name, double value) { figures.push_back({std::move(name), value}); }
  void add_each(std::string name, std::vector<double> values) {
    columns.push_back({std::move(name), std::move(values)});
  }
  // Of `count` endpoints, value_of(position) each.
  template <class ValueOf>
  void add_each(std::string name, std::size_t count, const ValueOf& value_of) {
    std::vector<double> values;
    values.reserve(count);
    for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<double>(value_of(i)));
    add_each(std::move(name), std::move(values));
  }
};

}  // namespace steelyard
