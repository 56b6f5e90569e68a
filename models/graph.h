// Questions about directed graphs: who calls whom, in which order, and is there a way back?
//
// Nodes are 0..nodes-1; an edge (a, b) says that a calls b. Parallel edges are allowed. REQUIRES:
// every edge's ends are nodes. Answers depend only on the arguments, never on addresses or hashes.
// Work is done by Boost.Graph, O(nodes + edges), without recursion.
#pragma once

#include <cstddef>
#include <cstdint>
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

// Nodes, in ascending order, without which their part of the graph falls apart, whichever way edges
// point. [Hopcroft, Tarjan 1973]
std::vector<std::size_t> articulation_points(std::size_t nodes, const Edges& edges);

// Positions in `edges`, in ascending order, of those without which their part falls apart: nothing
// else joins their ends, whichever way edges point.
std::vector<std::size_t> bridges(std::size_t nodes, const Edges& edges);

// For each node, those on every way from `root` to it, root first and itself last; empty for nodes
// that no way leads to. [Lengauer, Tarjan 1979] O(nodes^2), for the length of the answer.
std::vector<std::vector<std::size_t>> dominators(std::size_t nodes, const Edges& edges,
                                                 std::size_t root);

// The cheapest set of nodes, in ascending order, without which no way leads from `from` to `to`.
struct Cut {
  std::vector<std::size_t> nodes;
  std::int64_t cost = 0;
};
// `costs` says what each node costs. Nothing if nothing is enough: an edge leads from one to the
// other. Neither end is cut. [Menger; Ford, Fulkerson 1956] REQUIRES: a cost >= 0 for each node,
// all together below 2^62; from != to.
std::optional<Cut> minimum_cut(std::size_t nodes, const Edges& edges,
                               const std::vector<std::int64_t>& costs, std::size_t from,
                               std::size_t to);

}  // namespace steelyard::graph
