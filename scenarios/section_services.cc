// `services:` and `strategies:`.
#include <fmt/format.h>

#include <algorithm>

#include "models/distribution.h"
#include "resilience/retry_budget.h"
#include "scenarios/format.h"
#include "scenarios/sections.h"
#include "scenarios/strategy_codec.h"

namespace steelyard::sections {
namespace {

using codec::Range;

Codec<std::vector<GroupDraft>> instances() {
  const Range count{1, static_cast<double>(kInstancesMax)};
  const auto group =
      Object<GroupDraft>("Instances that are alike.")
          .optional("count", &GroupDraft::count, codec::whole(count), "How many of them.")
          .optional("speed", &GroupDraft::speed, codec::number({0.001, 1000}),
                    "Service times are divided by it.")
          .optional("weight", &GroupDraft::weight, codec::whole({0, 1'000'000}),
                    "Told to balancers that use weights.")
          .optional("zone", &GroupDraft::zone, reference(),
                    "Where they are. Default: dealt to the zones in turn.")
          .optional("priority", &GroupDraft::priority, codec::whole({0, 255}),
                    "Told to the layer `priority`; 0 comes first.")
          .optional("labels", &GroupDraft::labels, labels(),
                    "Told to the layer `label_subset`: {version: v2}. Default: none.")
          .codec();
  const auto just_count = as<std::vector<GroupDraft>>(
      codec::whole(count), [](std::int64_t number, std::vector<GroupDraft>& groups) {
        groups.assign(1, GroupDraft{.count = number});
      });
  return either<std::vector<GroupDraft>>(is_scalar, just_count,
                                         codec::list_of(group, "groups, or a whole number"));
}

Codec<QueueDraft> queue() {
  const auto discipline =
      as<Discipline>(codec::choice({"fifo", "lifo", "processor_sharing"}, "fifo"),
                     [](const std::string& text, Discipline& value) {
                       value = text == "lifo"                ? Discipline::lifo
                               : text == "processor_sharing" ? Discipline::processor_sharing
                                                             : Discipline::fifo;
                     });
  return Object<QueueDraft>("The queue in front of each instance.")
      .optional("discipline", &QueueDraft::discipline, discipline,
                "Who is served next; with processor_sharing all in service share the instance.")
      .optional("limit", &QueueDraft::limit, codec::whole({0, 1e9}),
                "Requests that may wait, per instance; more are rejected. Default: unlimited.")
      .codec();
}

Codec<CallDraft> call() {
  struct Settings {
    double probability = 1;
  };
  const auto settings = Object<Settings>("How the call is made.")
                            .optional("probability", &Settings::probability, codec::ratio(),
                                      "That the call is made at all.")
                            .codec();
  const Codec<Reference> plain = reference();
  Json map{{"type", "object"},
           {"patternProperties", {{codec::kNamePattern, settings.schema}}},
           {"additionalProperties", false},
           {"minProperties", 1},
           {"maxProperties", 1}};
  return {[settings, plain](const Node& node, Reader& reader, CallDraft& value) {
            if (is_scalar(node)) return plain.read(node, reader, value.service);
            if (!is_map(node) || node.entries.size() != 1)
              return reader.complain(node, "got " + describe(node) +
                                               ", expected a service: name or {name: {probability: "
                                               "0.3}}");
            const Node::Entry& entry = node.entries.front();
            const Reader::Step step(reader, entry.key, *entry.value);
            value.service = {entry.key, {entry.place, reader.path()}, true};
            Settings read;
            if (!settings.read(*entry.value, reader, read)) return false;
            value.probability = read.probability;
            return true;
          },
          Json{{"anyOf", Json::array({plain.schema, std::move(map)})}}};
}

Codec<std::vector<std::vector<CallDraft>>> calls() {
  const auto one = as<std::vector<CallDraft>>(
      call(), [](const CallDraft& call, std::vector<CallDraft>& calls) { calls.assign(1, call); });
  const auto step =
      either<std::vector<CallDraft>>([](const Node& node) { return node.kind != Node::Kind::list; },
                                     one, codec::list_of(call(), "parallel calls"));
  return codec::list_or_none(step, "calls such as [users, inventory]");
}

// `none` is no strategy: it is what a comparison with a budget begins with.
Codec<std::shared_ptr<const Named>> retry_budget() {
  const Codec<Named> budget = strategy(RetryBudget::kKind);
  return {[budget](const Node& node, Reader& reader, std::shared_ptr<const Named>& value) {
            value.reset();
            if (is_scalar(node) && node.scalar == "none") return true;
            Named named;
            if (!budget.read(node, reader, named)) return false;
            value = std::make_shared<const Named>(std::move(named));
            return true;
          },
          Json{{"anyOf", Json::array({{{"const", "none"}}, budget.schema})}, {"default", "none"}}};
}

Codec<RetryPolicy> retry() {
  return Object<RetryPolicy>("Failed attempts are repeated; the balancer chooses anew.")
      .optional("attempts_max", &RetryPolicy::attempts_max, codec::whole({1, 100}),
                "Attempts in all; 1: no retry.")
      .also_known_as({{"max_attempts", "gRPC's name for it"},
                      {"max_retries", "attempts_max counts the first attempt, too"},
                      {"num_retries", "Envoy's; attempts_max counts the first attempt, too"}})
      .optional("backoff_base", &RetryPolicy::backoff_base, codec::duration(),
                "Full jitter: a random wait up to base * 2^(n-1) before attempt n+1. (Envoy)")
      .optional("backoff_max", &RetryPolicy::backoff_max, codec::duration(),
                "The wait is never drawn from more than this. (Envoy)")
      .optional("attempt_timeout", &RetryPolicy::attempt_timeout, codec::duration(),
                "An attempt that takes longer is given up and repeated like one that failed; 0s: "
                "only the request has a deadline.")
      .also_known_as({{"per_try_timeout", "Envoy's name for it"}})
      .optional("budget", &RetryPolicy::budget, retry_budget(),
                "What retries may cost, for each channel; `none`: all that fails is repeated.")
      .also_known_as({{"retry_budget", "Envoy's name for it"},
                      {"retryBudget", "Linkerd's name for it"},
                      {"retryThrottling", "gRPC's; {budget: tokens}"}})
      .codec();
}

Codec<std::optional<ReconnectPolicy>> reconnect() {
  const auto settings =
      Object<ReconnectPolicy>("Endpoints that refuse connections are left out for a while.")
          .optional("backoff_base", &ReconnectPolicy::backoff_base,
                    codec::duration({0, codec::kSecondsMax, true}),
                    "How long after the first refusal. (gRPC)")
          .optional("backoff_max", &ReconnectPolicy::backoff_max,
                    codec::duration({0, codec::kSecondsMax, true}), "Never longer. (gRPC)")
          .optional("multiplier", &ReconnectPolicy::multiplier, codec::number({1, 1000}),
                    "What each further refusal in a row does to the wait. (gRPC)")
          .optional("jitter", &ReconnectPolicy::jitter, codec::ratio(),
                    "The wait is uniform within this share of its length, either way. (gRPC)")
          .codec();
  return as<std::optional<ReconnectPolicy>>(
      settings, [](ReconnectPolicy read, std::optional<ReconnectPolicy>& value) { value = read; });
}

}  // namespace

Codec<std::vector<std::string>> labels() {
  return {
      [value = codec::text()](const Node& node, Reader& reader, std::vector<std::string>& labels) {
        if (!is_map(node))
          return reader.complain(
              node, "got " + describe(node) + ", expected labels such as {version: v2}");
        labels.clear();
        bool good = true;
        for (const Node::Entry& entry : node.entries) {
          const Reader::Step step(reader, entry.key, *entry.value);
          std::string text;
          if (!codec::is_name(entry.key))
            good = reader.complain({entry.place, reader.path()},
                                   "got the label " + in_quotes(entry.key) +
                                       ", expected letters, digits, '_' and '-', a letter first");
          good &= value.read(*entry.value, reader, text);
          labels.push_back(entry.key + "=" + text);
        }
        std::sort(labels.begin(), labels.end());
        return good;
      },
      Json{{"type", "object"},
           {"patternProperties", {{codec::kNamePattern, codec::text().schema}}},
           {"additionalProperties", false}}};
}

Object<StrategiesSpec> strategies() {
  const auto resilience =
      Object<ResiliencePolicy>("What is done about slow and failed requests.")
          .optional("timeout", &ResiliencePolicy::timeout, codec::duration(),
                    "Deadline of the whole request, retries included; 0s: none.")
          .optional("retry", &ResiliencePolicy::retry, retry(), "When and how to try again.")
          .optional("reconnect", &ResiliencePolicy::reconnect, reconnect(),
                    "Endpoints that refuse connections are left out for a while; `{}` for gRPC's "
                    "waits. Default: they are picked however they answer.")
          .codec();
  const auto view =
      Object<ViewSpec>("What each channel knows.")
          .optional("workers", &ViewSpec::workers, codec::whole({1, 1024}),
                    "Views that a calling process has side by side, each blind to what the others "
                    "send, as a proxy's workers without shared state; 1: one that all share.")
          .optional("known", &ViewSpec::known, codec::ratio({0, 1, true}),
                    "Share of the instances that a view knows, drawn for each view.")
          .optional("refresh", &ViewSpec::refresh, codec::duration(),
                    "How often a view looks who is there, as DNS clients do; 0s: it learns of "
                    "changes at once.")
          .optional("report_interval", &ViewSpec::report_interval, codec::duration(),
                    "How often servers make a new report of their load; 0s: for every answer and "
                    "probe.")
          .codec();
  return Object<StrategiesSpec>("What every channel does.")
      .optional("balancer", &StrategiesSpec::balancer, strategy("balancer"),
                "Which instance gets an attempt. Default: round_robin.")
      .optional("layers", &StrategiesSpec::layers,
                codec::list_or_none(strategy("layer"), "layers such as [slow_start, panic]"),
                "What stands in front of the balancer, outermost first. Default: nothing.")
      .optional("discovery", &StrategiesSpec::discovery, codec::choice({"static"}, "static"),
                "How callers learn of instances.")
      .optional("view", &StrategiesSpec::view, view,
                "What each channel knows. Default: all, at once, shared by a process's workers.")
      .optional("resilience", &StrategiesSpec::resilience, resilience, "Time-outs and retries.");
}

Codec<Located<const Node*>> deferred(Json schema) {
  return {[](const Node& node, Reader& reader, Located<const Node*>& value) {
            value = {&node, reader.spot(node), true};
            return true;
          },
          std::move(schema)};
}

namespace {

Codec<ServiceDraft> service_keys() {
  return Object<ServiceDraft>("A service: instances behind a balancer.")
      .optional(kInstancesKey.name, &ServiceDraft::instances, codec::located(instances()),
                kInstancesKey.doc)
      .also_known_as(kInstancesKey.also_known_as)
      .misplaced(kTargetsKey,
                 [](const ServiceDraft& service) {
                   return fmt::format(
                       "got '{0}' in a service, expected it at the top level: {0}: {{{1}: "
                       "[http://…]}}",
                       kTargetsKey, service.name.value);
                 })
      .optional("concurrency", &ServiceDraft::concurrency, codec::whole({1, 1e6}),
                "Requests in service at once, per instance.")
      .optional("queue", &ServiceDraft::queue, queue(), "The queue in front of each instance.")
      .optional(kServiceTimeKey.name, &ServiceDraft::service_time, strategy(Distribution::kKind),
                kServiceTimeKey.doc)
      .optional("calls", &ServiceDraft::calls, calls(),
                "Services called after the own service time, in order; a list inside is called in "
                "parallel.")
      .optional("holds_slot_during_calls", &ServiceDraft::holds_slot_during_calls, codec::boolean(),
                "Whether a request keeps its place in `concurrency` while it waits for its calls: "
                "a thread a request (true) or an asynchronous server (false).")
      .optional("request_size", &ServiceDraft::request_bytes, codec::bytes(),
                "Size of a request to this service.")
      .optional("response_size", &ServiceDraft::response_bytes, codec::bytes(),
                "Size of a response of this service.")
      .optional("strategies", &ServiceDraft::strategies,
                deferred({{"$ref", "#/definitions/strategies"}}),
                "Overrides the scenario's strategies for the channels to this service.")
      .codec();
}

}  // namespace

Codec<ServiceDraft> service() {
  Codec<ServiceDraft> keys = service_keys();
  return {[read = std::move(keys.read)](const Node& node, Reader& reader, ServiceDraft& value) {
            value.node = {&node, reader.spot(node), true};
            return read(node, reader, value);
          },
          std::move(keys.schema)};
}

}  // namespace steelyard::sections
