#include "app/facts.h"

#include <fmt/format.h>

#include "core/registry.h"
#include "reports/format.h"

namespace steelyard::app {
namespace {

std::string described(std::string_view kind, const Named& named) {
  const StrategyInfo* info = Catalogue::find(kind, named.name);
  return info == nullptr ? named.name : to_text(named, info->parameters);
}

std::string_view name_of(Discipline discipline) {
  switch (discipline) {
    case Discipline::fifo:
      return "fifo";
    case Discipline::lifo:
      return "lifo";
    case Discipline::processor_sharing:
      return "processor_sharing";
  }
  return "";
}

std::string described(const ClientSpec& client) {
  if (client.arrivals) return described("arrivals", *client.arrivals);
  std::string text = "closed loop of " + counted(client.closed->users, "user");
  if (client.closed->think_time)
    text += ", thinking " + described("distribution", *client.closed->think_time);
  return text;
}

ScenarioFacts::Node node_of(const ServiceSpec& service) {
  ScenarioFacts::Node node;
  node.name = service.name;
  node.instances = service.instances.size();
  node.concurrency = service.concurrency;
  node.discipline = name_of(service.discipline);
  node.queue_limit = service.queue_limit.value_or(-1);
  node.service_time = described("distribution", service.service_time);
  for (const InstanceSpec& instance : service.instances) node.weights.push_back(instance.weight);
  return node;
}

// What the relays of a live run leave out (real-harness/network/network.h).
void append_network_limitations(const Scenario& scenario, std::vector<std::string>& texts) {
  const NetworkSpec& network = scenario.network;
  bool relayed = network.latency_within || network.latency_between || network.loss > 0 ||
                 network.bandwidth_within > 0 || network.bandwidth_between > 0;
  bool out_of_reach = false;
  for (const FaultSpec& fault : scenario.faults) {
    const bool wire = is_on_the_wire(fault.kind);
    const bool refuses = fault.kind == FaultKind::reset || fault.kind == FaultKind::refuse ||
                         fault.kind == FaultKind::absent;
    relayed |= wire;
    for (const FaultSpec::Target& target : fault.targets)
      out_of_reach |= !wire && !refuses && !scenario.services[target.service].targets.empty();
  }
  if (relayed)
    texts.emplace_back(
        "Relays on this machine are the network: to connect takes no time, TCP's windows are those "
        "of loopback, messages of one connection do not overtake each other, and each costs the "
        "relays' own time besides.");
  if (out_of_reach)
    texts.emplace_back(
        "Services with targets see only the faults refuse, absent, reset, network_delay, "
        "bandwidth, blackhole and slow_close; no others reach them.");
}

void append_live_limitations(const Scenario& scenario, std::vector<std::string>& texts) {
  texts.emplace_back(
      "Load generator and services share this machine's processors: what one uses, the others wait "
      "for. The hiccups say how much.");
  texts.emplace_back(
      "What channels know of instances is what the scenario's views say: discovery and health "
      "checks are not part of this run.");
  append_network_limitations(scenario, texts);
  bool modelled = false;
  for (const ServiceSpec& service : scenario.services) modelled |= service.targets.empty();
  if (modelled && scenario.work == Work::timer)
    texts.emplace_back(
        "Modelled instances wait for their service times and burn no processor time with it (work: "
        "processor does).");
}

}  // namespace

ScenarioFacts facts_of(const Comparison& comparison) {
  const Scenario& scenario = comparison.base();
  ScenarioFacts facts;
  facts.name = scenario.name;
  facts.file = comparison.file;
  facts.digest = comparison.digest;
  facts.question = scenario.question;
  facts.description = scenario.description;
  facts.text = comparison.text;
  facts.overrides = comparison.overrides;
  facts.duration = scenario.run.duration;
  facts.warmup = scenario.run.warmup;
  for (const ClientSpec& client : scenario.clients) {
    ScenarioFacts::Node node;
    node.name = client.name;
    node.client = true;
    node.detail = described(client);
    facts.clients.push_back(std::move(node));
    facts.edges.push_back({.from = client.name, .to = scenario.services[client.calls].name});
  }
  for (const ServiceSpec& service : scenario.services) {
    facts.services.push_back(node_of(service));
    for (std::size_t stage = 0; stage < service.calls.size(); ++stage)
      for (const CallSpec& call : service.calls[stage])
        facts.edges.push_back({.from = service.name,
                               .to = scenario.services[call.service].name,
                               .probability = call.probability,
                               .stage = stage,
                               .parallel = service.calls[stage].size() > 1});
  }
  for (const FaultSpec& fault : scenario.faults)
    if (fault.at < scenario.run.duration)
      facts.faults.push_back({.from = fault.at,
                              .to = std::min(fault.at + fault.length, scenario.run.duration),
                              .kind = std::string(to_text(fault.kind)),
                              .label = fault.label});
  return facts;
}

std::vector<ExpectationFacts> expectations_of(const Scenario& scenario) {
  std::vector<ExpectationFacts> facts;
  for (const Expectation& expectation : scenario.expect)
    facts.push_back(
        {.text = expectation.text,
         .metric = expectation.metric,
         .comparison = static_cast<ExpectationFacts::Comparison>(expectation.comparison),
         .limit = expectation.limit,
         .variant = expectation.variant});
  return facts;
}

std::vector<std::string> limitations_of(const Scenario& scenario, const std::string& world) {
  std::vector<std::string> texts;
  texts.emplace_back(
      "Latency counts successful requests only; read it together with the error ratio.");
  texts.emplace_back(
      "Requests still under way when the run ends are counted as unfinished, not as slow.");
  if (world == "live") {
    append_live_limitations(scenario, texts);
    return texts;
  }
  texts.emplace_back(
      "What channels know of instances is what the scenario's views say, and connections are "
      "counted but cost nothing: discovery, health checks, connection set-up and TLS are not "
      "modelled.");
  bool timeouts = false;
  for (const ServiceSpec& service : scenario.services)
    timeouts |= service.strategies.resilience.timeout > 0s;
  if (timeouts)
    texts.emplace_back(
        "A server does not notice that its caller has given up; it finishes what it began.");
  if (scenario.network.latency_within || scenario.network.latency_between)
    texts.emplace_back(
        "Network latencies of different messages are independent; messages may overtake.");
  texts.emplace_back(
      "Instances of one machine do not compete for its processors, memory or disks.");
  return texts;
}

}  // namespace steelyard::app
