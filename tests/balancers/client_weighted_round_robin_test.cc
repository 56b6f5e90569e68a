#include <set>

#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

constexpr const char* kName = "client_weighted_round_robin";
const Picker::Entries kNoBlackout{{"blackout_period", {Duration(0s)}}};

// A request is answered, with this report.
void hear(Picker& picker, std::size_t position, const LoadReport& report) {
  auto in_flight = picker.in_flight();
  ++in_flight[position];
  picker.set_in_flight(in_flight);
  picker.report = report;
  picker.finish(position, 1ms);
}
LoadReport busy(double requests_per_second, double utilisation) {
  return {.utilisation = utilisation, .requests_per_second = requests_per_second};
}

void next_update(Picker& picker) { picker.now += 1s; }

// A weight w of 65535 is taken in w rounds of 65535, so shares of many picks are exact to one in
// ten thousand.
void expect_shares(Picker& picker, const std::vector<double>& shares) {
  const auto counts = picker.counts(60000);
  for (std::size_t i = 0; i < shares.size(); ++i)
    EXPECT_NEAR(counts[i] / 60000.0, shares[i], 0.0005) << i;
}

// 100 a second at half use is 200, at a quarter use 400.
TEST(ClientWeightedRoundRobin, WeighsByRequestsForEachUnitOfUtilisation) {
  Picker picker(kName, weighted({1, 1}), kNoBlackout);
  hear(picker, 0, busy(100, 0.5));
  hear(picker, 1, busy(100, 0.25));
  next_update(picker);
  expect_shares(picker, {1.0 / 3, 2.0 / 3});
}

// gRPC A58: 100 / (0.5 + 50/100 * 1) = 100 against 100 / 0.5 = 200; with a penalty of 3, 50.
TEST(ClientWeightedRoundRobin, CountsErrorsAsUtilisation) {
  for (const auto& [penalty, share] : {std::pair{1.0, 1.0 / 3}, {3.0, 1.0 / 5}, {0.0, 1.0 / 2}}) {
    Picker picker(kName, weighted({1, 1}),
                  {kNoBlackout[0], {"error_utilisation_penalty", {penalty}}});
    LoadReport failing = busy(100, 0.5);
    failing.errors_per_second = 50;
    hear(picker, 0, failing);
    hear(picker, 1, busy(100, 0.5));
    next_update(picker);
    expect_shares(picker, {share, 1 - share});
  }
}

TEST(ClientWeightedRoundRobin, GoesByTheProcessorIfAsked) {
  Picker picker(kName, weighted({1, 1}), {kNoBlackout[0], {"utilisation", {std::string("cpu")}}});
  hear(picker, 0, {.utilisation = 0.9, .cpu_utilisation = 0.2, .requests_per_second = 10});
  hear(picker, 1, {.utilisation = 0.1, .cpu_utilisation = 0.6, .requests_per_second = 10});
  next_update(picker);
  expect_shares(picker, {0.75, 0.25});
}

// 300 and 100 are known; c gets their mean, 200.
TEST(ClientWeightedRoundRobin, AnUnknownWeightIsTheMean) {
  Picker picker(kName, weighted({1, 1, 1}), kNoBlackout);
  hear(picker, 0, busy(300, 1));
  hear(picker, 1, busy(100, 1));
  next_update(picker);
  expect_shares(picker, {3.0 / 6, 1.0 / 6, 2.0 / 6});
}

TEST(ClientWeightedRoundRobin, WithFewerThanTwoWeightsAllTakeTurns) {
  Picker picker(kName, weighted({1, 1, 1}), kNoBlackout);
  hear(picker, 0, busy(300, 1));
  next_update(picker);
  const std::string turns = picker.letters(3);
  EXPECT_EQ(std::set<char>(turns.begin(), turns.end()).size(), 3);
  EXPECT_EQ(picker.letters(6), turns + turns);
}

// A report without a rate or without use is none: nobody could divide by it.
TEST(ClientWeightedRoundRobin, IgnoresReportsOfNothing) {
  Picker picker(kName, weighted({1, 1}), kNoBlackout);
  hear(picker, 0, busy(100, 0.5));
  hear(picker, 1, busy(100, 0.25));
  hear(picker, 0, busy(0, 0.5));
  hear(picker, 1, busy(100, 0));
  next_update(picker);
  expect_shares(picker, {1.0 / 3, 2.0 / 3});
}

// The first reports come at 0 s; one nanosecond before 10 s all still take turns.
TEST(ClientWeightedRoundRobin, DoesNotUseAWeightDuringTheBlackout) {
  Picker picker(kName, weighted({1, 1}));
  hear(picker, 0, busy(300, 1));
  hear(picker, 1, busy(100, 1));
  picker.now = kStart + 10s - 1ns;
  expect_shares(picker, {0.5, 0.5});
  picker.now = kStart + 11s;
  expect_shares(picker, {0.75, 0.25});
}

// a is silent for 3 minutes: forgotten, one weight is left, all take turns. Its next report starts
// another blackout.
TEST(ClientWeightedRoundRobin, ForgetsAWeightThatIsNotRenewed) {
  Picker picker(kName, weighted({1, 1}));
  hear(picker, 0, busy(300, 1));
  picker.now = kStart + 60s;
  hear(picker, 1, busy(100, 1));
  picker.now = kStart + 179s;
  expect_shares(picker, {0.75, 0.25});
  picker.now = kStart + 180s;
  expect_shares(picker, {0.5, 0.5});
  hear(picker, 0, busy(300, 1));
  picker.now = kStart + 189s;
  expect_shares(picker, {0.5, 0.5});
  picker.now = kStart + 190s;
  expect_shares(picker, {0.75, 0.25});
}

TEST(ClientWeightedRoundRobin, UsesNewWeightsFromTheNextUpdateOn) {
  Picker picker(kName, weighted({1, 1}), kNoBlackout);
  hear(picker, 0, busy(300, 1));
  hear(picker, 1, busy(100, 1));
  next_update(picker);
  expect_shares(picker, {0.75, 0.25});
  while (picker.send() != 1) {
  }
  picker.report = busy(900, 1);
  picker.finish(1, 1ms);
  picker.now += 1s - 1ns;
  expect_shares(picker, {0.75, 0.25});
  picker.now += 1ns;
  expect_shares(picker, {0.25, 0.75});
}

TEST(ClientWeightedRoundRobin, WeightsFollowTheirEndpoints) {
  Picker picker(kName, weighted({1, 1, 1}), kNoBlackout);
  hear(picker, 0, busy(100, 1));
  hear(picker, 1, busy(200, 1));
  hear(picker, 2, busy(600, 1));
  const auto e = picker.endpoints();
  picker.set_endpoints({e[2], e[1]});
  expect_shares(picker, {0.75, 0.25});
}

}  // namespace
}  // namespace steelyard::test
