// The sections of a scenario file, each declared in a file of its own, and what they share.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "scenarios/draft.h"

namespace steelyard::sections {

Codec<RunDraft> run();
Codec<NetworkDraft> network();
Object<StrategiesSpec> strategies();
Codec<ServiceDraft> service();
Codec<ClientDraft> client();
Codec<FaultDraft> fault();
Codec<HttpRequestSpec> request();
Codec<std::vector<std::string>> labels();  // {key: value} as sorted "key=value"
Codec<TargetsDraft> targets();
Codec<LiveDraft> live();
Codec<Via> via();
Codec<ExpectationDraft> expectation();

// A node to be read later, with the schema of what it will be read as. It lives as long as the
// tree.
Codec<Located<const Node*>> deferred(Json schema);

// What every service has, unless it has targets.
struct ModelKey {
  const char* name;
  const char* doc;
  std::vector<ForeignName> also_known_as{};
};
inline const ModelKey kInstancesKey{
    "instances",
    "How many, or groups `[{count: 2, speed: 2, weight: 2, zone: east}, {count: 2}]`.",
    {{"replicas", "Kubernetes' name for it"}}};
inline const ModelKey kServiceTimeKey{
    "service_time", "Time a request needs at an instance of speed 1, calls not included."};
// At the top level, though people look for it in a service.
inline constexpr const char* kTargetsKey = "targets";

inline Codec<Reference> reference() { return codec::located(codec::name()); }

// A shorthand where the full form is a map: tells the two apart by what the node looks like.
template <class T>
Codec<T> either(std::function<bool(const Node&)> is_short, Codec<T> short_form,
                Codec<T> full_form) {
  Json schema{{"anyOf", Json::array({short_form.schema, full_form.schema})}};
  return {[is_short = std::move(is_short), a = std::move(short_form.read),
           b = std::move(full_form.read)](const Node& node, Reader& reader, T& value) {
            return is_short(node) ? a(node, reader, value) : b(node, reader, value);
          },
          std::move(schema)};
}

// Reads another type and puts it into place.
template <class T, class Part, class Put>
Codec<T> as(Codec<Part> part, Put put) {
  return {[read = std::move(part.read), put](const Node& node, Reader& reader, T& value) {
            Part inner{};
            if (!read(node, reader, inner)) return false;
            put(std::move(inner), value);
            return true;
          },
          std::move(part.schema)};
}

inline bool is_map(const Node& node) { return node.kind == Node::Kind::map; }
inline bool is_scalar(const Node& node) { return node.kind == Node::Kind::scalar; }

}  // namespace steelyard::sections
