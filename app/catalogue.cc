// `steelyard list`, `explain` and `schema`: what there is, from the declarations.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/terminal.h"
#include "core/registry.h"
#include "scenarios/loader.h"
#include "scenarios/problem.h"
#include "scenarios/strategy_codec.h"

namespace steelyard::app {
namespace {

std::string_view name_of(Type type) {
  switch (type) {
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return "whole number";
    case Type::number:
      return "number";
    case Type::ratio:
      return "ratio, such as 20% or 0.2";
    case Type::duration:
      return "duration, such as 5ms";
    case Type::rate:
      return "rate, such as 2000/s";
    case Type::bytes:
      return "size, such as 1KiB";
    case Type::choice:
      return "one of";
    case Type::text:
      return "text";
    case Type::strategy:
      return "a";
    case Type::percentiles:
      return "percentiles, such as {p50: 1ms, p99: 9ms}";
    case Type::table:
      return "path of a CSV file, relative to the scenario";
  }
  return "";
}

std::string bound(const Parameter& parameter, double value) {
  return parameter.type == Type::duration ? to_text(from_seconds(value))
                                          : fmt::format("{:.10g}", value);
}

std::string type_of(const Parameter& parameter) {
  std::string text(name_of(parameter.type));
  if (parameter.type == Type::choice)
    text += " " + fmt::format("{}", fmt::join(parameter.choices, ", "));
  if (parameter.type == Type::strategy) text += " " + parameter.kind;
  if (parameter.list) text = "list: " + text;
  const Parameter unbounded;
  const bool measured = parameter.type != Type::text && parameter.type != Type::table;
  const bool low = measured && parameter.min > unbounded.min;
  const bool high = measured && parameter.max < unbounded.max;
  const char* at_least = parameter.min_excluded ? "above" : "at least";
  if (low && high)
    text += fmt::format("; {} {}, at most {}", at_least, bound(parameter, parameter.min),
                        bound(parameter, parameter.max));
  else if (low)
    text += fmt::format("; {} {}", at_least, bound(parameter, parameter.min));
  return text;
}

void print_entry(const StrategyInfo& info) {
  const std::size_t width = std::min<std::size_t>(columns(), 100);
  fmt::print("{} ({})\n", info.name, info.kind);
  fmt::print("{}", wrapped(info.summary, 2, width));
  if (!info.doc.empty()) fmt::print("\n{}", wrapped(info.doc, 2, width));
  if (!info.formula.empty()) fmt::print("\n  formula  {}\n", info.formula);
  if (!info.cost.empty())
    fmt::print("{}  cost     {}\n", info.formula.empty() ? "\n" : "", info.cost);
  if (!info.source.empty()) fmt::print("  source   {}\n", info.source);
  std::string elsewhere;
  for (const ForeignName& foreign : info.also_known_as)
    elsewhere += fmt::format("{}{} ({})", elsewhere.empty() ? "Also known as " : ", ", foreign.name,
                             foreign.remark);
  if (!elsewhere.empty()) fmt::print("\n{}", wrapped(elsewhere + ".", 2, width));
  if (info.parameters.empty()) {
    fmt::print("\n  no parameters: write `{}`\n", info.name);
    return;
  }
  fmt::print("\n  parameters\n");
  for (const Parameter& parameter : info.parameters) {
    std::string fallback = parameter.required           ? "required"
                           : parameter.fallback.given() ? "default " + to_text(parameter.fallback)
                                                        : "optional";
    if (!parameter.source.empty()) fallback += " (" + parameter.source + ")";
    fmt::print("    {}: {}; {}\n", parameter.name, type_of(parameter), fallback);
    fmt::print("{}", wrapped(parameter.doc, 8, width));
  }
}

}  // namespace

int list(const std::string& kind, const std::string& format) {
  const std::vector<std::string> kinds = Catalogue::kinds();
  if (!kind.empty() && Catalogue::of_kind(kind).empty()) {
    // `list balancers` reads better than `list balancer`; both are understood.
    if (kind.size() > 1 && kind.back() == 's' &&
        !Catalogue::of_kind(kind.substr(0, kind.size() - 1)).empty())
      return list(kind.substr(0, kind.size() - 1), format);
    fmt::print(stderr, "steelyard list: unknown kind {}{}\n", in_quotes(kind),
               suggestion(kind, kinds));
    return kUsage;
  }
  if (format == "json") {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const StrategyInfo* info : Catalogue::all())
      if (kind.empty() || info->kind == kind)
        all.push_back({{"kind", info->kind}, {"name", info->name}, {"summary", info->summary}});
    std::cout << all.dump(1) << "\n";
    return kOk;
  }
  if (format == "csv") std::cout << "kind,name\n";
  std::size_t longest = 0;
  for (const StrategyInfo* info : Catalogue::all()) longest = std::max(longest, info->name.size());
  std::string before;
  for (const StrategyInfo* info : Catalogue::all()) {
    if (!kind.empty() && info->kind != kind) continue;
    if (format == "csv") {
      fmt::print("{},{}\n", info->kind, info->name);
      continue;
    }
    if (kind.empty() && info->kind != before)
      fmt::print("{}{}\n", before.empty() ? "" : "\n", info->kind);
    before = info->kind;
    fmt::print("{}{:<{}}  {}\n", kind.empty() ? "  " : "", info->name, longest, info->summary);
  }
  return kOk;
}

int explain(const std::string& name) {
  bool found = false;
  for (const StrategyInfo* info : Catalogue::all()) {
    if (info->name != name) continue;
    if (found) fmt::print("\n");
    found = true;
    print_entry(*info);
  }
  if (found) return kOk;
  fmt::print(stderr, "steelyard explain: unknown strategy {}{}; `steelyard list` names them all\n",
             in_quotes(name), strategy_suggestion(name, Catalogue::all()));
  return kUsage;
}

int schema() {
  std::cout << scenario_schema().dump(2) << "\n";
  return kOk;
}

}  // namespace steelyard::app
