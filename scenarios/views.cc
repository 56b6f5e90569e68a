#include "scenarios/views.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "scenarios/draws.h"

namespace steelyard {
namespace {

// When instances leave the service and come back, in order.
struct Change {
  Instant at;
  std::size_t instance = 0;
  bool leaves = false;
};

std::vector<Change> changes_of(const Scenario& scenario, std::size_t service) {
  std::vector<Change> changes;
  for (const FaultSpec& fault : scenario.faults) {
    if (fault.kind != FaultKind::absent || fault.at >= scenario.run.duration) continue;
    for (const FaultSpec::Target& target : fault.targets) {
      if (target.service != service) continue;
      changes.push_back({kStart + fault.at, target.instance, true});
      if (fault.length < scenario.run.duration - fault.at)
        changes.push_back({kStart + fault.at + fault.length, target.instance, false});
    }
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.at < b.at; });
  return changes;
}

// The instances that the view knows at all, drawn at random: of each the rank, below `known`.
std::vector<bool> known_instances(const ServiceSpec& service, const RandomStream& view) {
  const std::size_t n = service.instances.size();
  const double share = service.strategies.view.known;
  const auto known =
      static_cast<std::size_t>(std::max(1.0, std::floor(share * static_cast<double>(n) + 0.5)));
  std::vector<bool> knows(n, true);
  if (known >= n) return knows;
  const RandomStream draws = view.stream("known");
  std::vector<std::uint64_t> draw(n);
  for (std::size_t i = 0; i < n; ++i) draw[i] = draws.stream(i).next();
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return draw[a] < draw[b]; });
  for (std::size_t i = known; i < n; ++i) knows[order[i]] = false;
  return knows;
}

// The first time not before `at` at which the view looks again.
Instant learnt_at(Instant at, Duration refresh, Duration phase) {
  if (refresh == Duration::zero() || at == kStart) return at;
  const Duration since = at - kStart - phase;
  if (since <= Duration::zero()) return kStart + phase;
  const auto rounds = (since.count() + refresh.count() - 1) / refresh.count();
  return kStart + phase + refresh * rounds;
}

}  // namespace

std::string client_process_name(const ClientSpec& client, std::size_t process) {
  return client.instances == 1 ? client.name : fmt::format("{}/{}", client.name, process);
}

std::string view_name(const std::string& process, std::size_t worker, std::int64_t workers) {
  return workers == 1 ? process : fmt::format("{}.{}", process, worker);
}

Caller caller_of_client(const Scenario& scenario, std::size_t client, std::size_t process) {
  const ClientSpec& self = scenario.clients[client];
  Caller caller{.count = 0,
                .zone = self.zone,
                .count_by_zone = std::vector<std::uint32_t>(scenario.network.zones.size()),
                .labels = self.labels};
  for (std::size_t i = 0; i < scenario.clients.size(); ++i) {
    const ClientSpec& other = scenario.clients[i];
    if (other.calls != self.calls) continue;
    if (i == client) caller.index = caller.count + static_cast<std::uint32_t>(process);
    caller.count += static_cast<std::uint32_t>(other.instances);
    caller.count_by_zone[other.zone] += static_cast<std::uint32_t>(other.instances);
  }
  return caller;
}

Caller caller_of_instance(const Scenario& scenario, std::size_t service, std::size_t instance) {
  const std::vector<InstanceSpec>& instances = scenario.services[service].instances;
  Caller caller{.index = static_cast<std::uint32_t>(instance),
                .count = static_cast<std::uint32_t>(instances.size()),
                .zone = instances[instance].zone,
                .count_by_zone = std::vector<std::uint32_t>(scenario.network.zones.size())};
  for (const InstanceSpec& each : instances) ++caller.count_by_zone[each.zone];
  return caller;
}

std::size_t view_of_request(const ClientSpec& client, const RandomStream& requests,
                            std::uint64_t token, std::size_t views) {
  if (views == 1) return 0;
  if (client.closed) return user_of(token) % views;
  return requests.stream("view").stream(token).below(views);
}

std::size_t view_of_call(std::uint64_t draw_key, std::uint8_t site, std::size_t workers) {
  return workers == 1 ? 0 : RandomStream(mix64(draw_key, site)).stream("view").below(workers);
}

EndpointSet endpoints_of(const ServiceSpec& service) {
  auto endpoints = std::make_shared<std::vector<Endpoint>>();
  endpoints->reserve(service.instances.size());
  for (std::uint32_t i = 0; i < service.instances.size(); ++i)
    endpoints->push_back({.name = fmt::format("{}/{}", service.name, i),
                          .id = i,
                          .weight = service.instances[i].weight,
                          .zone = service.instances[i].zone,
                          .priority = static_cast<std::uint8_t>(service.instances[i].priority),
                          .labels = service.instances[i].labels});
  return endpoints;
}

bool differ_in_membership(const ServiceSpec& service) {
  return service.strategies.view.known < 1 || service.strategies.view.refresh > 0s;
}

std::vector<Membership> memberships_of(const Scenario& scenario, std::size_t index,
                                       const EndpointSet& all, const RandomStream& view) {
  const ServiceSpec& service = scenario.services[index];
  const std::vector<bool> knows = known_instances(service, view);
  const Duration refresh = service.strategies.view.refresh;
  const Duration phase = Duration(static_cast<std::int64_t>(view.stream("refresh").below(
      static_cast<std::uint64_t>(std::max<std::int64_t>(1, refresh.count())))));
  std::vector<int> absences(all->size());
  std::vector<Membership> memberships;
  const auto learn = [&](Instant at) {
    auto endpoints = std::make_shared<std::vector<Endpoint>>();
    for (std::size_t i = 0; i < all->size(); ++i)
      if (knows[i] && absences[i] == 0) endpoints->push_back((*all)[i]);
    const bool is_all = endpoints->size() == all->size();
    if (!memberships.empty() && memberships.back().at == at) memberships.pop_back();
    memberships.push_back({at, is_all ? all : EndpointSet(std::move(endpoints))});
  };
  learn(kStart);
  // Changes between two looks are seen together.
  const std::vector<Change> changes = changes_of(scenario, index);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    absences[changes[i].instance] += changes[i].leaves ? 1 : -1;
    const Instant at = learnt_at(changes[i].at, refresh, phase);
    const bool more = i + 1 < changes.size() && learnt_at(changes[i + 1].at, refresh, phase) == at;
    if (!more) learn(at);
  }
  return memberships;
}

}  // namespace steelyard
