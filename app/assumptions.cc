#include "app/assumptions.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "app/closed_forms.h"
#include "reports/format.h"

namespace steelyard::app {
namespace {

using All = std::vector<LeftOut>;

void append(All& all, All more) { std::move(more.begin(), more.end(), std::back_inserter(all)); }

// Of the services that somebody calls.
All left_out_of_services(const Traffic& traffic) {
  All all;
  for (std::size_t i = 0; i < traffic.services.size(); ++i) {
    const bool visited =
        std::any_of(traffic.clients.begin(), traffic.clients.end(),
                    [i](const ClientTraffic& client) { return client.visits[i] > 0; });
    if (!visited) continue;
    append(all, left_out_at(traffic.services[i]));
    append(all, left_out_of_calls(traffic.services[i]));
    append(all, left_out_of_station(traffic.services[i]));
  }
  return all;
}

}  // namespace

All left_out_between(const Scenario& scenario) {
  All all;
  const auto add = [&](std::string what) { all.push_back({std::move(what), ""}); };
  const NetworkSpec& network = scenario.network;
  if (!scenario.faults.empty()) add(counted(scenario.faults.size(), "fault"));
  if (network.latency_within || network.latency_between) add("the network's latency");
  if (network.loss > 0) add("lost messages");
  if (network.bandwidth_within > 0 || network.bandwidth_between > 0) add("the network's bandwidth");
  return all;
}

All left_out_of_arrivals(const Traffic& traffic) {
  All all;
  for (const ClientTraffic& client : traffic.clients) {
    if (client.poisson) continue;
    if (client.spec->closed)
      all.push_back({"a closed loop", client.spec->name});
    else if (client.peak)
      all.push_back({"a rate that changes, taken at its peak", client.spec->name});
    else if (!client.rate)
      all.push_back({"arrivals of which no rate is known", client.spec->name});
    else
      all.push_back({client.spec->arrivals->name + " arrivals, not poisson", client.spec->name});
  }
  return all;
}

All left_out_at(const ServiceTraffic& service) {
  All all;
  const auto add = [&](std::string what) { all.push_back({std::move(what), service.spec->name}); };
  const ResiliencePolicy& resilience = service.spec->strategies.resilience;
  if (!service.spec->has_service_time) add("service times of targets, which are not given");
  if (resilience.timeout > 0s) add("a deadline of " + to_text(resilience.timeout));
  const Duration longest = resilience.retry.attempt_timeout;
  if (longest > 0s) add("a deadline of " + to_text(longest) + " for each attempt");
  if (resilience.retry.attempts_max > 1) add("retries");
  return all;
}

All left_out_of_calls(const ServiceTraffic& service) {
  All all;
  const std::vector<ParallelCalls>& calls = service.spec->calls;
  if (!calls.empty() && service.spec->holds_slot_during_calls)
    all.push_back({"places that are kept during calls", service.spec->name});
  if (std::any_of(calls.begin(), calls.end(),
                  [](const ParallelCalls& together) { return together.size() > 1; }))
    all.push_back({"calls made at once", service.spec->name});
  return all;
}

All left_out_of_station(const ServiceTraffic& service) {
  All all;
  const ServiceSpec& spec = *service.spec;
  const auto add = [&](std::string what) { all.push_back({std::move(what), spec.name}); };
  const bool shared = spec.discipline == Discipline::processor_sharing;
  if (spec.discipline == Discipline::lifo) add("last come, first served");
  // Sharing does not mind the distribution.
  if (!service.exponential && !shared) add(spec.service_time.name + " service, not exponential");
  if (spec.queue_limit) add("a queue limit");
  if (!service.alike) add("instances of different speed or weight");
  if (!spec.strategies.layers.empty())
    add("layers in front of the balancer");
  else if (!splits_at_random(service))
    add("instances that are not chosen at random");
  return all;
}

All left_out_of_jackson(const Scenario& scenario, const Traffic& traffic) {
  All all = left_out_of_arrivals(traffic);
  append(all, left_out_between(scenario));
  append(all, left_out_of_services(traffic));
  return all;
}

All left_out_of_closed_network(const Scenario& scenario, const Traffic& traffic) {
  All all = left_out_between(scenario);
  for (const ClientTraffic& client : traffic.clients)
    if (!client.spec->closed || traffic.clients.size() > 1)
      all.push_back({"a client beside a closed loop", client.spec->name});
  append(all, left_out_of_services(traffic));
  return all;
}

std::vector<std::string> to_lines(const All& all) {
  std::vector<std::pair<std::string, std::vector<std::string>>> by_what;
  for (const LeftOut& one : all) {
    auto known = std::find_if(by_what.begin(), by_what.end(),
                              [&](const auto& entry) { return entry.first == one.what; });
    if (known == by_what.end()) known = by_what.insert(by_what.end(), {one.what, {}});
    if (!one.who.empty()) known->second.push_back(one.who);
  }
  std::vector<std::string> lines;
  for (const auto& [what, who] : by_what)
    lines.push_back(who.empty() ? what : what + ": " + listing(who, 8));
  return lines;
}

}  // namespace steelyard::app
