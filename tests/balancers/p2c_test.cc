#include <algorithm>

#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

Picker::Entries choices(std::int64_t count) { return {{"choices", {count}}}; }
const Picker::Entries kReplacement{{"replacement", {true}}};

// Two distinct draws: the busiest of three always loses its duel.
TEST(P2c, NeverPicksTheBusiestOfThree) {
  Picker picker("p2c", weighted({1, 1, 1}));
  picker.set_in_flight({1, 9, 2});
  EXPECT_EQ(picker.counts(1000)[1], 0);
}

// The pairs ab, ac, bc are equally likely; a wins two of them and c one. 30,000 picks,
// deviation 82.
TEST(P2c, TheLeastLoadedOfThreeWinsTwoThirds) {
  Picker picker("p2c", weighted({1, 1, 1}));
  picker.set_in_flight({1, 9, 2});
  EXPECT_NEAR(picker.counts(30000)[0], 20000, 330);
}

// With replacement the busier of two is picked when it is drawn twice: a quarter of 40,000,
// deviation 87. Envoy and gRPC do this.
TEST(P2c, WithReplacementTheBusierOfTwoKeepsAQuarter) {
  Picker picker("p2c", weighted({1, 1}), kReplacement);
  picker.set_in_flight({5, 0});
  EXPECT_NEAR(picker.counts(40000)[0], 10000, 350);
}

TEST(P2c, AsManyChoicesAsEndpointsIsAFullScan) {
  Picker picker("p2c", weighted({1, 1, 1, 1, 1}), choices(64));
  picker.set_in_flight({4, 3, 2, 1, 2});
  EXPECT_EQ(picker.counts(1000)[3], 1000);
}

// Three distinct draws of four always meet one of the two least loaded: c and d never win.
TEST(P2c, ThreeDistinctChoicesOfFourNeverPickTheTwoBusiest) {
  Picker picker("p2c", weighted({1, 1, 1, 1}), choices(3));
  picker.set_in_flight({1, 2, 3, 4});
  const auto counts = picker.counts(20000);
  EXPECT_EQ(counts[2] + counts[3], 0);
  // b wins only when a is not drawn: one set of four. Deviation sqrt(20000 * 3/16) = 61.
  EXPECT_NEAR(counts[1], 5000, 250);
}

// At equal loads the first drawn wins: 5:1:1 of 70,000; deviations 120 and 93.
TEST(P2c, IdleEndpointsGetPicksByWeight) {
  Picker picker("p2c", weighted({5, 1, 1}));
  const auto counts = picker.counts(70000);
  EXPECT_NEAR(counts[0], 50000, 480);
  EXPECT_NEAR(counts[1], 10000, 370);
}

// b wins whenever it is drawn: first, 1/7; after a, 5/7 * 1/2; after c, 1/7 * 1/6; in all 11/21.
// 40,000 picks: 20,952, deviation 100.
TEST(P2c, TheSecondDrawIsByWeightAmongTheOthers) {
  Picker picker("p2c", weighted({5, 1, 1}));
  picker.set_in_flight({999, 0, 999});
  EXPECT_NEAR(picker.counts(40000)[1], 20952, 400);
}

// Loads 4/4 = 1 and 2/1 = 2: the heavier wins although it has more in flight.
TEST(P2c, ComparesLoadsDividedByWeight) {
  Picker picker("p2c", weighted({4, 1}));
  picker.set_in_flight({4, 2});
  EXPECT_EQ(picker.counts(1000)[0], 1000);
}

// The second draw leaves the first out, however heavy it is: b is always one of the two, so when a
// is busy b always wins. A loop that draws until the two differ would take 2^32 rounds here.
TEST(P2c, DistinctDrawsEndEvenWhenOneHasNearlyAllTheWeight) {
  Picker picker("p2c", weighted({4294967295, 1}));
  picker.set_in_flight({4294967295, 0});
  EXPECT_EQ(picker.counts(1000)[1], 1000);
}

// c has no weight, so two choices are all there are even when five are asked for.
TEST(P2c, WeightZeroIsNotDrawn) {
  Picker picker("p2c", weighted({2, 1, 0}), choices(5));
  picker.set_in_flight({9, 9, 0});
  EXPECT_EQ(picker.counts(1000)[2], 0);
}

TEST(P2c, TwoDrawsAPickForEqualEndpoints) {
  Picker picker("p2c", weighted({1, 1, 1}));
  RandomStream twin = picker.random;
  picker.pick();
  twin.next();
  twin.next();
  EXPECT_EQ(picker.random.next(), twin.next());
}

// Of the six pairs of four, three have a given endpoint: drawn in half of 40,000; deviation 100.
TEST(P2c, EveryEndpointIsInHalfThePairsOfFour) {
  for (std::size_t busy = 0; busy < 4; ++busy) {
    Picker picker("p2c", weighted({1, 1, 1, 1}));
    std::vector<std::uint32_t> in_flight(4, 9);
    in_flight[busy] = 0;  // wins whenever it is drawn: half of all pairs
    picker.set_in_flight(in_flight);
    EXPECT_NEAR(picker.counts(40000)[busy], 20000, 400);
  }
}

