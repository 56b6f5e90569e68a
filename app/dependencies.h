// What a scenario's clients cannot do without: services that all their requests need, and how many
// instances stand between a client and a store.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "app/traffic.h"
#include "models/graph.h"

namespace steelyard::app {

// What is lost with a service.
struct Loss {
  std::vector<double> of_clients;   // share of each client's requests that fails
  std::vector<double> of_services;  // share of each service's requests; 1 for itself
};

// A service that calls nobody, as a client sees it.
struct WayToStore {
  std::size_t client = 0;
  std::size_t store = 0;
  std::vector<std::size_t> passes;  // services on every way, the store last
  // The fewest instances without which no way is left, and whose they are.
  graph::Cut instances;
};

struct Dependencies {
  std::vector<Loss> losses;  // for each service
  std::vector<WayToStore> ways;
  // Calls without which a service is cut off from the rest: (caller, callee), a client's call has
  // no caller.
  std::vector<std::pair<std::optional<std::size_t>, std::size_t>> only_links;
};

Dependencies dependencies_of(const Traffic& traffic);

}  // namespace steelyard::app
