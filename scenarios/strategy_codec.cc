#include "scenarios/strategy_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "balancers/layer.h"
#include "models/arrivals.h"
#include "models/distribution.h"
#include "resilience/retry_budget.h"
#include "scenarios/parameter_codec.h"

namespace steelyard {
namespace {

template <class Interface>
std::string objection_of(const Named& named) {
  const auto made = Registration<Interface>::make(named);
  return made.ok() ? "" : made.error();
}

// What the strategy itself says about its settings together; empty if it is content.
std::string objection(std::string_view kind, const Named& named) {
  if (kind == Balancer::kKind) return objection_of<Balancer>(named);
  if (kind == Layer::kKind) return objection_of<Layer>(named);
  if (kind == RetryBudget::kKind) return objection_of<RetryBudget>(named);
  if (kind == Distribution::kKind) return objection_of<Distribution>(named);
  if (kind == RateSchedule::kKind) return objection_of<RateSchedule>(named);
  if (kind == Arrivals::kKind) return objection_of<Arrivals>(named);
  return "";
}

// What a plain value sets: the value of a constant. Not where that is a strategy itself: evenly
// spaced arrivals are nothing to be had by accident.
const Parameter* plain_value_of(std::string_view kind) {
  const StrategyInfo* constant = Catalogue::find(kind, "constant");
  if (constant == nullptr || constant->parameters.empty()) return nullptr;
  const Parameter& first = constant->parameters.front();
  return first.type == Type::strategy ? nullptr : &first;
}

// Reads one strategy node; lives for that long.
class StrategyReader {
 public:
  StrategyReader(const std::string& kind, const Node& node, Reader& reader)
      : kind_(kind), node_(node), reader_(reader) {}

  bool read(Named& named) {
    if (node_.kind == Node::Kind::scalar) return read_scalar(named);
    if (node_.kind == Node::Kind::map && node_.entries.size() == 1)
      return read_map(node_.entries.front(), named);
    const std::string got = node_.kind == Node::Kind::map && node_.entries.size() > 1
                                ? fmt::format("{} names", node_.entries.size())
                                : describe(node_);
    return reader_.complain(
        node_,
        fmt::format("got {}, expected one {}: its name or {{name: {{parameter: value}}}}{}", got,
                    kind_, plain_value_of(kind_) != nullptr ? ", or a plain value" : ""));
  }

 private:
  bool read_scalar(Named& named) {
    if (const StrategyInfo* info = Catalogue::find(kind_, node_.scalar)) {
      start(*info, named);
      return finish(*info, true, named);
    }
    const Parameter* plain = plain_value_of(kind_);
    const bool quantity =
        !node_.scalar.empty() &&
        std::string_view("0123456789.-+").find(node_.scalar.front()) != std::string_view::npos;
    if (plain == nullptr || !quantity) return unknown(reader_.spot(node_), node_.scalar);
    const StrategyInfo& constant = *Catalogue::find(kind_, "constant");
    start(constant, named);
    return finish(constant, read_value(*plain, node_, named), named);
  }

  bool read_map(const Node::Entry& entry, Named& named) {
    const Reader::Step step(reader_, entry.key, *entry.value);
    const StrategyInfo* info = Catalogue::find(kind_, entry.key);
    if (info == nullptr) return unknown({entry.place, reader_.path()}, entry.key);
    start(*info, named);
    const Node& value = *entry.value;
    if (value.kind == Node::Kind::null) return finish(*info, true, named);
    if (value.kind == Node::Kind::map)
      return finish(*info, read_map_of(*info, value, named), named);
    if (info->parameters.empty())
      return reader_.complain(value, fmt::format("got {}, expected nothing: {} has no parameters",
                                                 describe(value), info->name));
    return finish(*info, read_value(info->parameters.front(), value, named), named);
  }

  bool read_map_of(const StrategyInfo& info, const Node& map, Named& named) {
    bool good = true;
    for (const Node::Entry& entry : map.entries) {
      const Reader::Step step(reader_, entry.key, *entry.value);
      const auto declared =
          std::find_if(info.parameters.begin(), info.parameters.end(),
                       [&](const Parameter& parameter) { return parameter.name == entry.key; });
      if (declared == info.parameters.end())
        good = unknown_parameter(info, entry);
      else
        good &= read_value(*declared, *entry.value, named);
    }
    return good;
  }

