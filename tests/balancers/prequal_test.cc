#include "balancers/prequal.h"

#include <cmath>
#include <limits>
#include <set>

#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

Picker::Entries settings(Picker::Entries changed) {
  // By default as little as possible besides what is tested: no probes but those asked at the
  // start, nothing removed, nothing ages.
  Picker::Entries entries{{"pool_share_max", {1.0}},
                          {"probes_per_request", {0.0}},
                          {"removals_per_request", {0.0}},
                          {"probe_age_max", {Duration(1h)}}};
  for (auto& entry : changed) entries.push_back(std::move(entry));
  return entries;
}

// An answer out of the blue: balancers take those too, as of a probe that was sent long ago.
void hear(Picker& picker, std::size_t position, std::uint32_t in_flight, Duration latency) {
  const LoadReport report{.in_flight = in_flight, .latency = latency};
  picker.answer_probe({.position = position}, &report);
}

// [Wydrowski et al. 2024, section 4] With the defaults (16 places, 3 probes and 1 removal a
// request, growth 1) and 100 endpoints: 2 / (0.84 * 3 - 1) = 2 / 1.52 = 1.316.
TEST(PrequalReuse, FollowsThePaper) {
  EXPECT_NEAR(prequal_reuse_budget(16, 100, 3, 1, 1), 1.316, 0.0005);
  // 10,000 endpoints: 2 / (0.9984 * 3 - 1) = 2 / 1.9952 = 1.0024.
  EXPECT_NEAR(prequal_reuse_budget(16, 10000, 3, 1, 1), 1.0024, 0.00005);
  EXPECT_EQ(prequal_reuse_budget(16, 10000, 10, 1, 1), 1) << "never less than once";
  EXPECT_EQ(prequal_reuse_budget(16, 16, 3, 1, 1), std::numeric_limits<double>::infinity());
}

// Of 1, 2, 3, 4 and 9 in flight the 60% quantile is the one that three are below, 4. e is quickest,
// but hot; of the others a is quickest.
TEST(Prequal, TakesTheQuickestOfThoseThatAreNotHot) {
  Picker picker("prequal", hosts(80, 5), settings({{"hot_quantile", {0.6}}}));
  hear(picker, 0, 4, 5ms);
  hear(picker, 1, 1, 9ms);
  hear(picker, 2, 2, 8ms);
  hear(picker, 3, 3, 7ms);
  hear(picker, 4, 9, 1ms);
  EXPECT_EQ(picker.pick(), 0);
}

// Of 1, 2, 3, 8 and 9 the 40% quantile is 3. The endpoints with 1, 2 and 3 leave; what they said
// still counts, so the two that stay are both hot.
TEST(Prequal, TakesTheFewestInFlightIfAllAreHot) {
  Picker picker("prequal", hosts(80, 5), settings({{"hot_quantile", {0.4}}}));
  for (std::size_t i = 0; i < 3; ++i) hear(picker, i, static_cast<std::uint32_t>(i + 1), 1ms);
  hear(picker, 3, 9, 1ms);
  hear(picker, 4, 8, 2ms);
  const auto e = picker.endpoints();
  picker.set_endpoints({e[3], e[4]});
  EXPECT_EQ(picker.pick(), 1);
}

TEST(Prequal, AtQuantileOneLatencyDecidesAlone) {
  Picker picker("prequal", hosts(80, 3), settings({{"hot_quantile", {1.0}}}));
  hear(picker, 0, 1, 3ms);
  hear(picker, 1, 1000, 1ms);
  hear(picker, 2, 2, 2ms);
  EXPECT_EQ(picker.pick(), 1);
}

TEST(Prequal, AtQuantileZeroTheRequestsInFlightDecideAlone) {
  Picker picker("prequal", hosts(80, 3), settings({{"hot_quantile", {0.0}}}));
  hear(picker, 0, 3, 1ms);
  hear(picker, 1, 2, 5ms);
  hear(picker, 2, 9, 1ms);
  EXPECT_EQ(picker.pick(), 1);
}

