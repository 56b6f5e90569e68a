#include "scenarios/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "core/registry.h"
#include "models/graph.h"
#include "scenarios/faults.h"
#include "scenarios/format.h"
#include "scenarios/sections.h"

namespace steelyard {
namespace {

constexpr std::size_t kZonesMax = 256;
constexpr std::size_t kCallsMax = 255;  // of one service; worlds number them with a byte

Named no_time() {
  Named named{"constant", {}};
  named.settings.set("value", {Duration{}});
  return named;
}

// Finds names; complains about those that do not exist.
class Names {
 public:
  // Names that are required and absent have drawn a complaint already.
  Names(std::string what, bool required, Reader& reader)
      : what_(std::move(what)), required_(required), reader_(reader) {}

  bool add(const Reference& name) {
    names_.push_back(name.value);
    return index_.emplace(name.value, names_.size() - 1).second;
  }
  std::optional<std::size_t> find(const Reference& reference) const {
    if (!reference.given || (names_.empty() && required_)) return std::nullopt;
    const auto found = index_.find(reference.value);
    if (found != index_.end()) return found->second;
    reader_.complain(reference.spot,
                     fmt::format("unknown {} {}{}", what_, in_quotes(reference.value),
                                 names_.empty() ? ", expected none: the scenario names none"
                                                : suggestion(reference.value, names_)));
    return std::nullopt;
  }
  const std::vector<std::string>& all() const { return names_; }

 private:
  std::string what_;
  bool required_;
  Reader& reader_;
  std::vector<std::string> names_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

class Resolver {
 public:
  Resolver(const ScenarioDraft& draft, Reader& reader, std::int64_t& instances_left)
      : draft_(draft),
        reader_(reader),
        instances_left_(instances_left),
        zones_("zone", false, reader),
        services_("service", true, reader) {}

  Scenario resolve() {
    scenario_.name = draft_.name;
    scenario_.question = draft_.question;
    scenario_.description = draft_.description;
    resolve_run();
    resolve_network();
    scenario_.via = draft_.via;
    scenario_.work = draft_.live.work;
    for (const ServiceDraft& service : draft_.services) services_.add(service.name);
    for (const TargetsDraft& targets : draft_.targets) services_.find(targets.name);
    for (const ServiceDraft& service : draft_.services) resolve_service(service);
    refuse_cycles();
    for (const ClientDraft& client : draft_.clients) resolve_client(client);
    resolve_faults(draft_.faults, scenario_, reader_);
    if (draft_.gateway) scenario_.gateway = resolve_gateway(*draft_.gateway, scenario_, reader_);
    for (const ExpectationDraft& expectation : draft_.expect)
      scenario_.expect.push_back(expectation.expectation);
    return std::move(scenario_);
  }

 private:
  void resolve_run() {
    const RunDraft& run = draft_.run;
    scenario_.run = {.seed = run.seed,
                     .duration = run.duration.value,
                     .warmup = run.warmup ? run.warmup->value : run.duration.value / 10,
                     .replications = run.replications};
    if (run.warmup && run.warmup->given && run.warmup->value >= run.duration.value)
      reader_.complain(
          run.warmup->spot,
          fmt::format("got a warm-up of {}, expected less than the duration of the run "
                      "({})",
                      to_text(run.warmup->value), to_text(run.duration.value)));
  }

  void resolve_network() {
    const NetworkDraft& network = draft_.network;
    for (const Reference& zone : network.zones)
      if (!zones_.add(zone))
        reader_.complain(zone.spot,
                         "got zone " + in_quotes(zone.value) + " twice, expected each once");
    if (zones_.all().size() > kZonesMax)
      reader_.complain(network.zones.back().spot, fmt::format("got {} zones, expected at most {}",
                                                              zones_.all().size(), kZonesMax));
    scenario_.network = {.zones = zones_.all(),
                         .latency_within = network.latency.within,
                         .latency_between = network.latency.between,
                         .loss = network.loss,
                         .retransmit = network.retransmit,
                         .bandwidth_within = network.bandwidth.within,
                         .bandwidth_between = network.bandwidth.between};
    if (scenario_.network.zones.empty()) scenario_.network.zones = {"default"};
  }

