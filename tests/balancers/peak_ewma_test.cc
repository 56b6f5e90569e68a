#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

Instant at(Duration since_start) { return kStart + since_start; }

// A request was sent to `position`, and is answered now after `latency`.
void observe(Picker& picker, std::size_t position, Duration latency) {
  auto in_flight = picker.in_flight();
  ++in_flight[position];
  picker.set_in_flight(in_flight);
  picker.finish(position, latency);
}

// Which of a and b has the lower average, when b's is `probe` exactly: of two both are drawn.
bool first_is_below(Picker& picker, Duration probe) {
  observe(picker, 1, probe);
  return picker.pick() == 0;
}

// ewma 1000 ms, then 100 ms after one decay time: 100 (1 - 1/e) + 1000/e = 63.212 + 367.879 =
// 431.09 ms.
TEST(PeakEwma, ComesDownExponentially) {
  for (const auto& [probe, below] : {std::pair{431080us, false}, std::pair{431100us, true}}) {
    Picker picker("peak_ewma", weighted({1, 1}));
    observe(picker, 0, 1000ms);
    picker.now = at(10s);
    observe(picker, 0, 100ms);
    EXPECT_EQ(first_is_below(picker, probe), below) << to_text(probe);
  }
}

// The peak: 900 ms is above 100 ms and counts in full, at once.
TEST(PeakEwma, GoesUpAtOnce) {
  for (const auto& [probe, below] : {std::pair{899999us, false}, std::pair{900001us, true}}) {
    Picker picker("peak_ewma", weighted({1, 1}));
    observe(picker, 0, 100ms);
    picker.now = at(1ms);
    observe(picker, 0, 900ms);
    EXPECT_EQ(first_is_below(picker, probe), below) << to_text(probe);
  }
}

// Looked at after one decay time, 1000 ms counts 1000/e = 367.88 ms.
TEST(PeakEwma, ReadingDecaysTowardsZero) {
  for (const auto& [probe, below] : {std::pair{367870us, false}, std::pair{367890us, true}}) {
    Picker picker("peak_ewma", weighted({1, 1}));
    observe(picker, 0, 1000ms);
    picker.now = at(10s);
    EXPECT_EQ(first_is_below(picker, probe), below) << to_text(probe);
  }
}

// A look at 5 s leaves 1000 exp(-1/2) = 606.53; at 10 s a sample of 100 ms counts over the 5 s
// since the look only: 100 (1 - exp(-1/2)) + 606.53 exp(-1/2) = 39.35 + 367.88 = 407.23 ms.
TEST(PeakEwma, ALookCountsAsASampleOfZero) {
  for (const auto& [probe, below] : {std::pair{407220us, false}, std::pair{407240us, true}}) {
    Picker picker("peak_ewma", weighted({1, 1}));
    observe(picker, 0, 1000ms);
    picker.now = at(5s);
    picker.pick();
    picker.now = at(10s);
    observe(picker, 0, 100ms);
    EXPECT_EQ(first_is_below(picker, probe), below) << to_text(probe);
  }
}

// 10 ms with 3 in flight costs 40, 39 ms idle costs 39, 41 ms idle costs 41.
TEST(PeakEwma, MultipliesByTheRequestsInFlight) {
  for (const auto& [other, first] : {std::pair{39ms, false}, std::pair{41ms, true}}) {
    Picker picker("peak_ewma", weighted({1, 1}));
    observe(picker, 0, 10ms);
    observe(picker, 1, other);
    picker.set_in_flight({3, 0});
    EXPECT_EQ(picker.pick() == 0, first);
  }
}

// c is unknown. It is drawn within a few picks and then costs nothing; with that probe under way
// it costs more than any latency, until the answer.
TEST(PeakEwma, AnUnknownEndpointGetsExactlyOneProbe) {
  Picker picker("peak_ewma", weighted({1, 1, 1}));
  observe(picker, 0, 500ms);
  observe(picker, 1, 500ms);
  for (int i = 0; i < 1000; ++i) picker.send();
  EXPECT_EQ(picker.in_flight()[2], 1);
  picker.finish(2, 1ms);
  for (int i = 0; i < 100; ++i) picker.send();
  EXPECT_GT(picker.in_flight()[2], 1);
}

