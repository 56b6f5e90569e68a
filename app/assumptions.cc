#include "app/assumptions.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/closed_forms.h"
#include "reports/format.h"

namespace steelyard::app {
namespace {

using Phrases = std::vector<std::string>;

void append(Phrases& all, Phrases more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

// Of the services that somebody calls.
Phrases left_out_of_services(const Traffic& traffic) {
  Phrases phrases;
  for (std::size_t i = 0; i < traffic.services.size(); ++i) {
    const bool visited =
        std::any_of(traffic.clients.begin(), traffic.clients.end(),
                    [i](const ClientTraffic& client) { return client.visits[i] > 0; });
    if (!visited) continue;
    append(phrases, left_out_at(traffic.services[i]));
    append(phrases, left_out_of_calls(traffic.services[i]));
    append(phrases, left_out_of_station(traffic.services[i]));
  }
  return phrases;
}

}  // namespace

Phrases left_out_between(const Scenario& scenario) {
  Phrases phrases;
  const NetworkSpec& network = scenario.network;
  if (!scenario.faults.empty()) phrases.push_back(counted(scenario.faults.size(), "fault"));
  if (network.latency_within || network.latency_between)
    phrases.emplace_back("the network's latency");
  if (network.loss > 0) phrases.emplace_back("lost messages");
  if (network.bandwidth_within > 0 || network.bandwidth_between > 0)
    phrases.emplace_back("the network's bandwidth");
  return phrases;
}

Phrases left_out_of_arrivals(const Traffic& traffic) {
  Phrases phrases;
  for (const ClientTraffic& client : traffic.clients) {
    if (client.poisson) continue;
    const std::string& name = client.spec->name;
    if (client.spec->closed)
      phrases.push_back(fmt::format("{}: a closed loop", name));
    else if (!client.rate)
      phrases.push_back(fmt::format("{}: a rate that changes, or is not known", name));
    else
      phrases.push_back(
          fmt::format("{}: {} arrivals, not Poisson", name, client.spec->arrivals->name));
  }
  return phrases;
}

Phrases left_out_at(const ServiceTraffic& service) {
  Phrases phrases;
  const ResiliencePolicy& resilience = service.spec->strategies.resilience;
  const std::string& name = service.spec->name;
  if (!service.spec->has_service_time)
    phrases.push_back(fmt::format("{}: the service time of its targets, which is not given", name));
  if (resilience.timeout > 0s)
    phrases.push_back(fmt::format("{}: a deadline of {}", name, to_text(resilience.timeout)));
  if (resilience.retry.attempts_max > 1) phrases.push_back(fmt::format("{}: retries", name));
  return phrases;
}

Phrases left_out_of_calls(const ServiceTraffic& service) {
  Phrases phrases;
  const std::vector<ParallelCalls>& calls = service.spec->calls;
  if (!calls.empty() && service.spec->holds_slot_during_calls)
    phrases.push_back(fmt::format("{}: its places are kept during its calls", service.spec->name));
  if (std::any_of(calls.begin(), calls.end(),
                  [](const ParallelCalls& together) { return together.size() > 1; }))
    phrases.push_back(fmt::format("{}: calls made at once", service.spec->name));
  return phrases;
}

Phrases left_out_of_station(const ServiceTraffic& service) {
  Phrases phrases;
  const ServiceSpec& spec = *service.spec;
  const auto add = [&](std::string_view what) {
    phrases.push_back(fmt::format("{}: {}", spec.name, what));
  };
  const bool shared = spec.discipline == Discipline::processor_sharing;
  if (spec.discipline == Discipline::lifo) add("last come, first served");
  // One processor that all share does not mind the distribution.
  if (!service.exponential && !(shared && spec.concurrency == 1))
    add(fmt::format("{} service, not exponential", spec.service_time.name));
  if (spec.queue_limit) add(fmt::format("a queue limit of {}", *spec.queue_limit));
  if (!service.alike) add("instances of different speed or weight");
  if (!splits_at_random(service)) add(spec.strategies.balancer.name + " among its instances");
  return phrases;
}

Phrases left_out_of_jackson(const Scenario& scenario, const Traffic& traffic) {
  Phrases phrases = left_out_of_arrivals(traffic);
  append(phrases, left_out_between(scenario));
  append(phrases, left_out_of_services(traffic));
  return phrases;
}

Phrases left_out_of_closed_network(const Scenario& scenario, const Traffic& traffic) {
  Phrases phrases = left_out_between(scenario);
  for (const ClientTraffic& client : traffic.clients)
    if (!client.spec->closed || traffic.clients.size() > 1)
      phrases.push_back(fmt::format("{}: another client beside a closed loop", client.spec->name));
  append(phrases, left_out_of_services(traffic));
  return phrases;
}

}  // namespace steelyard::app
