#include "real-harness/channels/balancer_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "balancers/balancer.h"
#include "core/check.h"
#include "scenarios/strategy_codec.h"
#include "scenarios/yaml_tree.h"

namespace steelyard::live {
namespace {

// The shortest digits that are read as this very number, without an exponent.
std::string digits(double number) {
  std::array<char, 1100> text;  // the smallest double has 1074 places
  const auto written =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  return {text.data(), written.ptr};
}

std::string text_of(std::string_view kind, const Named& named);

std::string text_of(const Parameter& parameter, const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value.held)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&value.held))
    return fmt::format("{}{}", *whole, parameter.type == Type::bytes ? "B" : "");
  if (const auto* number = std::get_if<double>(&value.held))
    return digits(*number) + (parameter.type == Type::rate ? "/s" : "");
  if (const auto* duration = std::get_if<Duration>(&value.held))
    return fmt::format("{}ns", duration->count());
  if (const auto* text = std::get_if<std::string>(&value.held))
    return nlohmann::json(*text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (const auto* strategy = std::get_if<std::shared_ptr<const Named>>(&value.held))
    return text_of(parameter.kind, **strategy);
  return "null";  // read as another value, if at all
}

std::string text_of(std::string_view kind, const Named& named) {
  const StrategyInfo* info = Catalogue::find(kind, named.name);
  STEELYARD_CHECK(info != nullptr, "the loader checked this strategy");
  std::string settings;
  for (const Settings::Entry& entry : named.settings.entries())
    for (const Parameter& parameter : info->parameters)
      if (parameter.name == entry.name && entry.value.given())
        settings +=
            (settings.empty() ? "" : ", ") + entry.name + ": " + text_of(parameter, entry.value);
  return settings.empty() ? named.name : "{" + named.name + ": {" + settings + "}}";
}

Value value_of(const Named& named) { return {std::make_shared<const Named>(named)}; }

}  // namespace

Result<std::string> balancer_text(const Named& balancer) {
  std::string text = text_of(Balancer::kKind, balancer);
  const Result<Named> again = balancer_of(text);
  if (again.ok() && value_of(again.value()) == value_of(balancer)) return text;
  return Error{"the settings of " + balancer.name +
               " cannot be written to the last digit: " + text};
}

Result<Named> balancer_of(std::string_view text) {
  Problems problems;
  const int source = problems.add_source("balancer", text);
  const NodePtr node = parse_yaml(text, {.source = source}, problems);
  Named named;
  if (node != nullptr && problems.empty()) {
    Reader reader(problems, [](const std::string&) -> Result<std::shared_ptr<const Table>> {
      return Error{"no balancer reads a file"};
    });
    strategy(Balancer::kKind).read(*node, reader, named);
  }
  if (!problems.empty()) return Error{problems.sorted().front().message};
  if (node == nullptr) return Error{"got nothing, expected a balancer"};
  return named;
}

}  // namespace steelyard::live
