// Balancers and layers hold what their registration claims of a decision's cost, counted in basic
// blocks and not timed. No list of names here: who claims O(1) or O(log n) is held to it.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/bench/balancers_bench_claim.h"
#include "tests/bench/balancers_bench_load.h"
#include "tests/complexity/block_counter.h"

namespace steelyard::test {
namespace {

using bench::Growth;
using bench::Load;

// As many as there are endpoints at most, so that what is put off and then done for all of them at
// once is counted, too.
constexpr int kRequests = 100000;

// A scan of 100,000 endpoints would otherwise take minutes to be told from what was claimed.
constexpr std::uint64_t kBlocksMax = 200'000'000;

// The mean of a pick, the feedback of an older request and what surrounds them, with a request
// under way for every endpoint.
double blocks_of_a_request(const Load::Make& make, std::size_t endpoints,
                           std::uint32_t weight_max) {
  Load load(make, endpoints, weight_max);
  std::uint64_t before = blocks_executed;
  while (load.fill() && blocks_executed - before < kBlocksMax) {
  }
  before = blocks_executed;
  int requests = 0;
  for (; requests < kRequests && blocks_executed - before < kBlocksMax; ++requests) load.request();
  return static_cast<double>(blocks_executed - before) / requests;
}

// How many times as much work 100,000 endpoints are as 100.
double growth_of(const Load::Make& make, std::uint32_t weight_max) {
  return blocks_of_a_request(make, 100000, weight_max) / blocks_of_a_request(make, 100, weight_max);
}

std::vector<const StrategyInfo*> all_that_claim() {
  std::vector<const StrategyInfo*> claiming;
  for (const StrategyInfo* info : bench::measured())
    if (bench::growth_claimed(*info) != Growth::other) claiming.push_back(info);
  return claiming;
}

class ClaimedCost : public testing::TestWithParam<const StrategyInfo*> {};

// Of a thousand times the endpoints, O(log n) makes log 100,000 / log 100 = 2.5 times the work;
// half as much again for probabilities that settle as n grows. A root of n would make 32, a scan
// 1000.
TEST_P(ClaimedCost, Holds) {
  const bool constant = bench::growth_claimed(*GetParam()) == Growth::constant;
  for (const std::uint32_t weight_max : {1u, 5u}) {
    const double growth = growth_of(bench::maker_of(*GetParam()), weight_max);
    RecordProperty(weight_max == 1 ? "growth" : "growth_weighted", std::to_string(growth));
    EXPECT_LT(growth, constant ? 1.5 : 1.5 * 2.5)
        << "weights up to " << weight_max << "; claimed: " << GetParam()->cost;
  }
}

INSTANTIATE_TEST_SUITE_P(, ClaimedCost, testing::ValuesIn(all_that_claim()),
                         [](const auto& claim) { return claim.param->name; });

// ---- The measure can fail -----------------------------------------------------------------------

class Scan final : public Balancer {
 public:
  void on_endpoints(std::span<const Endpoint>, Instant, RandomStream&) override {}
  std::size_t pick(const Choice& choice) override {
    std::size_t least = 0;
    for (std::size_t i = 1; i < choice.in_flight.size(); ++i)
      if (choice.in_flight[i] < choice.in_flight[least]) least = i;
    return least;
  }
};

TEST(BlockCount, SeesAScan) {
  const auto work = [](std::size_t endpoints) {
    Load load([] { return std::make_unique<Scan>(); }, endpoints, 1);
    load.fill();
    const std::uint64_t before = blocks_executed;
    for (int i = 0; i < 10; ++i) load.request();
    return static_cast<double>(blocks_executed - before);
  };
  EXPECT_GT(work(100000) / work(100), 300);  // 1000, but for what is done whatever n is
}

StrategyInfo costing(const std::string& cost) {
  StrategyInfo info;
  info.cost = cost;
  info.parameters = {parameter::integer("choices", 2, {2, 64}, "How many are drawn."),
                     parameter::integer("candidates", 0, {0, 64}, "How many may be; 0: all.")};
  return info;
}

TEST(Claim, IsTheFirstBoundOfTheCost) {
  EXPECT_EQ(bench::bound_of("O(1 + ln(capacity / n)) expected; O(n) on change"),
            "O(1 + ln(capacity / n))");
  EXPECT_EQ(bench::bound_of("little"), "");
  EXPECT_EQ(bench::growth_claimed(costing("O(log n); O(n) when the set changes")),
            Growth::logarithmic);
}

TEST(Claim, CountsParametersAsConstant) {
  EXPECT_EQ(bench::growth_claimed(costing("O(choices)")), Growth::constant);
  EXPECT_EQ(bench::growth_claimed(costing("O(choices log n)")), Growth::logarithmic);
  EXPECT_EQ(bench::growth_claimed(costing("O(1)")), Growth::constant);
}

TEST(Claim, IsNoneWhereItGrowsOrIsNotRelatedToTheEndpoints) {
  for (const char* cost :
       {"O(n)", "O(n log n)", "O(1 + full endpoints)", "O(probes)", "O(candidates)", ""})
    EXPECT_EQ(bench::growth_claimed(costing(cost)), Growth::other) << cost;
}

}  // namespace
}  // namespace steelyard::test
