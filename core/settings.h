// Parameters of strategies: how they are declared, and the values a scenario gave them.
//
// A strategy declares its parameters once, at its registration. The scenario parser, its error
// messages, the JSON Schema, `steelyard explain`, and the contract tests all read that declaration.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/time.h"

namespace steelyard {

struct Named;

// Numbers read from a CSV file: row major, every row as long as `columns`.
struct Table {
  std::string file;
  std::vector<std::string> columns;
  std::vector<double> cells;
  std::size_t rows() const { return columns.empty() ? 0 : cells.size() / columns.size(); }
  double at(std::size_t row, std::size_t column) const {
    return cells[row * columns.size() + column];
  }
};

// One setting. monostate: not given, and without a default.
struct Value {
  using List = std::vector<Value>;
  std::variant<std::monostate, bool, std::int64_t, double, Duration, std::string, List,
               std::shared_ptr<const Named>, std::shared_ptr<const Table>>
      held;

  bool given() const { return !std::holds_alternative<std::monostate>(held); }
};

enum class Type {
  boolean,
  integer,      // int64
  number,       // double
  ratio,        // double; written 0.2 or 20%
  duration,     // Duration; written 5ms
  rate,         // double, per second; written 2000/s
  bytes,        // int64; written 1KiB
  choice,       // std::string, one of `choices`
  text,         // std::string
  strategy,     // Named, a strategy of kind `kind`: {exponential: {mean: 5ms}}
  percentiles,  // list of [ratio, duration] in ascending order; written {p50: 1ms, p99: 9ms}
  table,        // Table; written as the path of a CSV file, relative to the scenario
};

// What others call a thing that has a name here: recognised in complaints, never accepted.
struct ForeignName {
  std::string name;    // "least_conn"
  std::string remark;  // whose word it is, or how to convert: "nginx's name for it"
};

// A declared parameter. Durations are bounded in seconds, everything else in its own base unit.
struct Parameter {
  std::string name;
  Type type = Type::number;
  std::string doc;   // one sentence: what it does
  Value fallback{};  // the default; monostate: none
  double min = std::numeric_limits<double>::lowest();
  double max = std::numeric_limits<double>::max();
  bool min_excluded = false;  // the value must lie above min, not at it
  bool required = false;
  bool list = false;   // a list of `type`
  std::string kind{};  // of a strategy
  std::vector<std::string> choices{};
  std::string source{};  // where the default comes from: "Envoy", "RFC 6298"
  std::vector<ForeignName> also_known_as{};
};

// The values of a strategy's parameters, defaults filled in; names are those declared.
// Asking for a name that was not declared, or with the wrong type, is a bug and aborts.
class Settings {
 public:
  void set(std::string name, Value value);
  bool has(std::string_view name) const;  // given, or defaulted

  bool flag(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;  // number, ratio or rate
  Duration duration(std::string_view name) const;
  const std::string& text(std::string_view name) const;  // text or choice
  const Named& strategy(std::string_view name) const;
  const Value::List& list(std::string_view name) const;
  const Table& table(std::string_view name) const;

  struct Entry {
    std::string name;
    Value value;
  };
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  const Value& at(std::string_view name) const;
  std::vector<Entry> entries_;
};

// A strategy chosen by name, with its settings: `p2c`, `{p2c: {choices: 3}}`.
struct Named {
  std::string name;
  Settings settings;
};

// "p2c(choices=3)" with the settings that differ from the declared defaults; "p2c" if none does.
std::string to_text(const Value& value);
std::string to_text(const Named& named, const std::vector<Parameter>& declared);

bool operator==(const Value& a, const Value& b);

// Short ways to declare parameters, in the order name, default, range, doc.
namespace parameter {
struct Range {
  double min = std::numeric_limits<double>::lowest();
  double max = std::numeric_limits<double>::max();
};
Parameter boolean(std::string name, bool fallback, std::string doc, std::string source = {});
Parameter integer(std::string name, std::int64_t fallback, Range range, std::string doc,
                  std::string source = {});
Parameter number(std::string name, double fallback, Range range, std::string doc,
                 std::string source = {});
Parameter ratio(std::string name, double fallback, std::string doc, std::string source = {});
Parameter duration(std::string name, Duration fallback, std::string doc, std::string source = {});
Parameter choice(std::string name, std::string fallback, std::vector<std::string> choices,
                 std::string doc, std::string source = {});
// A parameter without a default, positive; not required (one of several ways to say a thing).
Parameter optional(std::string name, Type type, std::string doc);
// A parameter without a default, positive, that must be given.
Parameter required(std::string name, Type type, std::string doc);
}  // namespace parameter

}  // namespace steelyard
