#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

void answer(Picker& picker, std::size_t position, Duration latency, Outcome outcome = Outcome::ok) {
  auto in_flight = picker.in_flight();
  ++in_flight[position];
  picker.set_in_flight(in_flight);
  picker.finish(position, latency, outcome);
}

// Which of a and b is picked when b's average is `probe` exactly.
bool first_is_below(Picker& picker, Duration probe) {
  answer(picker, 1, probe);
  return picker.pick() == 0;
}

// 100 ms, then 200 ms: 0.95 * 100 + 0.05 * 200 = 105 ms.
TEST(LeastTime, ANewAnswerAddsATwentiethToTheAverage) {
  for (const auto& [probe, below] : {std::pair{104999us, false}, std::pair{105001us, true}}) {
    Picker picker("least_time", weighted({1, 1}));
    answer(picker, 0, 100ms);
    answer(picker, 0, 200ms);
    EXPECT_EQ(first_is_below(picker, probe), below) << to_text(probe);
  }
}

// 10 ms with 3 in flight is 40; 39 ms idle is less, 41 ms is more.
TEST(LeastTime, MultipliesByTheRequestsInFlightAndOne) {
  for (const auto& [other, first] : {std::pair{39ms, false}, std::pair{41ms, true}}) {
    Picker picker("least_time", weighted({1, 1}));
    answer(picker, 0, 10ms);
    answer(picker, 1, other);
    picker.set_in_flight({3, 0});
    EXPECT_EQ(picker.pick() == 0, first);
  }
}

// 30 ms at weight 3 is 10 ms at weight 1.
TEST(LeastTime, DividesByTheWeight) {
  for (const auto& [other, first] : {std::pair{9ms, false}, std::pair{11ms, true}}) {
    Picker picker("least_time", weighted({3, 1}));
    answer(picker, 0, 30ms);
    EXPECT_EQ(first_is_below(picker, other), first);
  }
}

// c never answered: it is tried before all others, however fast they are; among several such the
// least loaded for its weight.
TEST(LeastTime, WhoHasNotAnsweredComesFirst) {
  Picker picker("least_time", weighted({1, 1, 1}));
  answer(picker, 0, 1us);
  picker.set_in_flight({0, 4, 3});
  EXPECT_EQ(picker.pick(), 2);
}

// Equal scores are shared by weight: 3/4 of 20,000, deviation 61.
TEST(LeastTime, TiesGoByWeight) {
  Picker picker("least_time", weighted({3, 1}));
  EXPECT_NEAR(picker.counts(20000)[0], 15000, 250);
}

// An HTTP error is an answer; a refused connection, however quick, is none.
TEST(LeastTime, OnlyAnswersCount) {
  Picker picker("least_time", weighted({1, 1}));
  answer(picker, 0, 10ms, Outcome::error_status);
  answer(picker, 1, 11ms);
  EXPECT_EQ(picker.pick(), 0);
  answer(picker, 1, 1us, Outcome::connection_refused);
  EXPECT_EQ(picker.pick(), 0);
}

TEST(LeastTime, AveragesFollowTheIdIntoTheNewSet) {
  Picker picker("least_time", weighted({1, 1, 1}));
  answer(picker, 0, 30ms);
  answer(picker, 1, 20ms);
  answer(picker, 2, 10ms);
  auto endpoints = picker.endpoints();
  picker.set_endpoints({endpoints[1], endpoints[0]});
  EXPECT_EQ(picker.pick(), 0);
}

}  // namespace
}  // namespace steelyard::test
