#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

void answer(Picker& picker, std::size_t position, Duration latency, Outcome outcome = Outcome::ok) {
  auto in_flight = picker.in_flight();
  ++in_flight[position];
  picker.set_in_flight(in_flight);
  picker.finish(position, latency, outcome);
}

// a: (10 + 20) / 2 = 15 ms with 1 in flight is 30; b idle with 29 ms is less, with 31 ms more.
TEST(ShortestResponse, TakesTheLeastMeanForItsRequestsInFlight) {
  for (const auto& [other, first] : {std::pair{29ms, false}, std::pair{31ms, true}}) {
    Picker picker("shortest_response", weighted({1, 1}));
    answer(picker, 0, 10ms);
    answer(picker, 0, 20ms);
    answer(picker, 1, other);
    picker.set_in_flight({1, 0});
    EXPECT_EQ(picker.pick() == 0, first);
  }
}

// A failure's time is not in the mean. Without a success b counts as zero, and gets every request:
// Dubbo's way, and worth knowing.
TEST(ShortestResponse, WhoOnlyFailsGetsEverything) {
  Picker picker("shortest_response", weighted({1, 1}));
  answer(picker, 0, 10ms);
  answer(picker, 1, 500ms, Outcome::error_status);
  picker.set_in_flight({0, 1000});
  EXPECT_EQ(picker.counts(100)[1], 100);
}

// 5.9 and 5.1 ms are both 5: ties, shared by weight 1 to 3. 20,000 picks, deviation 61. With a
// finer resolution b is faster.
TEST(ShortestResponse, MeansAreRoundedDownToTheResolution) {
  for (const Duration resolution : {Duration(1ms), Duration(100us)}) {
    Picker picker("shortest_response", weighted({1, 3}), {{"resolution", {resolution}}});
    answer(picker, 0, 5900us);
    answer(picker, 1, 5100us);
    EXPECT_NEAR(picker.counts(20000)[0], resolution == 1ms ? 5000 : 0, 250);
  }
}

// 30 s after the window began means still hold; just after that they are forgotten, and chance
// decides: half of 10,000, deviation 50.
TEST(ShortestResponse, ForgetsEverythingWhenTheWindowEnds) {
  Picker picker("shortest_response", weighted({1, 1}));
  answer(picker, 0, 10ms);
  answer(picker, 1, 20ms);
  picker.now += 30s;
  EXPECT_EQ(picker.counts(100)[0], 100);
  picker.now += 1ns;
  EXPECT_NEAR(picker.counts(10000)[0], 5000, 200);
}

TEST(ShortestResponse, MeansFollowTheIdIntoTheNewSet) {
  Picker picker("shortest_response", weighted({1, 1, 1}));
  answer(picker, 0, 30ms);
  answer(picker, 1, 20ms);
  answer(picker, 2, 10ms);
  auto endpoints = picker.endpoints();
  picker.set_endpoints({endpoints[1], endpoints[0]});
  EXPECT_EQ(picker.counts(100)[0], 100);
}

}  // namespace
}  // namespace steelyard::test
