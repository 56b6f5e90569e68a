#include "real-harness/channels/balancer_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "balancers/balancer.h"
#include "balancers/layer.h"
#include "core/check.h"
#include "resilience/retry_budget.h"
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
  if (const auto* list = std::get_if<Value::List>(&value.held)) {
    std::string parts;
    for (const Value& part : *list) parts += (parts.empty() ? "" : ", ") + text_of(parameter, part);
    return "[" + parts + "]";
  }
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

// Reads what `kind` names; the error is the first complaint.
Result<Named> named_of(std::string_view kind, const Node& node, Problems& problems) {
  Named named;
  Reader reader(problems, [](const std::string&) -> Result<std::shared_ptr<const Table>> {
    return Error{"no strategy of a channel reads a file"};
  });
  strategy(std::string(kind)).read(node, reader, named);
  if (!problems.empty()) return Error{problems.sorted().front().message};
  return named;
}

// That reading it again gives the very same.
Result<std::string> checked_text(std::string_view kind, const Named& named) {
  std::string text = text_of(kind, named);
  const Error error{"the settings of " + named.name +
                    " cannot be written to the last digit: " + text};
  Problems problems;
  const NodePtr node =
      parse_yaml(text, {.source = problems.add_source("balancer", text)}, problems);
  if (node == nullptr || !problems.empty()) return error;
  const Result<Named> again = named_of(kind, *node, problems);
  if (!again.ok() || !(value_of(again.value()) == value_of(named))) return error;
  return text;
}

}  // namespace

Result<std::string> balancer_text(const Named& balancer) {
  return checked_text(Balancer::kKind, balancer);
}

Result<std::string> budget_text(const Named& budget) {
  return checked_text(RetryBudget::kKind, budget);
}

Result<Named> budget_of(std::string_view text) {
  Problems problems;
  const NodePtr node = parse_yaml(text, {.source = problems.add_source("budget", text)}, problems);
  if (!problems.empty()) return Error{problems.sorted().front().message};
  if (node == nullptr) return Error{"got nothing, expected a retry budget"};
  return named_of(RetryBudget::kKind, *node, problems);
}

Result<std::string> stack_text(const Stack& stack) {
  const Result<std::string> balancer = balancer_text(stack.balancer);
  if (!balancer || stack.layers.empty()) return balancer;
  std::string text = "[";
  for (const Named& layer : stack.layers) {
    const Result<std::string> written = checked_text(Layer::kKind, layer);
    if (!written) return written;
    text += written.value() + ", ";
  }
  return text + balancer.value() + "]";
}

Result<Named> balancer_of(std::string_view text) {
  const Result<Stack> stack = stack_of(text);
  if (!stack) return Error{stack.error()};
  if (!stack.value().layers.empty()) return Error{"got layers, expected a balancer alone"};
  return stack.value().balancer;
}

Result<Stack> stack_of(std::string_view text) {
  Problems problems;
  const NodePtr node =
      parse_yaml(text, {.source = problems.add_source("balancer", text)}, problems);
  if (!problems.empty()) return Error{problems.sorted().front().message};
  if (node == nullptr) return Error{"got nothing, expected a balancer"};
  Stack stack;
  const Node* last = node.get();
  if (node->kind == Node::Kind::list && !node->items.empty()) {
    last = node->items.back().get();
    for (std::size_t i = 0; i + 1 < node->items.size(); ++i) {
      Result<Named> layer = named_of(Layer::kKind, *node->items[i], problems);
      if (!layer) return Error{layer.error()};
      stack.layers.push_back(std::move(layer.value()));
    }
  }
  Result<Named> balancer = named_of(Balancer::kKind, *last, problems);
  if (!balancer) return Error{balancer.error()};
  stack.balancer = std::move(balancer.value());
  return stack;
}

}  // namespace steelyard::live