// One draw and the memory. c, idle, is the least loaded of all: it loses only until it was drawn
// once, and as no request stays, from then on it is remembered and always wins.
TEST(P2c, WithMemoryTheLeastLoadedStaysACandidate) {
  Picker picker("p2c", weighted({1, 1, 1}), {{"choices", {std::int64_t{1}}}, {"memory", {true}}});
  picker.set_in_flight({5, 5, 0});
  while (picker.pick() != 2) {
  }
  EXPECT_EQ(picker.counts(1000)[2], 1000);
}

// a and b are idle, c is busy. If the first two drawn are a and b, a third of all cases, the one
// that is not picked is the lesser once the request is placed; it is remembered and gets the
// second. Else the second draw has it in two of three cases: in all 1/3 + 2/3 * 2/3 = 7/9 of 9000,
// deviation
// 39. Remembered before the request counts, it would be the one picked first: 2/3.
TEST(P2c, WithMemoryTheRequestCountsBeforeTheLeastIsRemembered) {
  int both = 0;
  for (std::uint64_t seed = 0; seed < 9000; ++seed) {
    Picker picker("p2c", weighted({1, 1, 1}), {{"memory", {true}}}, seed);
    picker.set_in_flight({0, 0, 9});
    both += picker.send() != picker.send() ? 1 : 0;
  }
  EXPECT_NEAR(both, 7000, 160);
}

// The paper's balls into bins: n balls, n bins, and the fullest bin. One choice and memory is as
// good as two choices or better, and both far better than one: for n = 10,000 random gives about 7,
// two choices 3 or 4.
TEST(P2c, OneDrawWithMemoryFillsBinsAsEvenlyAsTwoDraws) {
  const auto fullest = [](const Picker::Entries& settings) {
    Picker picker("p2c", {}, settings);
    picker.set_idle_endpoints(hosts(1, 10000));
    for (int ball = 0; ball < 10000; ++ball) picker.send();
    return *std::max_element(picker.in_flight().begin(), picker.in_flight().end());
  };
  const std::uint32_t two_draws = fullest({});
  const std::uint32_t memory = fullest({{"choices", {std::int64_t{1}}}, {"memory", {true}}});
  EXPECT_LE(memory, two_draws);
  EXPECT_LE(two_draws, 4u);
  EXPECT_GE(fullest(choices(1)), 6u);
}

const Picker::Entries kReported{{"load", {std::string("reported")}}};

// A request of ours is answered at b, which says that it has 4; a has 3 of ours. Two more sent to
// a make it the busier: 5 against 4.
TEST(P2c, GoesByWhatServersReportIfAsked) {
  Picker picker("p2c", weighted({1, 1}), kReported);
  picker.set_in_flight({3, 1});
  picker.report.in_flight = 4;
  picker.finish(1, 1ms);
  EXPECT_EQ(picker.counts(100)[0], 100);
  picker.set_in_flight({5, 0});
  EXPECT_EQ(picker.counts(100)[1], 100);
}

// What it had besides ours, 4 - 1, it still has; ours are counted as they are: 3 + 2 against 4.
TEST(P2c, AddsWhatWasSentSinceTheReport) {
  Picker picker("p2c", weighted({1, 1}), kReported);
  picker.set_in_flight({4, 2});
  picker.report.in_flight = 4;
  picker.finish(1, 1ms);
  picker.pick();  // both are looked at: one of ours is at b
  picker.set_in_flight({4, 0});
  EXPECT_EQ(picker.counts(100)[1], 100) << "3 + 0";
  picker.set_in_flight({4, 2});
  EXPECT_EQ(picker.counts(100)[0], 100) << "3 + 2";
}

TEST(P2c, ForgetsAReportWhenItIsOld) {
  Picker picker("p2c", weighted({1, 1}), kReported);
  picker.set_in_flight({1, 1});
  picker.report.in_flight = 100;
  picker.finish(1, 1ms);
  picker.now += 1s;
  EXPECT_EQ(picker.counts(100)[0], 100);
  picker.now += 1ns;
  EXPECT_EQ(picker.counts(100)[1], 100);
}

TEST(P2c, AReportFollowsItsEndpoint) {
  Picker picker("p2c", weighted({1, 1, 1}), kReported);
  picker.set_in_flight({0, 0, 1});
  picker.report.in_flight = 9;
  picker.finish(2, 1ms);
  const auto e = picker.endpoints();
  picker.set_endpoints({e[2], e[1]});
  EXPECT_EQ(picker.counts(100)[1], 100);
}

}  // namespace
}  // namespace steelyard::test