  const TargetsDraft* targets_of(const ServiceDraft& draft) const {
    const auto found = std::find_if(
        draft_.targets.begin(), draft_.targets.end(),
        [&](const TargetsDraft& targets) { return targets.name.value == draft.name.value; });
    return found == draft_.targets.end() ? nullptr : &*found;
  }

  // What a service may leave out only if it has targets.
  void require(const ServiceDraft& draft, const sections::ModelKey& key) {
    const Node& node = *draft.node.value;
    const bool said_otherwise =
        std::any_of(node.entries.begin(), node.entries.end(), [&](const Node::Entry& entry) {
          return entry.key == sections::kTargetsKey ||
                 !guess(entry.key, {{key.name, key.also_known_as}}).name.empty();
        });
    if (node.kind == Node::Kind::map && !said_otherwise)
      reader_.complain(draft.node.spot,
                       fmt::format("missing key '{}', expected {}", key.name, in_passing(key.doc)));
  }

  void resolve_service(const ServiceDraft& draft) {
    const TargetsDraft* const targets = targets_of(draft);
    if (targets == nullptr) {
      require(draft, sections::kInstancesKey);
      require(draft, sections::kServiceTimeKey);
    }
    ServiceSpec service{.name = draft.name.value,
                        .instances = instances_of(draft, targets),
                        .concurrency = draft.concurrency,
                        .discipline = draft.queue.discipline,
                        .queue_limit = draft.queue.limit,
                        .service_time = draft.service_time.value_or(no_time()),
                        .has_service_time = draft.service_time.has_value(),
                        .holds_slot_during_calls = draft.holds_slot_during_calls,
                        .request_bytes = draft.request_bytes,
                        .response_bytes = draft.response_bytes,
                        .strategies = strategies_of(draft)};
    if (targets != nullptr) service.targets = targets->urls;
    std::size_t count = 0;
    for (const auto& together : draft.calls) {
      ParallelCalls calls;
      for (const CallDraft& call : together) {
        if (++count == kCallsMax + 1)
          reader_.complain(call.service.spot,
                           fmt::format("got more than {} calls, expected fewer", kCallsMax));
        if (const auto called = services_.find(call.service)) {
          calls.push_back({*called, call.probability});
          edges_.push_back({{scenario_.services.size(), *called}, &call.service});
        }
      }
      service.calls.push_back(std::move(calls));
    }
    scenario_.services.push_back(std::move(service));
  }

  // As many as the file says, or as there are targets.
  std::vector<GroupDraft> groups_of(const ServiceDraft& draft, const TargetsDraft* targets) {
    if (!draft.instances.given) {
      const bool absent = draft.node.value->find(sections::kInstancesKey.name) == nullptr;
      if (targets == nullptr || targets->urls.empty() || !absent) return {};
      return {GroupDraft{.count = static_cast<std::int64_t>(targets->urls.size())}};
    }
    if (targets == nullptr) return draft.instances.value;
    std::int64_t count = 0;
    for (const GroupDraft& group : draft.instances.value) count += group.count;
    if (count != static_cast<std::int64_t>(targets->urls.size()) && !targets->urls.empty())
      reader_.complain(targets->name.spot,
                       fmt::format("got {} targets for {} instances of {}, expected as many",
                                   targets->urls.size(), count, draft.name.value));
    return draft.instances.value;
  }

  std::vector<InstanceSpec> instances_of(const ServiceDraft& draft, const TargetsDraft* targets) {
    std::vector<InstanceSpec> instances;
    const std::vector<GroupDraft> groups = groups_of(draft, targets);
    if (groups.empty()) return instances;
    std::int64_t count = 0;
    for (const GroupDraft& group : groups) count += group.count;
    instances_ += count;
    instances_left_ -= count;
    if (instances_ > kInstancesMax || instances_left_ < 0) {
      reader_.complain(draft.instances.spot,
                       instances_ > kInstancesMax
                           ? fmt::format("got {} instances with those before, expected at most {}",
                                         instances_, kInstancesMax)
                           : "got more instances than all variants together may have");
      return instances;
    }
    instances.reserve(static_cast<std::size_t>(count));
    std::size_t turn = 0;
    for (const GroupDraft& group : groups) {
      InstanceSpec instance{.speed = group.speed,
                            .weight = static_cast<std::uint32_t>(group.weight),
                            .priority = static_cast<std::uint8_t>(group.priority),
                            .labels = group.labels};
      const auto zone = zone_of(group.zone);
      for (std::int64_t i = 0; i < group.count; ++i) {
        instance.zone =
            zone ? *zone : static_cast<std::uint16_t>(turn++ % scenario_.network.zones.size());
        instances.push_back(instance);
      }
    }
    refuse_weightless(draft, instances);
    return instances;
  }

