#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

Picker::Entries settings(Picker::Entries changed = {}) {
  Picker::Entries entries{{"rate_control", {false}}, {"clients", {std::int64_t{3}}}};
  for (auto& entry : changed) entries.push_back(std::move(entry));
  return entries;
}

void hear(Picker& picker, std::size_t position, Duration response, std::uint32_t queued,
          Duration service) {
  auto in_flight = picker.in_flight();
  ++in_flight[position];
  picker.set_in_flight(in_flight);
  picker.report = {.queued = queued, .service_time = service};
  picker.finish(position, response);
}

// b has no queue and nothing in flight, so it scores R - s + s = R: whether a, with so many in
// flight, scores below it says what a scores.
bool a_scores_below(Picker& picker, std::uint32_t in_flight, Duration score) {
  hear(picker, 1, score, 0, 1us);
  picker.set_in_flight({in_flight, 0});
  return picker.pick() == 0;
}

// 10 - 5 + (1 + 1 * 3 + 2)^3 * 5 = 5 + 216 * 5 = 1085 ms. [NSDI 2015, section 3.3, by hand]
TEST(C3, ScoresByResponseTimeAndTheCubeOfTheQueue) {
  for (const auto& [other, below] : {std::pair{1084999us, false}, {1085001us, true}}) {
    Picker picker("c3", weighted({1, 1}), settings());
    hear(picker, 0, 10ms, 2, 5ms);
    EXPECT_EQ(a_scores_below(picker, 1, other), below) << to_text(other);
  }
}

// One client: 100 - 10 + (1 + 1 + 1)^3 * 10 = 360 ms. [Elasticsearch,
// ResponseCollectorServiceTests]
TEST(C3, ScoresAsElasticsearchDoes) {
  for (const auto& [other, below] : {std::pair{359999us, false}, {360001us, true}}) {
    Picker picker("c3", weighted({1, 1}), settings({{"clients", {std::int64_t{1}}}}));
    hear(picker, 0, 100ms, 1, 10ms);
    EXPECT_EQ(a_scores_below(picker, 1, other), below) << to_text(other);
  }
}

// Response 10 then 20 ms: 10 + 0.3 * 10 = 13. Service 1 then 2: 1.3. Queue 2 then 12: 5. With
// nothing in flight: 13 - 1.3 + 6^3 * 1.3 = 292.5 ms.
TEST(C3, AveragesWithAWeightOfThreeTenths) {
  for (const auto& [other, below] : {std::pair{292499us, false}, {292501us, true}}) {
    Picker picker("c3", weighted({1, 1}), settings());
    hear(picker, 0, 10ms, 2, 1ms);
    hear(picker, 0, 20ms, 12, 2ms);
    EXPECT_EQ(a_scores_below(picker, 0, other), below) << to_text(other);
  }
}

// What the channel says of its like: with 7 clients 1 + 1 * 7 = 8, 8^3 = 512, and R = s.
TEST(C3, CountsTheClientsThereAre) {
  for (const auto& [other, below] : {std::pair{511999us, false}, {512001us, true}}) {
    Picker picker("c3", weighted({1, 1}), settings({{"clients", {std::int64_t{0}}}}));
    picker.balancer().on_caller({.index = 2, .count = 7});
    hear(picker, 0, 1ms, 0, 1ms);
    EXPECT_EQ(a_scores_below(picker, 1, other), below) << to_text(other);
  }
}

TEST(C3, TriesTheOnesWithoutHistoryFirstAndInTurn) {
  Picker picker("c3", weighted({1, 1, 1}), settings());
  hear(picker, 1, 1ms, 0, 1ms);
  for (int i = 0; i < 6; ++i) picker.send();
  EXPECT_EQ(picker.in_flight(), (std::vector<std::uint32_t>{3, 0, 3}));
}

// Two neighbours of five, by key: the second one of the pair is taken as it is idle.
TEST(C3, AKeyGoesToItsReplicas) {
  Picker picker("c3", hosts(80, 5), settings({{"candidates", {std::int64_t{2}}}}));
  picker.set_in_flight({9, 8, 9, 9, 7});
  EXPECT_EQ(picker.pick_key(5 * 7 + 3), 4);
  EXPECT_EQ(picker.pick_key(5 * 7 + 4), 4);
  EXPECT_EQ(picker.pick_key(5 * 7 + 0), 1) << "a and b";
}

const Picker::Entries kRateControl{{"clients", {std::int64_t{1}}}};

