#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

void answer(Picker& picker, std::size_t position, Duration latency, Outcome outcome = Outcome::ok) {
  picker.send();
  auto in_flight = std::vector<std::uint32_t>(picker.endpoints().size(), 0);
  in_flight[position] = 1;
  picker.set_in_flight(in_flight);
  picker.finish(position, latency, outcome);
}

// Means 10, 20 and 30 ms, in all 60: weights 50, 40 and 30 of 120. 60,000 picks, deviations 121,
// 115, 106.
TEST(WeightedResponseTime, TheWeightIsTheSumLessOnesOwn) {
  Picker picker("weighted_response_time", weighted({1, 1, 1}));
  answer(picker, 0, 5ms);
  answer(picker, 0, 15ms);
  answer(picker, 1, 20ms);
  answer(picker, 2, 30ms, Outcome::error_status);
  picker.now += 30s;
  const auto counts = picker.counts(60000);
  EXPECT_NEAR(counts[0], 25000, 490);
  EXPECT_NEAR(counts[1], 20000, 460);
  EXPECT_NEAR(counts[2], 15000, 430);
}

TEST(WeightedResponseTime, TakesTurnsBeforeAnythingIsKnown) {
  Picker picker("weighted_response_time", weighted({1, 1, 1}));
  EXPECT_EQ(picker.letters(6), "abcabc");
}

// Of one endpoint the sum is its own, and its weight zero.
TEST(WeightedResponseTime, OneEndpointGetsEverything) {
  Picker picker("weighted_response_time", weighted({1}));
  answer(picker, 0, 5ms);
  picker.now += 30s;
  EXPECT_EQ(picker.letters(3), "aaa");
}

// Answers change nothing until the interval is over: 10 to 30 ms is 3 to 1 of 20,000, deviation 61;
// then (10 + 2 * 85) / 3 = 60 ms is 1 to 2, deviation 67.
TEST(WeightedResponseTime, WeightsAreMadeAnewEveryInterval) {
  Picker picker("weighted_response_time", weighted({1, 1}));
  for (const auto& [position, latency] : {std::pair{0, 10ms}, std::pair{1, 30ms}}) {
    picker.set_in_flight({1, 1});
    picker.finish(static_cast<std::size_t>(position), latency);
  }
  picker.now += 30s;
  EXPECT_NEAR(picker.counts(20000)[0], 15000, 250);
  while (picker.send() != 0) picker.finish(1, 30ms);
  picker.finish(0, 85ms);
  while (picker.send() != 0) picker.finish(1, 30ms);
  picker.finish(0, 85ms);
  picker.now += 30s - 1ns;
  EXPECT_NEAR(picker.counts(20000)[0], 15000, 250);
  picker.now += 1ns;
  EXPECT_NEAR(picker.counts(20000)[0], 6667, 270);
}

// b's mean comes along, and c, without one, has the whole sum for its weight: of 40 and 20 ms that
// is 20, 40 and 60. 60,000 picks, deviations 91, 115, 122.
TEST(WeightedResponseTime, MeansFollowTheIdIntoTheNewSet) {
  Picker picker("weighted_response_time", weighted({1, 1}));
  answer(picker, 0, 40ms);
  answer(picker, 1, 20ms);
  picker.set_endpoints(weighted({1, 1, 1}));
  const auto counts = picker.counts(60000);
  EXPECT_NEAR(counts[0], 10000, 370);
  EXPECT_NEAR(counts[1], 20000, 460);
  EXPECT_NEAR(counts[2], 30000, 490);
}

}  // namespace
}  // namespace steelyard::test
