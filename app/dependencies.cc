#include "app/dependencies.h"

#include <algorithm>
#include <utility>

namespace steelyard::app {
namespace {

// Services, then clients, then the end of every way to a store.
struct Nodes {
  explicit Nodes(const Traffic& traffic)
      : services(traffic.services.size()), all(services + traffic.clients.size() + 1) {}
  std::size_t client(std::size_t index) const { return services + index; }
  std::size_t end() const { return all - 1; }

  std::size_t services;
  std::size_t all;
};

graph::Edges edges_of(const Traffic& traffic, const Nodes& nodes) {
  graph::Edges edges = graph::edges_of(traffic.calls);
  for (std::size_t i = 0; i < traffic.clients.size(); ++i)
    edges.emplace_back(nodes.client(i), traffic.clients[i].spec->calls);
  return edges;
}

void add_ways(const Traffic& traffic, std::size_t client, const Nodes& nodes,
              const graph::Edges& edges, std::vector<WayToStore>& ways) {
  std::vector<std::int64_t> instances(nodes.all, 0);
  for (std::size_t i = 0; i < nodes.services; ++i) instances[i] = traffic.services[i].instances();
  const auto dominators = graph::dominators(nodes.all, edges, nodes.client(client));
  for (std::size_t store = 0; store < nodes.services; ++store) {
    if (!traffic.calls[store].empty() || dominators[store].empty()) continue;
    WayToStore way{.client = client, .store = store};
    way.passes.assign(dominators[store].begin() + 1, dominators[store].end());
    graph::Edges with_end = edges;
    with_end.emplace_back(store, nodes.end());
    // The store itself may be what is lost, so there always is a cut.
    way.instances =
        graph::minimum_cut(nodes.all, with_end, instances, nodes.client(client), nodes.end())
            .value();
    ways.push_back(std::move(way));
  }
}

}  // namespace

Dependencies dependencies_of(const Traffic& traffic) {
  Dependencies found;
  for (std::size_t lost = 0; lost < traffic.services.size(); ++lost) {
    Loss loss{.of_clients = {}, .of_services = graph::chance_to_need(traffic.calls, lost)};
    for (const ClientTraffic& client : traffic.clients)
      loss.of_clients.push_back(loss.of_services[client.spec->calls]);
    found.losses.push_back(std::move(loss));
  }
  const Nodes nodes(traffic);
  const graph::Edges edges = edges_of(traffic, nodes);
  for (std::size_t client = 0; client < traffic.clients.size(); ++client)
    add_ways(traffic, client, nodes, edges, found.ways);
  // Who calls another twice hangs on it by one link.
  graph::Edges links = edges;
  std::sort(links.begin(), links.end());
  links.erase(std::unique(links.begin(), links.end()), links.end());
  for (const std::size_t bridge : graph::bridges(nodes.all, links)) {
    const auto& [from, to] = links[bridge];
    found.only_links.emplace_back(from < nodes.services ? std::optional(from) : std::nullopt, to);
  }
  return found;
}

}  // namespace steelyard::app
