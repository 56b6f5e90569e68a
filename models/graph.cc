#include "models/graph.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/biconnected_components.hpp>
#include <boost/graph/depth_first_search.hpp>
#include <boost/graph/dominator_tree.hpp>
#include <boost/graph/edmonds_karp_max_flow.hpp>
#include <boost/graph/topological_sort.hpp>
#include <iterator>
#include <map>
#include <numeric>

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

namespace {

// Whichever way edges point, and once however many there are: what leads from a node to itself, or
// to where another does, Boost's search does not count as a second way.
using Joined =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, boost::no_property,
                          boost::property<boost::edge_index_t, std::size_t>>;
using Pair = std::pair<std::size_t, std::size_t>;
using Pairs = std::map<Pair, std::vector<std::size_t>>;  // positions of the edges that join them

Pairs pairs_of(const Edges& edges) {
  Pairs pairs;
  for (std::size_t i = 0; i < edges.size(); ++i)
    if (edges[i].first != edges[i].second)
      pairs[std::minmax(edges[i].first, edges[i].second)].push_back(i);
  return pairs;
}

Joined joined(std::size_t nodes, const Pairs& pairs) {
  Joined graph(nodes);
  std::size_t index = 0;
  for (const auto& [pair, edges] : pairs) boost::add_edge(pair.first, pair.second, index++, graph);
  return graph;
}

}  // namespace

std::vector<std::size_t> articulation_points(std::size_t nodes, const Edges& edges) {
  std::vector<std::size_t> points;
  boost::articulation_points(joined(nodes, pairs_of(edges)), std::back_inserter(points));
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  return points;
}

// An edge that is a biconnected component by itself.
std::vector<std::size_t> bridges(std::size_t nodes, const Edges& edges) {
  const Pairs pairs = pairs_of(edges);
  const Joined graph = joined(nodes, pairs);
  std::vector<std::size_t> component(pairs.size(), 0);
  const std::size_t components = boost::biconnected_components(
      graph,
      boost::make_iterator_property_map(component.begin(), boost::get(boost::edge_index, graph)));
  std::vector<std::size_t> size(components + 1, 0);
  for (const std::size_t each : component) ++size[each];
  std::vector<std::size_t> found;
  std::size_t index = 0;
  for (const auto& [pair, positions] : pairs)
    if (size[component[index++]] == 1 && positions.size() == 1) found.push_back(positions.front());
  std::sort(found.begin(), found.end());
  return found;
}

// Boost's algorithm wants to reach every node that an edge leaves.
std::vector<std::vector<std::size_t>> dominators(std::size_t nodes, const Edges& edges,
                                                 std::size_t root) {
  using Both = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS>;
  std::vector<boost::default_color_type> reached(nodes, boost::white_color);
  boost::depth_first_visit(graph_of(nodes, edges), root, boost::default_dfs_visitor(),
                           reached.data());
  Both graph(nodes);
  for (const auto& [a, b] : edges)
    if (reached[a] != boost::white_color) boost::add_edge(a, b, graph);
  const std::size_t none = Both::null_vertex();
  std::vector<std::size_t> immediate(nodes, none);
  boost::lengauer_tarjan_dominator_tree(
      graph, root,
      boost::make_iterator_property_map(immediate.begin(), boost::get(boost::vertex_index, graph)));
  std::vector<std::vector<std::size_t>> chains(nodes);
  for (std::size_t node = 0; node < nodes; ++node) {
    if (node != root && immediate[node] == none) continue;
    for (std::size_t at = node; at != root; at = immediate[at]) chains[node].push_back(at);
    chains[node].push_back(root);
    std::reverse(chains[node].begin(), chains[node].end());
  }
  return chains;
}

namespace {

using FlowTraits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
using FlowGraph = boost::adjacency_list<
    boost::vecS, boost::vecS, boost::directedS, boost::no_property,
    boost::property<
        boost::edge_capacity_t, std::int64_t,
        boost::property<boost::edge_residual_capacity_t, std::int64_t,
                        boost::property<boost::edge_reverse_t, FlowTraits::edge_descriptor>>>>;

void add_flow_edge(std::size_t from, std::size_t to, std::int64_t capacity, FlowGraph& graph) {
  const auto there = boost::add_edge(from, to, graph).first;
  const auto back = boost::add_edge(to, from, graph).first;
  boost::put(boost::edge_capacity, graph, there, capacity);
  boost::put(boost::edge_capacity, graph, back, 0);
  boost::put(boost::edge_reverse, graph, there, back);
  boost::put(boost::edge_reverse, graph, back, there);
}

}  // namespace

// Every node becomes two with an edge between them that carries its cost; all else carries more
// than that. What the source still reaches when the flow is greatest lies on its side of the cut.
std::optional<Cut> minimum_cut(std::size_t nodes, const Edges& edges,
                               const std::vector<std::int64_t>& costs, std::size_t from,
                               std::size_t to) {
  const std::int64_t uncut = std::accumulate(costs.begin(), costs.end(), std::int64_t{1});
  const auto entrance = [](std::size_t node) { return 2 * node; };
  const auto exit = [](std::size_t node) { return 2 * node + 1; };
  FlowGraph graph(2 * nodes);
  for (std::size_t node = 0; node < nodes; ++node)
    add_flow_edge(entrance(node), exit(node), costs[node], graph);
  for (const auto& [a, b] : edges) {
    if (a == from && b == to) return std::nullopt;
    add_flow_edge(exit(a), entrance(b), uncut, graph);
  }
  std::vector<boost::default_color_type> reached(2 * nodes);
  std::vector<FlowTraits::edge_descriptor> before(2 * nodes);
  Cut cut;
  cut.cost = boost::edmonds_karp_max_flow(
      graph, exit(from), entrance(to), boost::get(boost::edge_capacity, graph),
      boost::get(boost::edge_residual_capacity, graph), boost::get(boost::edge_reverse, graph),
      reached.data(), before.data());
  const auto on_our_side = [&](std::size_t node) { return reached[node] != boost::white_color; };
  for (std::size_t node = 0; node < nodes; ++node)
    if (on_our_side(entrance(node)) && !on_our_side(exit(node)) && node != from)
      cut.nodes.push_back(node);
  return cut;
}

}  // namespace steelyard::graph
