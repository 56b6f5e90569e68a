#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

void hear(Picker& picker, std::size_t position, double cpu, Duration latency,
          Outcome outcome = Outcome::ok) {
  auto in_flight = picker.in_flight();
  ++in_flight[position];
  picker.set_in_flight(in_flight);
  picker.report = {.cpu_utilisation = cpu};
  picker.finish(position, latency, outcome);
}

// One success each, 3 requests in flight at a and none at b. The factors: a (3 + 1) / (1/5 + 1) =
// 10/3, b 1 / (1/2 + 1) = 2/3. So a's load is the lower while it uses less than a fifth of b's
// processor.
TEST(Adaptive, MultipliesProcessorUseByRequestsAndDividesBySuccesses) {
  for (const auto& [cpu, a_wins] : {std::pair{0.0999, true}, {0.1001, false}}) {
    Picker picker("adaptive", weighted({1, 1}));
    hear(picker, 0, cpu, 10ms);
    hear(picker, 1, 0.5, 10ms);
    picker.set_in_flight({3, 0});
    EXPECT_EQ(picker.pick() == 0, a_wins) << cpu;
  }
}

// Three of a's four requests fail: 1/5 + 1 = 1.2 against b's 4/5 + 1 = 1.8, two thirds.
TEST(Adaptive, AFailureCounts) {
  for (const auto& [cpu, a_wins] : {std::pair{0.3332, true}, {0.3335, false}}) {
    Picker picker("adaptive", weighted({1, 1}));
    for (int i = 0; i < 4; ++i) {
      hear(picker, 0, cpu, 10ms, i == 0 ? Outcome::ok : Outcome::error_status);
      hear(picker, 1, 0.5, 10ms);
    }
    EXPECT_EQ(picker.pick() == 0, a_wins) << cpu;
  }
}

// Success ratio 1/2 times weights 4 and 1: 3 against 1.5, so a may use twice the processor.
TEST(Adaptive, DividesByTheWeight) {
  for (const auto& [cpu, a_wins] : {std::pair{0.599, true}, {0.601, false}}) {
    Picker picker("adaptive", weighted({4, 1}));
    hear(picker, 0, cpu, 10ms);
    hear(picker, 1, 0.3, 10ms);
    EXPECT_EQ(picker.pick() == 0, a_wins) << cpu;
  }
}

// Averages of the answers 50 and 1000 ms, from 0. The first look, as a sample of 2 s: 1025 and
// 1500, roots and one 33.0156 and 39.7298, so a's processor may be used 1.2034 times as much as b's
// 0.5. The second, of 1 s: 1012.5 and 1250, 32.8198 and 36.3553, 1.1077 times.
TEST(Adaptive, AveragesLatenciesAndLooks) {
  for (const auto& [cpu, first, second] :
       {std::tuple{0.5538, 0, 0}, {0.5540, 0, 1}, {0.6016, 0, 1}, {0.6018, 1, 1}}) {
    Picker picker("adaptive", weighted({1, 1}));
    hear(picker, 0, cpu, 100ms);
    hear(picker, 1, 0.5, 2000ms);
    EXPECT_EQ(picker.pick(), first) << cpu;
    EXPECT_EQ(picker.pick(), second) << cpu;
  }
}

// a reported a busy processor; two seconds after its last pick, and one nanosecond, it is tried.
TEST(Adaptive, TriesAgainWhatWasNotPickedForTwoTimeouts) {
  Picker picker("adaptive", weighted({1, 1}));
  hear(picker, 0, 0.9, 10ms);
  hear(picker, 1, 0.1, 10ms);
  EXPECT_EQ(picker.counts(10)[1], 10);
  picker.now = kStart + 2s;
  EXPECT_EQ(picker.pick(), 1);
  picker.now += 1ns;
  EXPECT_EQ(picker.pick(), 0);
  EXPECT_EQ(picker.pick(), 1);
}

// Nothing reported: all loads are 0. 3:1 of 40,000, deviation 87.
TEST(Adaptive, WithoutReportsGoesByWeight) {
  Picker picker("adaptive", weighted({3, 1}));
  EXPECT_NEAR(picker.counts(40000)[0], 30000, 350);
}

}  // namespace
}  // namespace steelyard::test
