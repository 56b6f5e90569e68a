#include "models/graph.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/depth_first_search.hpp>
#include <boost/graph/topological_sort.hpp>

namespace steelyard::graph {
namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;

Graph graph_of(std::size_t nodes, const Edges& edges) {
  return {edges.begin(), edges.end(), nodes};
}

// Follows the search tree. An edge back to a node that is still being visited closes a cycle.
class CycleFinder : public boost::default_dfs_visitor {
 public:
  CycleFinder(std::vector<std::size_t>& parent, std::vector<std::size_t>& cycle)
      : parent_(&parent), cycle_(&cycle) {}

  void tree_edge(const Graph::edge_descriptor& edge, const Graph& graph) {
    (*parent_)[target(edge, graph)] = source(edge, graph);
  }
  void back_edge(const Graph::edge_descriptor& edge, const Graph& graph) {
    if (!cycle_->empty()) return;
    const std::size_t entry = target(edge, graph);
    cycle_->push_back(entry);
    for (std::size_t node = source(edge, graph); node != entry; node = (*parent_)[node])
      cycle_->push_back(node);
    cycle_->push_back(entry);
    std::reverse(cycle_->begin(), cycle_->end());
  }

 private:
  std::vector<std::size_t>* parent_;  // the visitor is copied by Boost; these are shared
  std::vector<std::size_t>* cycle_;
};

}  // namespace

std::vector<std::size_t> find_cycle(std::size_t nodes, const Edges& edges) {
  std::vector<std::size_t> parent(nodes);
  std::vector<std::size_t> cycle;
  boost::depth_first_search(graph_of(nodes, edges), boost::visitor(CycleFinder(parent, cycle)));
  return cycle;
}

std::optional<std::vector<std::size_t>> topological_order(std::size_t nodes, const Edges& edges) {
  if (!find_cycle(nodes, edges).empty()) return std::nullopt;
  std::vector<std::size_t> order;
  order.reserve(nodes);
  const Graph graph = graph_of(nodes, edges);
  boost::topological_sort(graph, std::back_inserter(order));
  std::reverse(order.begin(), order.end());  // Boost puts the called ones first
  return order;
}

std::optional<std::vector<std::size_t>> layers(std::size_t nodes, const Edges& edges) {
  const auto order = topological_order(nodes, edges);
  if (!order) return std::nullopt;
  const Graph graph = graph_of(nodes, edges);
  std::vector<std::size_t> layer(nodes, 0);
  for (const std::size_t caller : *order)
    for (const auto callee : boost::make_iterator_range(boost::adjacent_vertices(caller, graph)))
      layer[callee] = std::max(layer[callee], layer[caller] + 1);
  return layer;
}

}  // namespace steelyard::graph