// Ten at once and ten in 20 ms: the eleventh waits 2 ms.
TEST(C3, ARequestWaitsWhileAllAreSentTheirRate) {
  Picker picker("c3", weighted({1}), kRateControl);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(picker.try_pick(), 0);
  EXPECT_EQ(picker.try_pick(), Balancer::kWait);
  EXPECT_NEAR(to_ms(picker.balancer().wait_until() - picker.now), 2, 0.001);
  picker.now = picker.balancer().wait_until();
  EXPECT_EQ(picker.try_pick(), 0);
  EXPECT_EQ(picker.try_pick(), Balancer::kWait);
}

TEST(C3, TheNextBestTakesWhatTheBestMayNotBeSent) {
  Picker picker("c3", weighted({1, 1}), kRateControl);
  hear(picker, 0, 9ms, 0, 1ms);
  hear(picker, 1, 1ms, 0, 1ms);
  EXPECT_EQ(picker.letters(12), "bbbbbbbbbbaa");
}

// How many requests one endpoint is sent in a second by someone who always has more.
int sent_in_a_second(Picker& picker) {
  const Instant end = picker.now + 1s;
  int sent = 0;
  while (true) {
    if (picker.try_pick() != Balancer::kWait)
      ++sent;
    else if (picker.balancer().wait_until() < end)
      picker.now = picker.balancer().wait_until();
    else
      break;
  }
  picker.now = end;
  return sent;
}

// Nothing was answered yet, so the rate stays at 10 in 20 ms: 500 and the 10 at once.
TEST(C3, SendsTenInTwentyMillisecondsAtFirst) {
  Picker picker("c3", weighted({1}), kRateControl);
  EXPECT_NEAR(sent_in_a_second(picker), 510, 1);
}

// Sends as many as it may, up to `count`; one millisecond later so many are answered.
void exchange(Picker& picker, int count, int answers) {
  while (count-- > 0 && picker.try_pick() != Balancer::kWait) {
  }
  picker.now += 1ms;
  for (int i = 0; i < answers; ++i) hear(picker, 0, 1ms, 0, 1ms);
}

// Five are sent in each window of 20 ms and one is answered. More than two windows after the start,
// and not before, the rate falls by a fifth, to 8: 400 a second, and the 10 at once.
TEST(C3, TheRateIsCutWhenAnswersFallShort) {
  for (const auto& [windows, sent] : {std::pair{2, 510}, {3, 410}}) {
    Picker picker("c3", weighted({1}), kRateControl);
    for (int i = 0; i < windows; ++i) {
      exchange(picker, 5, 1);
      picker.now += 19ms;
    }
    hear(picker, 0, 1ms, 0, 1ms);
    EXPECT_NEAR(sent_in_a_second(picker), sent, 1) << windows;
  }
}

// One in each window, far less than the 10 that are allowed, and all are answered.
TEST(C3, ARateThatIsNotUsedStays) {
  Picker picker("c3", weighted({1}), kRateControl);
  for (int i = 0; i < 100; ++i) {
    exchange(picker, 1, 1);
    picker.now += 19ms;
  }
  EXPECT_NEAR(sent_in_a_second(picker), 510, 1);
}

// All that may be sent is, and is answered. The plateau is at cbrt(0.2 * 10 / 0.000004) = 79.37 ms,
// up to there the rate stays; at 181 ms it is 10 + 0.000004 * 101.63^3 = 14.20.
TEST(C3, TheRateGrowsByTheCubicCurveWhileItHoldsRequestsBack) {
  for (const auto& [windows, rate] : {std::pair{4, 10.0}, {10, 14.2}}) {
    Picker picker("c3", weighted({1}), kRateControl);
    for (int i = 0; i < windows; ++i) {
      if (i > 0) picker.now += 19ms;
      exchange(picker, 1000, 15);
    }
    EXPECT_NEAR(sent_in_a_second(picker), 50 * rate, 2) << windows;
  }
}

// At 381 ms the curve is at 10 + 0.000004 * 301.63^3 = 120, but no more than 10 are added at once.
TEST(C3, TheRateGrowsByNoMoreThanTheStep) {
  Picker picker("c3", weighted({1}), kRateControl);
  picker.now += 380ms;
  exchange(picker, 1000, 1);
  EXPECT_NEAR(sent_in_a_second(picker), 50 * 20, 2);
}

}  // namespace
}  // namespace steelyard::test
