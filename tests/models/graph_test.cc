#include "models/graph.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/random.h"

namespace steelyard::graph {
namespace {

using Nodes = std::vector<std::size_t>;

// Follows the answer along the edges: it must be a way back to where it began.
void expect_cycle(const Nodes& cycle, const Edges& edges) {
  ASSERT_GE(cycle.size(), 2u);
  EXPECT_EQ(cycle.front(), cycle.back());
  for (std::size_t i = 0; i + 1 < cycle.size(); ++i)
    EXPECT_NE(std::find(edges.begin(), edges.end(), std::pair(cycle[i], cycle[i + 1])),
              edges.end());
}

TEST(Graph, WithoutEdgesHasNoCycle) {
  EXPECT_EQ(find_cycle(0, {}), Nodes{});
  EXPECT_EQ(find_cycle(3, {}), Nodes{});
  EXPECT_EQ(*layers(3, {}), (Nodes{0, 0, 0}));
}

// users 0, orders 1, inventory 2: orders calls inventory calls orders.
TEST(Graph, NamesTheCycleAlongItsEdges) {
  EXPECT_EQ(find_cycle(3, {{0, 1}, {1, 2}, {2, 1}}), (Nodes{1, 2, 1}));
}

TEST(Graph, FindsANodeThatCallsItself) {
  EXPECT_EQ(find_cycle(2, {{0, 1}, {1, 1}}), (Nodes{1, 1}));
}

// A diamond has two ways to one node, and none back.
TEST(Graph, DoesNotMistakeADiamondForACycle) {
  const Edges diamond{{0, 1}, {0, 2}, {1, 3}, {2, 3}, {0, 3}, {0, 3}};
  EXPECT_EQ(find_cycle(4, diamond), Nodes{});
  EXPECT_EQ(*layers(4, diamond), (Nodes{0, 1, 1, 2}));
}

TEST(Graph, FindsACycleThatNothingLeadsTo) {
  const Edges edges{{0, 1}, {2, 3}, {3, 4}, {4, 2}};
  const Nodes cycle = find_cycle(5, edges);
  expect_cycle(cycle, edges);
  EXPECT_EQ(cycle.size(), 4u);
}

TEST(Graph, HasNoOrderWithACycle) {
  const Edges edges{{0, 1}, {1, 0}};
  EXPECT_FALSE(topological_order(2, edges).has_value());
  EXPECT_FALSE(layers(2, edges).has_value());
}

// The layer is that of the longest way: 0 -> 1 -> 2 -> 3 beats 0 -> 3.
TEST(Graph, DrawsEveryCallFromLeftToRight) {
  const Edges edges{{0, 3}, {0, 1}, {1, 2}, {2, 3}, {4, 2}};
  EXPECT_EQ(*layers(5, edges), (Nodes{0, 1, 2, 3, 0}));
}

// Random graphs: edges only upwards have no cycle, and every order respects them; with one edge
// more, from the end of a path to its beginning, there is one.
TEST(Graph, OrdersCallersBeforeCallees) {
  RandomStream random(80);
  for (int round = 0; round < 200; ++round) {
    const std::size_t nodes = 2 + random.below(30);
    Edges edges;
    for (std::size_t i = 0; i < 2 * nodes; ++i) {
      const std::size_t a = random.below(nodes - 1);
      edges.emplace_back(a, a + 1 + random.below(nodes - 1 - a));
    }
    ASSERT_EQ(find_cycle(nodes, edges), Nodes{}) << "seed 80, round " << round;
    const Nodes order = *topological_order(nodes, edges);
    const Nodes layer = *layers(nodes, edges);
    Nodes position(nodes);
    ASSERT_EQ(order.size(), nodes);
    for (std::size_t i = 0; i < nodes; ++i) position[order[i]] = i;
    for (const auto& [a, b] : edges) {
      ASSERT_LT(position[a], position[b]) << "seed 80, round " << round;
      ASSERT_LT(layer[a], layer[b]) << "seed 80, round " << round;
    }
    edges.emplace_back(edges.front().second, edges.front().first);
    expect_cycle(find_cycle(nodes, edges), edges);
  }
}

// A chain of 100,000: the search does not recurse.
TEST(Graph, SurvivesALongChain) {
  constexpr std::size_t kNodes = 100'000;
  Edges chain;
  for (std::size_t i = 0; i + 1 < kNodes; ++i) chain.emplace_back(i, i + 1);
  EXPECT_EQ(layers(kNodes, chain)->back(), kNodes - 1);
  chain.emplace_back(kNodes - 1, 0);
  EXPECT_EQ(find_cycle(kNodes, chain).size(), kNodes + 1);
}

// ---- What holds a graph together
// ------------------------------------------------------------------------------------------------

// Parts of the graph, whichever way edges point, without the nodes of which `gone` is true.
std::size_t parts(std::size_t nodes, const Edges& edges, const std::vector<bool>& gone) {
  std::vector<std::size_t> part(nodes);
  for (std::size_t i = 0; i < nodes; ++i) part[i] = i;
  for (std::size_t round = 0; round < nodes; ++round)
    for (const auto& [a, b] : edges)
      if (!gone[a] && !gone[b]) part[a] = part[b] = std::min(part[a], part[b]);
  std::size_t count = 0;
  for (std::size_t i = 0; i < nodes; ++i) count += !gone[i] && part[i] == i ? 1 : 0;
  return count;
}

bool leads(std::size_t nodes, const Edges& edges, const std::vector<bool>& gone, std::size_t from,
           std::size_t to) {
  std::vector<bool> reached(nodes, false);
  reached[from] = !gone[from];
  for (std::size_t round = 0; round < nodes; ++round)
    for (const auto& [a, b] : edges)
      if (reached[a] && !gone[b]) reached[b] = true;
  return reached[to];
}

Edges random_edges(std::size_t nodes, std::size_t count, RandomStream& random) {
  Edges edges;
  for (std::size_t i = 0; i < count; ++i)
    edges.emplace_back(random.below(nodes), random.below(nodes));
  return edges;
}

// client 0 calls orders 1, which calls users 2 and inventory 3, and that the store 4.
TEST(ArticulationPoints, HoldAShopTogether) {
  const Edges shop{{0, 1}, {1, 2}, {1, 3}, {3, 4}};
  EXPECT_EQ(articulation_points(5, shop), (Nodes{1, 3}));
  EXPECT_EQ(bridges(5, shop), (Nodes{0, 1, 2, 3}));
  // With a second way to the store, and a doubled call, only the rest is left.
  const Edges better{{0, 1}, {0, 1}, {1, 2}, {1, 3}, {3, 4}, {2, 4}};
  EXPECT_EQ(articulation_points(5, better), Nodes{1});
  EXPECT_EQ(bridges(5, better), Nodes{});
}

// By definition: without an articulation point there are more parts (of what is left), without a
// bridge one more.
TEST(ArticulationPoints, AreThoseWithoutWhichThereAreMoreParts) {
  RandomStream random(81);
  for (int round = 0; round < 300; ++round) {
    const std::size_t nodes = 2 + random.below(9);
    const Edges edges = random_edges(nodes, random.below(14), random);
    std::vector<bool> gone(nodes, false);
    const std::size_t whole = parts(nodes, edges, gone);
    Nodes points;
    for (std::size_t node = 0; node < nodes; ++node) {
      gone[node] = true;
      if (parts(nodes, edges, gone) > whole) points.push_back(node);
      gone[node] = false;
    }
    EXPECT_EQ(articulation_points(nodes, edges), points) << "seed 81, round " << round;
    Nodes cutting;
    for (std::size_t i = 0; i < edges.size(); ++i) {
      Edges rest = edges;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
      if (parts(nodes, rest, gone) > whole) cutting.push_back(i);
    }
    EXPECT_EQ(bridges(nodes, edges), cutting) << "seed 81, round " << round;
  }
}

// By definition: without a dominator there is no way from the root.
TEST(Dominators, AreOnEveryWay) {
  RandomStream random(82);
  for (int round = 0; round < 300; ++round) {
    const std::size_t nodes = 2 + random.below(9);
    const Edges edges = random_edges(nodes, random.below(20), random);
    const auto chains = dominators(nodes, edges, 0);
    for (std::size_t node = 0; node < nodes; ++node) {
      Nodes expected;
      std::vector<bool> gone(nodes, false);
      if (leads(nodes, edges, gone, 0, node))
        for (std::size_t each = 0; each < nodes; ++each) {
          gone[each] = true;
          if (!leads(nodes, edges, gone, 0, node)) expected.push_back(each);
          gone[each] = false;
        }
      Nodes found = chains[node];
      if (!found.empty()) {
        EXPECT_EQ(found.front(), 0u);
        EXPECT_EQ(found.back(), node);
      }
      std::sort(found.begin(), found.end());
      EXPECT_EQ(found, expected) << "seed 82, round " << round;
    }
  }
}

// By trying every set of nodes.
TEST(MinimumCut, IsTheCheapestOfAllSets) {
  RandomStream random(83);
  for (int round = 0; round < 300; ++round) {
    const std::size_t nodes = 3 + random.below(6);
    const Edges edges = random_edges(nodes, random.below(20), random);
    std::vector<std::int64_t> costs;
    for (std::size_t i = 0; i < nodes; ++i)
      costs.push_back(1 + static_cast<std::int64_t>(random.below(5)));
    const auto found = minimum_cut(nodes, edges, costs, 0, 1);
    std::int64_t cheapest = -1;
    for (std::size_t set = 0; set < std::size_t{1} << (nodes - 2); ++set) {
      std::vector<bool> gone(nodes, false);
      std::int64_t cost = 0;
      for (std::size_t i = 2; i < nodes; ++i)
        if ((set >> (i - 2) & 1) == 1) {
          gone[i] = true;
          cost += costs[i];
        }
      if (!leads(nodes, edges, gone, 0, 1) && (cheapest < 0 || cost < cheapest)) cheapest = cost;
    }
    ASSERT_EQ(found.has_value(), cheapest >= 0) << "seed 83, round " << round;
    if (!found) continue;
    EXPECT_EQ(found->cost, cheapest) << "seed 83, round " << round;
    std::vector<bool> gone(nodes, false);
    std::int64_t cost = 0;
    for (const std::size_t node : found->nodes) {
      gone[node] = true;
      cost += costs[node];
    }
    EXPECT_EQ(cost, cheapest);
    EXPECT_FALSE(leads(nodes, edges, gone, 0, 1));
  }
}

}  // namespace
}  // namespace steelyard::graph
