#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

Picker::Entries load(const std::string& source) { return {{"load", {source}}}; }
const Picker::Entries kArgmin{{"rule", {std::string("argmin")}}};

// The service catalogue this rule comes from: users, orders and inventory can take 1000, 2000 and
// 1000 and have 800, 1500 and 500.
const std::vector<std::uint32_t> kCapacities{1000, 2000, 1000};
const std::vector<std::uint32_t> kLoads{800, 1500, 500};

std::vector<Endpoint> catalogue() {
  return weighted({kCapacities[0], kCapacities[1], kCapacities[2]});
}

// 1000/800 = 1.25, 2000/1500 = 1.333, 1000/500 = 2 of 4.583: of 110,000 picks 30,000, 32,000 and
// 48,000, exactly; deviations 148, 151, 164.
void expect_shares_of_the_catalogue(Picker& picker) {
  const auto counts = picker.counts(110000);
  EXPECT_NEAR(counts[0], 30000, 600);
  EXPECT_NEAR(counts[1], 32000, 600);
  EXPECT_NEAR(counts[2], 48000, 660);
}

TEST(Headroom, PicksInProportionToCapacityOverLoad) {
  Picker picker("headroom", catalogue());
  picker.set_in_flight(kLoads);
  expect_shares_of_the_catalogue(picker);
}

// One request at each is answered, and the answer says what else is there.
void report_loads(Picker& picker) {
  picker.set_in_flight({1, 1, 1});
  for (std::size_t i = 0; i < 3; ++i) {
    picker.report.in_flight = kLoads[i];
    picker.report.requests_per_second = kLoads[i];
    picker.finish(i, 1ms);
  }
}

TEST(Headroom, TakesTheReportedRateForTheLoad) {
  Picker picker("headroom", catalogue(), load("reported_rate"));
  report_loads(picker);
  expect_shares_of_the_catalogue(picker);
}

TEST(Headroom, TakesTheReportedRequestsInFlightForTheLoad) {
  Picker picker("headroom", catalogue(), load("reported_in_flight"));
  report_loads(picker);
  expect_shares_of_the_catalogue(picker);
}

// a reports 2 and gets 2 more from here: 4 to b's own 1, weights 1/4 to 1. Of 50,000 b gets 40,000;
// deviation 89.
TEST(Headroom, AddsToAReportWhatWasSentSince) {
  Picker picker("headroom", weighted({1, 1}), load("reported_in_flight"));
  picker.set_in_flight({1, 1});
  picker.report.in_flight = 2;
  picker.finish(0, 1ms);
  picker.pick();
  picker.set_in_flight({2, 1});
  EXPECT_NEAR(picker.counts(50000)[1], 40000, 360);
}

// A report of 99 that is older than report_age_max says nothing: both are idle again. 20,000 picks,
// deviation 71.
TEST(Headroom, ForgetsAnOldReport) {
  Picker picker("headroom", weighted({1, 1}), load("reported_in_flight"));
  picker.set_in_flight({1, 0});
  picker.report.in_flight = 99;
  picker.finish(0, 1ms);
  EXPECT_LT(picker.counts(1000)[0], 50);
  picker.now += 1s + 1ns;
  EXPECT_NEAR(picker.counts(20000)[0], 10000, 290);
}

// Capacities 1, 2 and 1; only b and c have reported: 4 and 1 a second, headrooms 1/2 and 1. a gets
// the quarter that its capacity is of all; of the rest, b a third. 40,000 picks, deviations 87.
TEST(Headroom, OneWithoutAReportedRateGetsItsShareByCapacity) {
  Picker picker("headroom", weighted({1, 2, 1}), load("reported_rate"));
  EXPECT_NEAR(picker.counts(40000)[1], 20000, 400);  // nobody has: deviation 100
  picker.set_in_flight({0, 1, 1});
  for (const auto& [position, rate] : {std::pair{std::size_t{1}, 4.0}, {std::size_t{2}, 1.0}}) {
    picker.report.requests_per_second = rate;
    picker.finish(position, 1ms);
  }
  const auto counts = picker.counts(40000);
  EXPECT_NEAR(counts[0], 10000, 350);
  EXPECT_NEAR(counts[1], 10000, 350);
}

// a is idle and b has one request: both count as 1, so the capacities decide, 3 to 1. 40,000
// picks, deviation 87.
TEST(Headroom, ALoadOfNoneCountsAsOne) {
  Picker picker("headroom", weighted({3, 1}));
  picker.set_in_flight({0, 1});
  EXPECT_NEAR(picker.counts(40000)[0], 30000, 350);
}

// Loads over limits: 0.8, 0.75, 0.5.
TEST(Headroom, ArgminTakesTheLeastLoadForItsLimit) {
  Picker picker("headroom", catalogue(), kArgmin);
  picker.set_in_flight(kLoads);
  EXPECT_EQ(picker.counts(100)[2], 100);
}

TEST(Headroom, ArgminFillsAllToTheSamePartOfTheirLimits) {
  Picker picker("headroom", catalogue(), kArgmin);
  for (int i = 0; i < 2000; ++i) picker.send();
  EXPECT_EQ(picker.in_flight(), (std::vector<std::uint32_t>{500, 1000, 500}));
}

TEST(Headroom, RefusesTheLeastOfRates) {
  Named named = defaults(Balancer::kKind, "headroom");
  named.settings.set("rule", {std::string("argmin")});
  named.settings.set("load", {std::string("reported_rate")});
  const auto made = Registration<Balancer>::make(named);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().find("argmin goes by requests in flight"), std::string::npos);
}

}  // namespace
}  // namespace steelyard::test
