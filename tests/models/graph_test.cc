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

}  // namespace
}  // namespace steelyard::graph
