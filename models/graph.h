// Questions about directed graphs: who calls whom, in which order, and is there a way back?
//
// Nodes are 0..nodes-1; an edge (a, b) says that a calls b. Parallel edges are allowed. REQUIRES:
// every edge's ends are nodes. Answers depend only on the arguments, never on addresses or hashes.
// Work is done by Boost.Graph, O(nodes + edges), without recursion.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace steelyard::graph {

using Edges = std::vector<std::pair<std::size_t, std::size_t>>;

// A cycle as the nodes along it, the first repeated at the end: {1, 2, 1}; a node that calls itself
// gives {1, 1}. Empty if there is none.
std::vector<std::size_t> find_cycle(std::size_t nodes, const Edges& edges);

// Every caller before those it calls; nothing if there is a cycle.
std::optional<std::vector<std::size_t>> topological_order(std::size_t nodes, const Edges& edges);

// For drawing from left to right: a node nobody calls is in layer 0, any other one layer behind the
// last of its callers. Nothing if there is a cycle.
std::optional<std::vector<std::size_t>> layers(std::size_t nodes, const Edges& edges);

}  // namespace steelyard::graph