// The same latency everywhere, and 1, 1, 3 in flight: what was sent counts, so a and b catch up
// with c before it gets one. The older answer wins a tie.
TEST(Prequal, AnAnswerThatWasUsedCountsOneRequestMore) {
  Picker picker("prequal", weighted({1, 1, 1}), settings({{"hot_quantile", {1.0}}}));
  hear(picker, 0, 1, 1ms);
  hear(picker, 1, 1, 1ms);
  hear(picker, 2, 3, 1ms);
  EXPECT_EQ(picker.letters(7), "abababc");
}

// Fewer than two answers are no choice. 30,000 picks of three, deviation 82.
TEST(Prequal, WithFewerThanTwoAnswersItTakesARandomOne) {
  Picker picker("prequal", weighted({1, 1, 1}), settings({}));
  hear(picker, 1, 0, 1ms);
  for (const int count : picker.counts(30000)) EXPECT_NEAR(count, 10000, 330);
}

TEST(Prequal, ForgetsAnswersThatAreOld) {
  Picker picker("prequal", weighted({1, 1, 1}),
                settings({{"probe_age_max", {Duration(1s)}}, {"hot_quantile", {1.0}}}));
  hear(picker, 0, 0, 1ms);
  hear(picker, 1, 0, 2ms);
  picker.now += 1s;
  EXPECT_EQ(picker.counts(100)[0], 100);
  hear(picker, 2, 0, 9ms);
  picker.now += 1ns;  // c's is the only one left
  EXPECT_GT(picker.counts(100)[1], 10);
}

// 2 places, 100 endpoints, 1 probe a request, growth 0.5: (1 + 0.5) / (0.98 * 1) = 1.53 uses an
// answer, which are 1, 2, 1, 2 and 1 for the first five.
TEST(Prequal, AnAnswerWearsOut) {
  Picker picker("prequal", hosts(80, 100),
                {{"pool_size", {std::int64_t{2}}},
                 {"probes_per_request", {1.0}},
                 {"removals_per_request", {0.0}},
                 {"reuse_growth", {0.5}},
                 {"hot_quantile", {1.0}}});
  hear(picker, 0, 0, 1ms);      // once
  hear(picker, 1, 0, 2ms);      // twice
  EXPECT_EQ(picker.pick(), 0);  // and no more
  hear(picker, 2, 0, 3ms);      // once
  EXPECT_EQ(picker.pick(), 1);
  EXPECT_EQ(picker.pick(), 1);  // and no more
  hear(picker, 3, 0, 1ms);      // twice
  hear(picker, 4, 0, 2ms);      // drives out c's
  EXPECT_EQ(picker.pick(), 3);
  EXPECT_EQ(picker.pick(), 3);
}

// An answer a request, then the oldest goes, then the worst.
TEST(Prequal, RemovesByTurnsTheOldestAndTheWorst) {
  Picker picker("prequal", hosts(80, 6),
                settings({{"removals_per_request", {1.0}}, {"hot_quantile", {1.0}}}));
  hear(picker, 0, 0, 1ms);  // best and oldest
  hear(picker, 1, 0, 9ms);  // worst
  hear(picker, 2, 0, 2ms);
  hear(picker, 3, 0, 3ms);
  EXPECT_EQ(picker.pick(), 0);  // then a's, the oldest, is removed
  EXPECT_EQ(picker.pick(), 2);  // then b's, the worst
  EXPECT_EQ(picker.pick(), 2);  // then c's, the oldest: one is left
  std::set<std::size_t> picked;
  for (int i = 0; i < 100; ++i) picked.insert(picker.pick());
  EXPECT_EQ(picked.size(), 6) << "none is left: at random";
}

TEST(Prequal, AFullPoolGivesUpItsOldestAnswer) {
  Picker picker("prequal", hosts(80, 3),
                settings({{"pool_size", {std::int64_t{2}}}, {"hot_quantile", {1.0}}}));
  hear(picker, 0, 0, 1ms);
  hear(picker, 1, 0, 3ms);
  hear(picker, 2, 0, 2ms);
  EXPECT_EQ(picker.pick(), 2);
}

