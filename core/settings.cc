#include "core/settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/check.h"

namespace steelyard {
namespace {

template <class T>
const T& held_as(const Value& value) {
  const T* held = std::get_if<T>(&value.held);
  STEELYARD_CHECK(held != nullptr, "a setting was asked for as another type than it was declared");
  return *held;
}

}  // namespace

void Settings::set(std::string name, Value value) {
  auto it = std::find_if(entries_.begin(), entries_.end(),
                         [&](const Entry& e) { return e.name == name; });
  if (it != entries_.end())
    it->value = std::move(value);
  else
    entries_.push_back({std::move(name), std::move(value)});
}

const Value& Settings::at(std::string_view name) const {
  for (const Entry& entry : entries_)
    if (entry.name == name) return entry.value;
  check_failed("declared parameter", std::string(name).c_str(), __FILE__, __LINE__);
}

bool Settings::has(std::string_view name) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& e) { return e.name == name && e.value.given(); });
}

bool Settings::flag(std::string_view name) const { return held_as<bool>(at(name)); }
std::int64_t Settings::integer(std::string_view name) const {
  return held_as<std::int64_t>(at(name));
}
double Settings::number(std::string_view name) const { return held_as<double>(at(name)); }
Duration Settings::duration(std::string_view name) const { return held_as<Duration>(at(name)); }
const std::string& Settings::text(std::string_view name) const {
  return held_as<std::string>(at(name));
}
const Named& Settings::strategy(std::string_view name) const {
  return *held_as<std::shared_ptr<const Named>>(at(name));
}
const Value::List& Settings::list(std::string_view name) const {
  return held_as<Value::List>(at(name));
}
const Table& Settings::table(std::string_view name) const {
  return *held_as<std::shared_ptr<const Table>>(at(name));
}

std::string to_text(const Value& value) {
  struct Writer {
    std::string operator()(std::monostate) const { return "none"; }
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(std::int64_t i) const { return fmt::format("{}", i); }
    std::string operator()(double d) const { return fmt::format("{:.6g}", d); }
    std::string operator()(Duration d) const { return to_text(d); }
    std::string operator()(const std::string& s) const { return s; }
    std::string operator()(const Value::List& list) const {
      std::string text = "[";
      for (const Value& item : list) text += (text.size() > 1 ? ", " : "") + to_text(item);
      return text + "]";
    }
    std::string operator()(const std::shared_ptr<const Named>& named) const {
      std::string text;
      for (const auto& [name, setting] : named->settings.entries()) {
        if (!setting.given()) continue;
        text += (text.empty() ? "" : ", ") + name + "=" + to_text(setting);
      }
      return text.empty() ? named->name : named->name + "(" + text + ")";
    }
    std::string operator()(const std::shared_ptr<const Table>& table) const { return table->file; }
  };
  return std::visit(Writer{}, value.held);
}

std::string to_text(const Named& named, const std::vector<Parameter>& declared) {
  std::string text;
  for (const Parameter& parameter : declared) {
    if (!named.settings.has(parameter.name)) continue;
    for (const auto& [name, value] : named.settings.entries())
      if (name == parameter.name && !(value == parameter.fallback))
        text += (text.empty() ? "" : ", ") + name + "=" + to_text(value);
  }
  return text.empty() ? named.name : named.name + "(" + text + ")";
}

namespace {

bool says_the_same(const Named& a, const Named& b) {
  const auto& left = a.settings.entries();
  const auto& right = b.settings.entries();
  return a.name == b.name && std::equal(left.begin(), left.end(), right.begin(), right.end(),
                                        [](const Settings::Entry& x, const Settings::Entry& y) {
                                          return x.name == y.name && x.value == y.value;
                                        });
}

bool says_the_same(const Table& a, const Table& b) {
  return a.file == b.file && a.columns == b.columns && a.cells == b.cells;
}

}  // namespace

// Strategies and tables compare by what they say, not by where they live.
bool operator==(const Value& a, const Value& b) {
  if (a.held == b.held) return true;
  if (a.held.index() != b.held.index()) return false;
  if (const auto* named = std::get_if<std::shared_ptr<const Named>>(&a.held))
    return says_the_same(**named, *std::get<std::shared_ptr<const Named>>(b.held));
  if (const auto* table = std::get_if<std::shared_ptr<const Table>>(&a.held))
    return says_the_same(**table, *std::get<std::shared_ptr<const Table>>(b.held));
  return false;
}

namespace parameter {

Parameter boolean(std::string name, bool fallback, std::string doc, std::string source) {
  return {.name = std::move(name),
          .type = Type::boolean,
          .doc = std::move(doc),
          .fallback = {fallback},
          .source = std::move(source)};
}
Parameter integer(std::string name, std::int64_t fallback, Range range, std::string doc,
                  std::string source) {
  return {.name = std::move(name),
          .type = Type::integer,
          .doc = std::move(doc),
          .fallback = {fallback},
          .min = range.min,
          .max = range.max,
          .source = std::move(source)};
}
Parameter number(std::string name, double fallback, Range range, std::string doc,
                 std::string source) {
  return {.name = std::move(name),
          .type = Type::number,
          .doc = std::move(doc),
          .fallback = {fallback},
          .min = range.min,
          .max = range.max,
          .source = std::move(source)};
}
Parameter ratio(std::string name, double fallback, std::string doc, std::string source) {
  return {.name = std::move(name),
          .type = Type::ratio,
          .doc = std::move(doc),
          .fallback = {fallback},
          .min = 0,
          .max = 1,
          .source = std::move(source)};
}
Parameter duration(std::string name, Duration fallback, std::string doc, std::string source) {
  return {.name = std::move(name),
          .type = Type::duration,
          .doc = std::move(doc),
          .fallback = {fallback},
          .min = 0,
          .source = std::move(source)};
}
Parameter choice(std::string name, std::string fallback, std::vector<std::string> choices,
                 std::string doc, std::string source) {
  return {.name = std::move(name),
          .type = Type::choice,
          .doc = std::move(doc),
          .fallback = {std::move(fallback)},
          .choices = std::move(choices),
          .source = std::move(source)};
}
Parameter optional(std::string name, Type type, std::string doc) {
  return {
      .name = std::move(name), .type = type, .doc = std::move(doc), .min = 0, .min_excluded = true};
}
Parameter required(std::string name, Type type, std::string doc) {
  Parameter parameter = optional(std::move(name), type, std::move(doc));
  parameter.required = true;
  return parameter;
}

}  // namespace parameter
}  // namespace steelyard