  bool read_value(const Parameter& parameter, const Node& node, Named& named) {
    Value value;
    given_.push_back(parameter.name);
    if (!read_parameter(parameter, node, reader_, value)) return false;
    named.settings.set(parameter.name, std::move(value));
    return true;
  }

  // In the declared order, whatever the order in the file: two ways to write the same are equal.
  static void start(const StrategyInfo& info, Named& named) {
    named = defaults(info.kind, info.name);
  }

  bool finish(const StrategyInfo& info, bool good, const Named& named) {
    for (const Parameter& parameter : info.parameters) {
      if (!parameter.required) continue;
      if (std::find(given_.begin(), given_.end(), parameter.name) == given_.end())
        good = reader_.complain(node_, fmt::format("got no '{}', expected {{{}: {{{}: …}}}}",
                                                   parameter.name, info.name, parameter.name));
    }
    if (!good) return false;
    const std::string said = objection(kind_, named);
    return said.empty() || reader_.complain(node_, said);
  }

  bool unknown(const Spot& spot, const std::string& name) {
    std::string elsewhere;
    for (const StrategyInfo* info : Catalogue::all())
      if (info->name == name) elsewhere = fmt::format(" (it is of kind {})", info->kind);
    return reader_.complain(spot,
                            fmt::format("unknown {} {}{}{}", kind_, in_quotes(name), elsewhere,
                                        strategy_suggestion(name, Catalogue::of_kind(kind_))));
  }

  bool unknown_parameter(const StrategyInfo& info, const Node::Entry& entry) {
    std::vector<KnownName> names;
    for (const Parameter& parameter : info.parameters)
      names.push_back({parameter.name, parameter.also_known_as});
    const Guess meant = guess(entry.key, names);
    given_.push_back(meant.name);  // so it is not missing as well
    return reader_.complain({entry.place, reader_.path()},
                            fmt::format("unknown parameter {} of {}{}", in_quotes(entry.key),
                                        info.name, names.empty() ? ", expected none" : meant.hint));
  }

  const std::string& kind_;
  const Node& node_;
  Reader& reader_;
  std::vector<std::string> given_;
};

// What may stand after `name:`.
Json settings_schema(const StrategyInfo& info) {
  Json map{{"type", "object"}, {"properties", Json::object()}};
  Json required = Json::array();
  for (const Parameter& parameter : info.parameters) {
    map["properties"][parameter.name] = parameter_schema(parameter);
    if (parameter.required) required.push_back(parameter.name);
  }
  if (!required.empty()) map["required"] = required;
  map["additionalProperties"] = false;
  Json ways = Json::array({std::move(map)});
  if (!info.parameters.empty()) ways.push_back(parameter_schema(info.parameters.front()));
  if (required.empty()) ways.push_back({{"type", "null"}});
  return Json{{"description", info.summary}, {"anyOf", std::move(ways)}};
}

Json kind_schema(const std::string& kind) {
  Json names = Json::array();
  Json by_name = Json::object();
  for (const StrategyInfo* info : Catalogue::of_kind(kind)) {
    by_name[info->name] = settings_schema(*info);
    const bool needs_settings =
        std::any_of(info->parameters.begin(), info->parameters.end(),
                    [](const Parameter& parameter) { return parameter.required; });
    if (!needs_settings) names.push_back({{"const", info->name}, {"description", info->summary}});
  }
  Json ways = std::move(names);
  ways.push_back({{"type", "object"},
                  {"properties", std::move(by_name)},
                  {"additionalProperties", false},
                  {"minProperties", 1},
                  {"maxProperties", 1}});
  if (const Parameter* plain = plain_value_of(kind)) ways.push_back(parameter_schema(*plain));
  return Json{{"anyOf", std::move(ways)}};
}

}  // namespace

std::string strategy_suggestion(std::string_view unknown,
                                const std::vector<const StrategyInfo*>& choices) {
  std::vector<KnownName> names;
  for (const StrategyInfo* info : choices) names.push_back({info->name, info->also_known_as});
  return guess(unknown, names).hint;
}

Codec<Named> strategy(std::string kind) {
  Json schema{{"$ref", "#/definitions/" + kind}};
  return {[kind = std::move(kind)](const Node& node, Reader& reader, Named& named) {
            return StrategyReader(kind, node, reader).read(named);
          },
          std::move(schema)};
}

Json strategy_definitions() {
  Json definitions = Json::object();
  for (const std::string& kind : Catalogue::kinds()) definitions[kind] = kind_schema(kind);
  return definitions;
}

}  // namespace steelyard
