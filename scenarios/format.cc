#include "scenarios/format.h"

#include <fmt/format.h>

#include "scenarios/sections.h"

namespace steelyard {
namespace {

// ^(run|network|…)(\.key)*$
std::string axis_pattern() {
  return fmt::format(R"(^({})(\.[A-Za-z0-9_-]+)*$)", fmt::join(axis_sections(), "|"));
}

Json path_map_schema(bool lists) {
  const Json value = lists ? Json{{"type", "array"}, {"minItems", 1}} : Json::object();
  Json schema{{"type", "object"}, {"properties", Json::object()}};
  for (const std::string& key : strategy_keys()) schema["properties"][key] = value;
  if (lists) {
    schema["properties"]["balancer"]["items"] = Json{{"$ref", "#/definitions/balancer"}};
  } else {
    schema["properties"]["balancer"] = Json{{"$ref", "#/definitions/balancer"}};
  }
  schema["patternProperties"] = Json{{axis_pattern(), value}};
  schema["additionalProperties"] = false;
  if (lists) schema["minProperties"] = 1;
  return schema;
}

Json variants_schema() {
  const Json settings = path_map_schema(false);
  Json item{{"type", "object"},
            {"properties", {{"name", {{"type", "string"}}}, {"set", settings}}},
            {"required", {"name", "set"}},
            {"additionalProperties", false}};
  return Json{{"anyOf", Json::array({{{"type", "array"}, {"items", item}, {"minItems", 1}},
                                     {{"type", "object"},
                                      {"additionalProperties", settings},
                                      {"minProperties", 1}}})}};
}

Object<ScenarioDraft> scenario_object() {
  return Object<ScenarioDraft>("A Steelyard scenario.")
      .required("name", &ScenarioDraft::name, codec::name(), "A short name, used in results.")
      .optional("question", &ScenarioDraft::question, codec::text(),
                "The question that the report answers.")
      .optional("description", &ScenarioDraft::description, codec::text(),
                "What is modelled and why, for readers.")
      .optional("run", &ScenarioDraft::run, sections::run(), "How long and how often.")
      .optional("network", &ScenarioDraft::network, sections::network(),
                "Zones and links. Default: one zone, no latency.")
      .required("services", &ScenarioDraft::services, codec::map_of(sections::service(), "service"),
                "The services by name.")
      .required("clients", &ScenarioDraft::clients, codec::map_of(sections::client(), "client"),
                "The sources of requests by name.")
      .optional("faults", &ScenarioDraft::faults, codec::list_or_none(sections::fault(), "faults"),
                "What goes wrong, and when.")
      .optional(
          "strategies", &ScenarioDraft::strategies,
          Codec<StrategiesSpec>{strategies_codec().read, {{"$ref", "#/definitions/strategies"}}},
          "Defaults for every channel; a service may override its own.")
      .optional("expect", &ScenarioDraft::expect,
                codec::list_or_none(sections::expectation(), "expectations"),
                "What must hold, such as `latency_ms.p99 < 100`; else the command exits with 99.")
      .optional("gateway", &ScenarioDraft::gateway, sections::gateway(),
                "The reverse proxy that `steelyard gateway` puts before the services.")
      .optional(sections::kTargetsKey, &ScenarioDraft::targets,
                codec::map_of(sections::targets(), "service"),
                "Live services of your own: the URLs of a service's instances.")
      .optional("live", &ScenarioDraft::live, sections::live(),
                "How the live world plays the instances that it models.")
      .optional("via", &ScenarioDraft::via, sections::via(),
                "What carries the clients' requests to the instances: their own channels, or a "
                "proxy in front of each service.")
      .elsewhere("compare", path_map_schema(true),
                 "The axes of the comparison; variants are their cross product. An axis is a key "
                 "of `strategies:` or a dotted path, and lists its values.")
      .elsewhere("variants", variants_schema(),
                 "Hand-picked variants instead of `compare:`: their names, and what each sets.");
}
}  // namespace

const Codec<StrategiesSpec>& strategies_codec() {
  static const Codec<StrategiesSpec> codec = sections::strategies().codec();
  return codec;
}

const std::vector<std::string>& axis_sections() {
  static const std::vector<std::string> sections{
      "run", "network", "services", "clients", "faults", "strategies", "targets", "live", "via"};
  return sections;
}

const std::vector<std::string>& strategy_keys() {
  static const std::vector<std::string> keys = sections::strategies().keys();
  return keys;
}

const Codec<ScenarioDraft>& scenario_codec() {
  static const Codec<ScenarioDraft> codec = scenario_object().codec();
  return codec;
}

const std::vector<std::string>& scenario_keys() {
  static const std::vector<std::string> keys = scenario_object().keys();
  return keys;
}

}  // namespace steelyard
