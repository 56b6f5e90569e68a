#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

const Picker::Entries kTwoChoices{{"otherwise", {std::string("p2c")}}};

// The endpoint at this position becomes idle and says so.
void announce(Picker& picker, std::size_t position) {
  const LoadReport idle;
  for (std::size_t i = 0; i < picker.probes().size(); ++i)
    if (picker.probes()[i].position == position) return picker.answer_probe(&idle, i);
  ADD_FAILURE() << "nobody asked endpoint " << position;
}

TEST(JoinIdleQueue, AsksEveryEndpointToAnnounceItself) {
  Picker picker("join_idle_queue", weighted({1, 1, 1}));
  ASSERT_EQ(picker.probes().size(), 3);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(picker.probes()[i].position, i);
    EXPECT_EQ(picker.probes()[i].kind, Probe::Kind::idle);
  }
}

TEST(JoinIdleQueue, TakesTheIdleInTheOrderOfTheirAnnouncements) {
  Picker picker("join_idle_queue", weighted({1, 1, 1, 1}));
  for (const std::size_t position : {2, 0, 3}) announce(picker, position);
  EXPECT_EQ(picker.letters(3), "cad");
}

TEST(JoinIdleQueue, AsksAgainAfterEachAnnouncement) {
  Picker picker("join_idle_queue", weighted({1, 1}));
  for (int i = 0; i < 5; ++i) {
    announce(picker, 1);
    EXPECT_EQ(picker.probes().size(), 2);
    EXPECT_EQ(picker.pick(), 1);
  }
}

// Others may have sent b something and it may have become idle again; it is still one endpoint.
TEST(JoinIdleQueue, AnEndpointIsInTheQueueOnce) {
  Picker picker("join_idle_queue", weighted({1, 1, 1}));
  announce(picker, 1);
  announce(picker, 1);
  announce(picker, 2);
  EXPECT_EQ(picker.letters(2), "bc");
}

// 30,000 picks of three, deviation 82.
TEST(JoinIdleQueue, WithAnEmptyQueueItTakesARandomOne) {
  Picker picker("join_idle_queue", weighted({1, 1, 1}));
  picker.set_in_flight({9, 1, 5});
  for (const int count : picker.counts(30000)) EXPECT_NEAR(count, 10000, 330);
}

// The busiest of three always loses its duel, the least busy wins both of its: two thirds of
// 30,000; deviation 82.
TEST(JoinIdleQueue, WithAnEmptyQueueItTakesTheLessLoadedOfTwoIfAsked) {
  Picker picker("join_idle_queue", weighted({1, 1, 1}), kTwoChoices);
  picker.set_in_flight({9, 1, 5});
  const auto counts = picker.counts(30000);
  EXPECT_EQ(counts[0], 0);
  EXPECT_NEAR(counts[1], 20000, 330);
}

TEST(JoinIdleQueue, TheQueueFollowsItsEndpointsAndForgetsThoseThatLeft) {
  Picker picker("join_idle_queue", weighted({1, 1, 1, 1}));
  for (const std::size_t position : {3, 1, 0}) announce(picker, position);
  const auto e = picker.endpoints();
  picker.set_endpoints({e[2], e[0], e[3], {.name = "new", .id = 9}});
  EXPECT_EQ(picker.letters(2), "cb") << "d, then a, where they stand now";
  EXPECT_EQ(picker.probes().back().position, 3) << "the new one is asked";
}

// What was thought lost and comes after all is an announcement too, but must not make two
// questions out of one.
TEST(JoinIdleQueue, AsksASilentEndpointAnew) {
  Picker picker("join_idle_queue", weighted({1, 1}), {{"renew", {Duration(10s)}}});
  EXPECT_EQ(picker.wakes_at(), kStart + 10s);
  const Probe thought_lost = picker.probes()[0];
  picker.now += 5s;
  announce(picker, 1);
  picker.wake();
  ASSERT_EQ(picker.probes().size(), 3) << "a twice, since it was silent for 10 s; b for 5 s only";
  EXPECT_EQ(picker.probes().back().position, 0);
  EXPECT_EQ(picker.wakes_at(), kStart + 20s);
  EXPECT_EQ(picker.pick(), 1);
  const LoadReport idle;
  picker.answer_probe(thought_lost, &idle);
  EXPECT_EQ(picker.probes().size(), 3) << "nothing is asked";
  EXPECT_EQ(picker.pick(), 0);
}

// An endpoint that is down refuses at once; asked at once again, it would do nothing else.
TEST(JoinIdleQueue, DoesNotAskAtOnceWhereNoAnswerCanCome) {
  Picker picker("join_idle_queue", weighted({1}));
  picker.answer_probe(nullptr);
  EXPECT_TRUE(picker.probes().empty());
  picker.wake();
  EXPECT_EQ(picker.probes().size(), 1);
}

}  // namespace
}  // namespace steelyard::test