// 0.75 a request is 0, 1, 1, 1 by turns, and chance has no part in it. One was asked at the start,
// which is not counted.
TEST(Prequal, AsksAFractionOfAProbeByTurns) {
  Picker picker("prequal", hosts(80, 10), settings({{"probes_per_request", {0.75}}}));
  std::vector<std::size_t> asked;
  for (int i = 0; i < 8; ++i) {
    const std::size_t before = picker.probes().size();
    picker.pick();
    asked.push_back(picker.probes().size() - before);
  }
  EXPECT_EQ(asked, (std::vector<std::size_t>{1, 1, 1, 0, 1, 1, 1, 0}));
}

// Three of five, without replacement: each endpoint in 3/5 of 20,000 requests; deviation 69.
TEST(Prequal, ProbesDistinctEndpointsUniformly) {
  Picker picker("prequal", hosts(80, 5), settings({{"probes_per_request", {3.0}}}));
  std::vector<int> counts(5, 0);
  for (int i = 0; i < 20000; ++i) {
    while (!picker.probes().empty()) picker.answer_probe(nullptr);
    picker.pick();
    std::set<std::size_t> targets;
    for (const Probe& probe : picker.probes()) {
      EXPECT_EQ(probe.kind, Probe::Kind::load);
      targets.insert(probe.position);
      ++counts[probe.position];
    }
    ASSERT_EQ(targets.size(), 3);
  }
  for (const int count : counts) EXPECT_NEAR(count, 12000, 280);
}

TEST(Prequal, AsksEverybodyWhereThereAreFewerThanItWouldAsk) {
  Picker picker("prequal", hosts(80, 2), settings({{"probes_per_request", {3.0}}}));
  EXPECT_EQ(picker.probes().size(), 2) << "at the start";
  picker.pick();
  EXPECT_EQ(picker.probes().size(), 4);
}

TEST(Prequal, AsksAfterAPauseToo) {
  Picker picker("prequal", hosts(80, 10),
                {{"idle_max", {Duration(500ms)}}, {"probes_per_request", {2.0}}});
  EXPECT_EQ(picker.wakes_at(), kStart + 500ms);
  picker.now = kStart + 400ms;
  picker.pick();
  const std::size_t asked = picker.probes().size();
  picker.wake();  // at 500 ms, but the last probe was at 400 ms
  EXPECT_EQ(picker.probes().size(), asked);
  EXPECT_EQ(picker.wakes_at(), kStart + 900ms);
  picker.wake();
  EXPECT_EQ(picker.probes().size(), asked + 2);
  EXPECT_EQ(picker.wakes_at(), kStart + 1400ms);
}

TEST(Prequal, AnAnswerFollowsItsEndpoint) {
  Picker picker("prequal", weighted({1, 1, 1}), settings({{"hot_quantile", {1.0}}}));
  hear(picker, 0, 0, 1ms);
  hear(picker, 1, 0, 3ms);
  hear(picker, 2, 0, 2ms);
  const auto e = picker.endpoints();
  picker.set_endpoints({e[1], e[2]});
  EXPECT_EQ(picker.pick(), 1);
}

// Of 30 endpoints a sixth is 5: the first five of six answers are the oldest, one of them goes.
TEST(Prequal, KeepsAnswersOfASmallPartOfASmallSet) {
  Picker picker("prequal", hosts(80, 30), settings({{"pool_share_max", {1.0 / 6}}}));
  LoadReport busy{.in_flight = 9, .latency = 9ms};
  LoadReport idle{.in_flight = 0, .latency = 1ms};
  picker.balancer().on_probe({.position = 7, .now = picker.now, .report = &idle});
  for (std::size_t i = 10; i < 15; ++i)
    picker.balancer().on_probe({.position = i, .now = picker.now, .report = &busy});
  EXPECT_NE(picker.pick(), 7u) << "the best answer was the oldest";
}

}  // namespace
}  // namespace steelyard::test