  void refuse_weightless(const ServiceDraft& draft, const std::vector<InstanceSpec>& instances) {
    const bool all = std::all_of(instances.begin(), instances.end(),
                                 [](const InstanceSpec& instance) { return instance.weight == 0; });
    if (all)
      reader_.complain(draft.instances.spot,
                       "got weight 0 for every instance, expected one above 0");
  }

  std::optional<std::uint16_t> zone_of(const Reference& reference) {
    const auto zone = zones_.find(reference);
    if (!zone) return std::nullopt;
    return static_cast<std::uint16_t>(*zone);
  }

  StrategiesSpec strategies_of(const ServiceDraft& draft) {
    StrategiesSpec strategies = draft_.strategies;
    if (draft.strategies.given) {
      const Located<const Node*>& own = draft.strategies;
      Node root;
      root.origin = own.spot.path;
      const Reader::Step step(reader_, "", root);
      strategies_codec().read(*own.value, reader_, strategies);
    }
    if (strategies.balancer.name.empty()) strategies.balancer = defaults("balancer", "round_robin");
    return strategies;
  }

  void refuse_cycles() {
    constexpr int kCyclesShown = 10;
    for (int shown = 0; shown < kCyclesShown; ++shown) {
      graph::Edges pairs;
      for (const Edge& edge : edges_) pairs.push_back(edge.ends);
      const std::vector<std::size_t> cycle = graph::find_cycle(scenario_.services.size(), pairs);
      if (cycle.empty()) return;
      std::string text;
      for (const std::size_t service : cycle)
        text += (text.empty() ? "" : " → ") + scenario_.services[service].name;
      // The call that closes it; taken away, so that the next cycle can be found.
      const std::pair<std::size_t, std::size_t> closing{cycle[cycle.size() - 2], cycle.back()};
      const auto call = std::find_if(edges_.begin(), edges_.end(),
                                     [&](const Edge& edge) { return edge.ends == closing; });
      reader_.complain(call->reference->spot,
                       "got the call cycle " + text + ", expected calls that come to an end");
      std::erase_if(edges_, [&](const Edge& edge) { return edge.ends == closing; });
    }
  }

  void resolve_client(const ClientDraft& draft) {
    ClientSpec client{.name = draft.name.value,
                      .request = draft.request,
                      .arrivals = draft.arrivals,
                      .closed = draft.closed,
                      .keys = draft.keys,
                      .instances = draft.instances,
                      .labels = draft.labels};
    client.calls = services_.find(draft.calls).value_or(0);
    client.zone = zone_of(draft.zone).value_or(0);
    const auto& names = services_.all();
    if (std::find(names.begin(), names.end(), client.name) != names.end())
      reader_.complain(draft.name.spot, "got client " + in_quotes(client.name) +
                                            ", expected a name that no service has");
    scenario_.clients.push_back(std::move(client));
  }

  struct Edge {
    std::pair<std::size_t, std::size_t> ends;
    const Reference* reference;
  };

  const ScenarioDraft& draft_;
  Reader& reader_;
  std::int64_t& instances_left_;
  Scenario scenario_;
  Names zones_;
  Names services_;
  std::vector<Edge> edges_;
  std::int64_t instances_ = 0;
};

}  // namespace

Scenario resolve(const ScenarioDraft& draft, Reader& reader, std::int64_t& instances_left) {
  return Resolver(draft, reader, instances_left).resolve();
}

}  // namespace steelyard