TEST(PeakEwma, OfTwoUnknownBusyEndpointsTheLessBusyWins) {
  Picker picker("peak_ewma", weighted({1, 1}));
  picker.set_in_flight({3, 2});
  EXPECT_EQ(picker.counts(100)[1], 100);
}

// As Linkerd: 30 ms assumed. Against a known 40 ms the unknown wins; and with one request under way
// it costs 2 * 30 = 60 ms, so it gets a second one against 61 ms and none against 59 ms.
TEST(PeakEwma, InitialLatencyReplacesTheProbe) {
  const Picker::Entries linkerd{{"initial_latency", {Duration(30ms)}}};
  for (const auto& [known, in_flight, unknown_wins] :
       {std::tuple{40ms, 0u, true}, std::tuple{61ms, 1u, true}, std::tuple{59ms, 1u, false}}) {
    Picker picker("peak_ewma", weighted({1, 1}), linkerd);
    observe(picker, 1, known);
    picker.set_in_flight({in_flight, 0});
    EXPECT_EQ(picker.pick() == 0, unknown_wins) << to_text(known);
  }
}

// As Envoy: an idle endpoint without history costs 10 ms. Beside a known 11 ms it is picked, beside
// 9 ms it is not.
TEST(PeakEwma, UnderPenaltyAnIdleUnknownCostsTheInitialLatency) {
  const Picker::Entries envoy{{"initial_latency", {Duration(10ms)}}, {"cold_start", {"penalty"}}};
  for (const auto& [known, unknown_wins] : {std::pair{11ms, true}, std::pair{9ms, false}}) {
    Picker picker("peak_ewma", weighted({1, 1}), envoy);
    observe(picker, 1, known);
    EXPECT_EQ(picker.pick() == 0, unknown_wins);
  }
}

// A busy one costs 10^6 ms and 1 ms for each request: less than a known 200 s with 5 in flight,
// 1200 s, and more than with 4, 1000 s. Once it has answered, its average is the answer's and not
// the initial latency: 1 ms with 5 in flight is less than 10 ms.
TEST(PeakEwma, UnderPenaltyABusyUnknownCostsAThousandSeconds) {
  const Picker::Entries envoy{{"initial_latency", {Duration(10ms)}}, {"cold_start", {"penalty"}}};
  for (const auto& [in_flight, unknown_wins] : {std::pair{5u, true}, std::pair{4u, false}}) {
    Picker picker("peak_ewma", weighted({1, 1}), envoy);
    observe(picker, 1, 200s);
    picker.set_in_flight({1, in_flight});
    EXPECT_EQ(picker.pick() == 0, unknown_wins);
  }
  Picker picker("peak_ewma", weighted({1, 1}), envoy);
  observe(picker, 0, 1ms);
  picker.set_in_flight({5, 0});
  EXPECT_EQ(picker.pick(), 0);
}

// a is known and slow, c is new; after b left, the slow one is still known to be slow.
TEST(PeakEwma, HistoryFollowsTheIdIntoTheNewSet) {
  Picker picker("peak_ewma", weighted({1, 1}));
  observe(picker, 0, 900ms);
  observe(picker, 1, 1ms);
  const auto e = picker.endpoints();
  picker.set_endpoints({e[1], {.name = "c", .id = 7}, e[0]});
  picker.set_in_flight({0, 1, 0});  // c is on its probe: dearest of all
  const auto counts = picker.counts(3000);
  EXPECT_EQ(counts[1], 0);
  // Pairs: (b,c) b, (b,a) b, (c,a) a: two thirds, deviation 26.
  EXPECT_NEAR(counts[0], 2000, 110);
}

}  // namespace
}  // namespace steelyard::test
