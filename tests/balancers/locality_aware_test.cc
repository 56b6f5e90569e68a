#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

// A request is sent to `position` and answered at once, as if it had taken `latency`.
void answer(Picker& picker, std::size_t position, Duration latency, Outcome outcome = Outcome::ok) {
  auto in_flight = picker.in_flight();
  ++in_flight[position];
  picker.set_in_flight(in_flight);
  picker.finish(position, latency, outcome);
}

// While there is less than a second to tell throughput from, all have one answer a second, and the
// weight is 1 / mean latency: 1 ms to 4 ms, so 4 to 1 of 50,000; deviation 89.
TEST(LocalityAware, WithoutAThroughputTheLatencyDecides) {
  Picker picker("locality_aware", weighted({1, 1}));
  for (int i = 0; i < 5; ++i) {
    picker.now += 10ms;
    answer(picker, 0, 1ms);
    answer(picker, 1, 4ms);
  }
  EXPECT_NEAR(picker.counts(50000)[0], 40000, 360);
}

// Over two seconds a answered 20 times after its first and b 10 times, in the same latency: 2 to 1
// of 30,000; deviation 82.
TEST(LocalityAware, WhoAnswersMoreGetsMore) {
  Picker picker("locality_aware", weighted({1, 1}));
  for (int i = 0; i <= 20; ++i) {
    answer(picker, 0, 5ms);
    if (i % 2 == 0) answer(picker, 1, 5ms);
    picker.now += 100ms;
  }
  EXPECT_NEAR(picker.counts(30000)[0], 20000, 330);
}

// The mean is 10 ms, and 15 ms are tolerated; a's only request is out for 30 ms. Its weight is half
// of b's, a third of all: 30,000 picks, deviation 82. Answered, it is as good as before, but for
// the latency: (10 + 10 + 30) / 3.
TEST(LocalityAware, RequestsThatOverstayLowerTheWeight) {
  Picker picker("locality_aware", weighted({1, 1}));
  for (int i = 0; i < 3; ++i) {
    picker.now += 10ms;
    answer(picker, 0, 10ms);
    answer(picker, 1, 10ms);
  }
  while (picker.send() != 0) picker.finish(1, 0ms);
  picker.now += 30ms;
  EXPECT_NEAR(picker.counts(30000)[0], 10000, 330);
  picker.finish(0, 30ms);
  // 1/16.67 to 1/10: 0.375 of 30,000; deviation 84.
  EXPECT_NEAR(picker.counts(30000)[0], 11250, 340);
}

// Of three answers of 10 ms the last two count; a failure of 10 ms adds 12 ms to them and no
// answer: (20 + 12) / 2 = 16 ms. 1/16 to 1/10 is 10/26 of 26,000; deviation 78.
TEST(LocalityAware, AFailureCountsWithItsTimeAndNotAsAnAnswer) {
  Picker picker("locality_aware", weighted({1, 1}));
  for (int i = 0; i < 3; ++i) {
    picker.now += 10ms;
    answer(picker, 0, 10ms);
    answer(picker, 1, 10ms);
  }
  answer(picker, 0, 10ms, Outcome::error_status);
  EXPECT_NEAR(picker.counts(26000)[0], 10000, 320);
}

// 200 answers of 10 ms are forgotten after 128 of 1 ms, and a is as good as b, which never was
// slow: half of 20,000, deviation 71.
TEST(LocalityAware, OnlyTheLastAnswersCount) {
  Picker picker("locality_aware", weighted({1, 1}));
  for (int i = 0; i < 328; ++i) {
    picker.now += 10ms;
    answer(picker, 0, i < 200 ? 10ms : 1ms);
    answer(picker, 1, 1ms);
  }
  EXPECT_NEAR(picker.counts(20000)[0], 10000, 290);
}

// Weights 1/1 ms and 1/4 ms; c has their mean: 8 to 2 to 5 of 30,000; deviations 84, 61, 82.
TEST(LocalityAware, ANewcomerHasTheMeanWeight) {
  Picker picker("locality_aware", weighted({1, 1}));
  for (int i = 0; i < 3; ++i) {
    picker.now += 10ms;
    answer(picker, 0, 1ms);
    answer(picker, 1, 4ms);
  }
  picker.pick();
  picker.set_endpoints(weighted({1, 1, 1}));
  const auto counts = picker.counts(30000);
  EXPECT_NEAR(counts[0], 16000, 340);
  EXPECT_NEAR(counts[1], 4000, 250);
  EXPECT_NEAR(counts[2], 10000, 330);
}

// Nobody is known but a, with 1 ms: the others weigh as if they answered within a microsecond.
TEST(LocalityAware, WhoIsNotKnownIsTried) {
  Picker picker("locality_aware", weighted({1, 1, 1}));
  picker.now += 10ms;
  answer(picker, 0, 1ms);
  EXPECT_LT(picker.counts(10000)[0], 30);
}

}  // namespace
}  // namespace steelyard::test
