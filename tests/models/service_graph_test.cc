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

// 0 calls 1 one time in two, and 1 calls 2, all of them up half of the time: .5 (1 - .5 (1 - .25)).
TEST(ChanceToFail, IsOfServicesThatARequestReallyCalls) {
  const FailureChance chance = chance_to_fail({{{{1, 0.5}}}, {{{2}}}, {}}, {0.5, 0.5, 0.5}, 0);
  EXPECT_NEAR(1 - chance.low, 0.3125, 1e-15);
  EXPECT_EQ(chance.low, chance.high);
}

// Two ways to the same store, surely: it fails once. With one half each: it is called by 3/4.
TEST(ChanceToFail, CountsASharedServiceOnce) {
  const ServiceCalls diamond{{{{1}, {2}}}, {{{3}}}, {{{3}}}, {}};
  EXPECT_NEAR(chance_to_fail(diamond, {0, 0, 0, 0.1}, 0).high, 0.1, 1e-15);
  EXPECT_NEAR(chance_to_fail(diamond, {0, 0.2, 0.2, 0.1}, 0).high, 1 - 0.9 * 0.64, 1e-15);
  EXPECT_NEAR(chance_to_fail({{{{1, 0.5}}, {{1, 0.5}}}, {}}, {0, 0.1}, 0).high, 0.075, 1e-15);
  EXPECT_NEAR(chance_to_fail(diamond, {0, 1e-12, 1e-12, 1e-12}, 0).high / 3e-12, 1, 1e-9);
}

// A chain of 20 services, each of which calls the next twice: more are shared than are gone
// through.
TEST(ChanceToFail, IsBoundedWhereTooManyAreShared) {
  ServiceCalls chain(21);
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) chain[i] = {{{i + 1}}, {{i + 1}}};
  const FailureChance chance = chance_to_fail(chain, std::vector<double>(21, 0.01), 0);
  const double exact = 1 - std::pow(0.99, 21);
  EXPECT_LT(chance.low, exact);
  EXPECT_GT(chance.high, exact);
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
  ASSERT_EQ(path.steps[1].service, 2u);
  EXPECT_NEAR(path.steps[1].visits, 5, 1e-14);
}

// Calls 3, then 1, then 2: whatever their numbers, that is the order of the path.
TEST(CriticalPath, GoesInTheOrderOfTheCalls) {
  const CriticalPath path =
      critical_path({{{{3}}, {{1}}, {{2}}}, {}, {}, {{{2}}}}, {1, 1, 1, 1}, 0);
  std::vector<std::size_t> services;
  for (const CriticalPath::Step& step : path.steps) services.push_back(step.service);
  EXPECT_EQ(services, (std::vector<std::size_t>{0, 3, 2, 1}));
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

// Whether one of the services it calls is down.
bool fails(const ServiceCalls& calls, std::size_t service, const std::vector<bool>& down,
           RandomStream& random) {
  bool failed = down[service];
  for (const auto& stage : calls[service])
    for (const ServiceCall& call : stage)
      if (random.uniform_open() < call.probability) failed |= fails(calls, call.to, down, random);
  return failed;
}

// 4,000 requests, each with states of its own, as below.
TEST(ChanceToFail, AgreesWithRequestsDrawnCallByCall) {
  RandomStream random(85);
  for (int round = 0; round < 20; ++round) {
    const ServiceCalls calls = random_calls(random);
    const std::vector<double> chances(calls.size(), 0.2);
    int failed = 0;
    for (int request = 0; request < 4000; ++request) {
      std::vector<bool> down;
      for (const double chance : chances) down.push_back(random.uniform_open() < chance);
      failed += fails(calls, 0, down, random) ? 1 : 0;
    }
    EXPECT_NEAR(chance_to_fail(calls, chances, 0).high, failed / 4000.0, 0.04)
        << "seed 85, round " << round;
  }
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
