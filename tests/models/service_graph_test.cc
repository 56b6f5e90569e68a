// Small call graphs by hand, and against drawing the calls of many requests.
#include "models/service_graph.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.h"

namespace steelyard::graph {
namespace {

// orders 0 calls users 1, then inventory 2 and payments 3 (30%) at once; both call the store 4.
const ServiceCalls kShop{{{{1}}, {{2}, {3, 0.3}}}, {}, {{{4}}}, {{{4}}}, {}};

TEST(ServiceGraph, SaysWhoNeedsWhom) {
  EXPECT_EQ(chance_to_need(kShop, 1), (std::vector<double>{1, 1, 0, 0, 0}));
  EXPECT_EQ(chance_to_need(kShop, 4), (std::vector<double>{1, 0, 1, 1, 1}));
  EXPECT_NEAR(chance_to_need(kShop, 3)[0], 0.3, 1e-15);
  EXPECT_EQ(callers_first(kShop).front(), 0u);
  EXPECT_EQ(edges_of(kShop).size(), 5u);
}

// Two calls of one half each: one of them is made three times in four.
TEST(ServiceGraph, CountsEachDrawForItself) {
  EXPECT_EQ(chance_to_need({{{{1, 0.5}}, {{1, 0.5}}}, {}}, 1)[0], 0.75);
}

// 4 of orders, 5 of users, then the longer of 3 + 2 and .3 * (10 + 2): 14 in all.
TEST(CriticalPath, FollowsTheSlowestOfCallsMadeAtOnce) {
  const CriticalPath path = critical_path(kShop, {4, 5, 3, 10, 2}, 0);
  EXPECT_NEAR(path.total, 14, 1e-14);
  ASSERT_EQ(path.steps.size(), 4u);
  EXPECT_EQ(path.steps[0].service, 0u);
  double sum = 0;
  for (const CriticalPath::Step& step : path.steps) {
    EXPECT_NE(step.service, 3u);
    sum += step.time;
  }
  EXPECT_NEAR(sum, 14, 1e-14);
  // Payments of 20: .3 * 22 = 6.6 is more than 5.
  EXPECT_NEAR(critical_path(kShop, {4, 5, 3, 20, 2}, 0).total, 15.6, 1e-14);
}

// A service called twice in a row, by way of another that calls it three times: 2 + 3 visits.
TEST(CriticalPath, CountsEveryVisit) {
  const CriticalPath path =
      critical_path({{{{2}}, {{1}}, {{2}}}, {{{2}}, {{2}}, {{2}}}, {}}, {1, 1, 1}, 0);
  EXPECT_NEAR(path.total, 7, 1e-14);
  EXPECT_NEAR(path.steps.back().visits, 5, 1e-14);
}

ServiceCalls random_calls(RandomStream& random) {
  ServiceCalls calls(2 + random.below(6));
  for (std::size_t service = 0; service + 1 < calls.size(); ++service)
    for (std::uint64_t stage = random.below(3); stage > 0; --stage) {
      calls[service].emplace_back();
      for (std::uint64_t call = 1 + random.below(2); call > 0; --call)
        calls[service].back().push_back({service + 1 + random.below(calls.size() - 1 - service),
                                         random.below(2) == 0 ? 1 : random.uniform_open()});
    }
  return calls;
}

bool needs(const ServiceCalls& calls, std::size_t service, std::size_t lost, RandomStream& random) {
  bool needed = service == lost;
  for (const auto& stage : calls[service])
    for (const ServiceCall& call : stage)
      if (random.uniform_open() < call.probability) needed |= needs(calls, call.to, lost, random);
  return needed;
}

// 4,000 requests drawn call by call: a share is off by more than .04 = 5 standard deviations of at
// most sqrt(.25/4000) in one of 1.7 million.
TEST(ServiceGraph, AgreesWithRequestsDrawnCallByCall) {
  RandomStream random(84);
  for (int round = 0; round < 20; ++round) {
    const ServiceCalls calls = random_calls(random);
    const std::size_t lost = calls.size() - 1;
    int hit = 0;
    for (int request = 0; request < 4000; ++request) hit += needs(calls, 0, lost, random) ? 1 : 0;
    EXPECT_NEAR(chance_to_need(calls, lost)[0], hit / 4000.0, 0.04) << "seed 84, round " << round;
  }
}

}  // namespace
}  // namespace steelyard::graph
