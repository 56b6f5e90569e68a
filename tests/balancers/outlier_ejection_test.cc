// [Envoy: outlier_detection_impl.cc and its documentation; gRPC A50]
#include "balancers/layers/outliers.h"
#include "tests/balancers/allocations.h"
#include "tests/balancers/layers.h"

namespace steelyard::test {
namespace {

// Requests to an outlier_ejection in front of a rotation, one at a time.
class Watched {
 public:
  Watched(std::size_t count, const Picker::Entries& settings, const std::vector<Named>& behind = {})
      : picker(stack(stacked(settings, behind), balancer("round_robin")), level(0, count, count)) {}

  // So many answers of one endpoint; others that are picked meanwhile answer well.
  void answer(std::size_t position, int times, Outcome outcome) {
    for (int tries = 0; times > 0; ++tries) {
      ASSERT_LT(tries, 10000) << "endpoint " << position << " gets nothing";
      const std::size_t picked = picker.send();
      picker.finish(picked, 1ms, picked == position ? outcome : Outcome::ok);
      if (picked == position) --times;
      settle();
    }
  }
  void fail(std::size_t position, int times) { answer(position, times, Outcome::error_status); }
  // Sends nothing.
  void wait_until(Instant at) {
    while (picker.wakes_at() <= at) picker.wake();
    picker.now = at;
  }
  // "ab-": c gets nothing.
  std::string in_use() {
    std::string text;
    for (const bool used : uses()) text += used ? static_cast<char>('a' + text.size() % 26) : '-';
    return text;
  }

  Picker picker;

 private:
  static std::vector<Named> stacked(const Picker::Entries& settings, std::vector<Named> behind) {
    behind.insert(behind.begin(), layer("outlier_ejection", settings));
    return behind;
  }
  void settle() {
    while (picker.wakes_at() <= picker.now) picker.wake();
  }
  std::vector<bool> uses() {
    std::vector<bool> used(picker.endpoints().size(), false);
    for (std::size_t i = 0; i < 2 * used.size(); ++i)
      if (const std::size_t picked = picker.try_pick(); picked < used.size()) used[picked] = true;
    return used;
  }
};

const Picker::Entries kHalf{{"max_ejected", {0.5}}};

Picker::Entries with(Picker::Entries settings, Settings::Entry entry) {
  settings.push_back(std::move(entry));
  return settings;
}

// ---- Statistics ---------------------------------------------------------------------------------

// [Envoy, successRateEjectionThreshold: {50, 100, 100, 100, 100} has the mean 90 and sigma 20;
// 90 - 1.9 * 20 = 52]
TEST(OutlierThreshold, IsEnvoysVector) {
  EXPECT_DOUBLE_EQ(outlier_threshold(std::vector<double>{50, 100, 100, 100, 100}, 1.9), 52);
}
TEST(OutlierThreshold, IsTheRateItselfWhereAllAreEqual) {
  EXPECT_DOUBLE_EQ(outlier_threshold(std::vector<double>{70, 70, 70}, 1.9), 70);
}

// How many of `count` go while all fail.
std::uint64_t ejected_of(std::uint64_t count, EjectionLimit::Rule rule, double share) {
  const EjectionLimit limit(rule, share);
  std::uint64_t ejected = 0;
  while (ejected < count && limit.allows_another(ejected, count)) ++ejected;
  return ejected;
}

// [Envoy: 100 (0 + 1) / 5 = 20 > 10. gRPC A50: 0 < 10, then 20 is not.]
TEST(EjectionLimit, TenPercentOfFiveAreNobodyOrOne) {
  EXPECT_EQ(ejected_of(5, EjectionLimit::Rule::after, 0.1), 0);
  EXPECT_EQ(ejected_of(5, EjectionLimit::Rule::before, 0.1), 1);
  EXPECT_EQ(ejected_of(5, EjectionLimit::Rule::always_one, 0.1), 1);
}
// [envoy#27066: with two of three out 66.67% < 67%, so the third goes, too]
TEST(EjectionLimit, TwoThirdsOfThreeAreTwoOrAll) {
  EXPECT_EQ(ejected_of(3, EjectionLimit::Rule::after, 0.67), 2);
  EXPECT_EQ(ejected_of(3, EjectionLimit::Rule::before, 0.67), 3);
  EXPECT_EQ(ejected_of(3, EjectionLimit::Rule::always_one, 0.67), 2);
}
TEST(EjectionLimit, WhatIsWholeIsMetExactly) {
  EXPECT_EQ(ejected_of(10, EjectionLimit::Rule::after, 0.1), 1);
  EXPECT_EQ(ejected_of(100, EjectionLimit::Rule::after, 0.29), 29) << "0.29 * 100 < 29 in doubles";
  EXPECT_EQ(ejected_of(100, EjectionLimit::Rule::before, 0.29), 29);
  EXPECT_EQ(ejected_of(7, EjectionLimit::Rule::after, 1), 7);
  EXPECT_EQ(ejected_of(7, EjectionLimit::Rule::before, 0), 0);
}

// ---- Failures in a row --------------------------------------------------------------------------

TEST(OutlierEjection, TakesFiveFailuresInARow) {
  Watched watched(4, kHalf);
  watched.fail(2, 4);
  EXPECT_EQ(watched.in_use(), "abcd");
  watched.fail(2, 1);
  EXPECT_EQ(watched.in_use(), "ab-d");
}

TEST(OutlierEjection, ASuccessBetweenStartsAnew) {
  Watched watched(4, kHalf);
  watched.fail(2, 4);
  watched.answer(2, 1, Outcome::ok);
  watched.fail(2, 4);
  EXPECT_EQ(watched.in_use(), "abcd");
}

TEST(OutlierEjection, AllThatGoesWrongIsAFailure) {
  for (const Outcome outcome :
       {Outcome::queue_full, Outcome::connection_refused, Outcome::connection_reset,
        Outcome::deadline_exceeded, Outcome::error_status, Outcome::bad_response}) {
    Watched watched(4, kHalf);
    watched.answer(0, 5, outcome);
    EXPECT_EQ(watched.in_use(), "-bcd") << to_text(outcome);
  }
}

TEST(OutlierEjection, ACallerThatLeftIsNeitherFailureNorSuccess) {
  Watched watched(4, kHalf);
  watched.answer(1, 20, Outcome::cancelled);
  EXPECT_EQ(watched.in_use(), "abcd");
  watched.fail(1, 4);
  watched.answer(1, 1, Outcome::cancelled);
  watched.fail(1, 1);
  EXPECT_EQ(watched.in_use(), "a-cd") << "five in a row, whoever left between them";
}

// The answers that are still to come say what is known.
TEST(OutlierEjection, LateAnswersOfTheEjectedChangeNothing) {
  Watched watched(4, kHalf);
  std::vector<std::size_t> sent;
  for (int i = 0; i < 80; ++i) sent.push_back(watched.picker.send());
  for (const std::size_t position : sent)
    watched.picker.finish(position, 1ms, position == 3 ? Outcome::error_status : Outcome::ok);
  watched.wait_until(kStart + 9s);
  EXPECT_EQ(watched.in_use(), "abc-");
  watched.wait_until(kStart + 30s);
  EXPECT_EQ(watched.in_use(), "abcd");
}

TEST(OutlierEjection, HoldsFromTheVeryInstant) {
  Watched watched(4, kHalf);
  for (int i = 0; i < 4; ++i) watched.fail(0, 1);
  EXPECT_EQ(watched.picker.wakes_at(), kStart + 10s) << "the next sweep";
  std::size_t picked = watched.picker.send();
  while (picked != 0) picked = watched.picker.send();
  watched.picker.finish(0, 1ms, Outcome::error_status);
  EXPECT_EQ(watched.picker.wakes_at(), watched.picker.now);
}

// ---- How many -----------------------------------------------------------------------------------

// [The vectors of EjectionLimit, by failures]
TEST(OutlierEjection, StopsAtItsLimit) {
  const auto left = [](std::size_t count, const Picker::Entries& settings) {
    Watched watched(count, settings);
    // Everybody fails; nobody is asked any more who is out.
    for (int i = 0; i < 200; ++i) {
      const std::size_t picked = watched.picker.try_send();
      if (picked < count) watched.picker.finish(picked, 1ms, Outcome::error_status);
      watched.wait_until(watched.picker.now);
    }
    const std::string used = watched.in_use();
    return count - static_cast<std::size_t>(std::count(used.begin(), used.end(), '-'));
  };
  const Settings::Entry before{"limit", {"before"}};
  const Settings::Entry one{"limit", {"always_one"}};
  EXPECT_EQ(left(5, {}), 5) << "Envoy: 10% of five";
  EXPECT_EQ(left(5, {before}), 4) << "gRPC";
  EXPECT_EQ(left(5, {one}), 4) << "Envoy, always_eject_one_host";
  EXPECT_EQ(left(3, {{"max_ejected", {0.67}}}), 1);
  EXPECT_EQ(left(3, {{"max_ejected", {0.67}}, before}), 0) << "envoy#27066";
  EXPECT_EQ(left(10, {}), 9);
}

// [Envoy: the count begins anew, so that five more are needed when another has come back]
TEST(OutlierEjection, OneThatHadToStayIsFoundOutAgain) {
  Watched watched(4, {{"max_ejected", {0.25}}});
  watched.fail(0, 5);
  watched.fail(1, 5);
  EXPECT_EQ(watched.in_use(), "-bcd") << "a quarter of four is one";
  watched.wait_until(kStart + 40s);
  watched.fail(1, 4);
  EXPECT_EQ(watched.in_use(), "abcd");
  watched.fail(1, 1);
  EXPECT_EQ(watched.in_use(), "a-cd");
}

// ---- How long -----------------------------------------------------------------------------------

TEST(OutlierEjection, LastsThirtySecondsUntilTheNextSweep) {
  Watched watched(4, kHalf);
  watched.wait_until(kStart + 5s);
  watched.fail(1, 5);
  watched.wait_until(kStart + 39s);
  EXPECT_EQ(watched.in_use(), "a-cd") << "at the sweep of 30 s only 25 s had passed";
  watched.wait_until(kStart + 40s);
  EXPECT_EQ(watched.in_use(), "abcd");
}

// How long the ejection lasts that begins now, at a sweep.
Duration lasts(Watched& watched) {
  const Instant from = watched.picker.now;
  watched.fail(1, 5);
  while (watched.in_use()[1] == '-') watched.wait_until(watched.picker.now + 1s);
  return watched.picker.now - from;
}

// [Envoy: base time x ejections in a row, at most 300 s]
TEST(OutlierEjection, LastsLongerEachTimeUpToFiveMinutes) {
  Watched watched(4, kHalf);
  for (int times = 1; times <= 10; ++times)
    EXPECT_EQ(lasts(watched), times * 30s) << "the ejection " << times;
  for (int more = 0; more < 5; ++more) EXPECT_EQ(lasts(watched), 300s);
}

// [Envoy: every sweep takes one off, from the first that comes a whole interval after the return]
TEST(OutlierEjection, IsForgottenSweepBySweep) {
  Watched watched(4, kHalf);
  lasts(watched);
  lasts(watched);
  watched.wait_until(watched.picker.now + 10s);
  EXPECT_EQ(lasts(watched), 2 * 30s) << "two, less one, and this one";
  watched.wait_until(watched.picker.now + 20s);
  EXPECT_EQ(lasts(watched), 30s) << "two, less two, and this one";
  // However often it was ejected, ten times is what has to be forgotten, and one for the bound.
  for (int i = 0; i < 20; ++i) lasts(watched);
  watched.wait_until(watched.picker.now + 110s);
  EXPECT_EQ(lasts(watched), 30s);
}

TEST(OutlierEjection, IsAtLeastTheBaseTime) {
  Watched watched(4, with(kHalf, {"max_ejection_time", {Duration(1s)}}));
  EXPECT_EQ(lasts(watched), 30s) << "gRPC A50: max(base, max)";
}

// ---- Success rate -------------------------------------------------------------------------------

const Picker::Entries kByRate{{"max_ejected", {0.5}}, {"enforce_consecutive", {0.0}}};

// Endpoint i of `count` answers `requests` times, `good[i]` per cent of them well, spread out.
void answer_all(Watched& watched, int requests, const std::vector<int>& good_percent) {
  std::vector<int> sent(good_percent.size(), 0);
  for (std::size_t i = 0; i < good_percent.size() * static_cast<std::size_t>(requests); ++i) {
    const std::size_t picked = watched.picker.send();
    const int number = sent[picked]++;
    const bool good =
        (number + 1) * good_percent[picked] / 100 > number * good_percent[picked] / 100;
    watched.picker.finish(picked, 1ms, good ? Outcome::ok : Outcome::error_status);
  }
}

// The threshold of {51, 100 x 4} is 90.2 - 1.9 * 19.6 = 52.96; of {50, 100 x 4} it is 52.
TEST(OutlierEjection, JudgesSuccessRatesAtSweeps) {
  Watched watched(5, kByRate);
  answer_all(watched, 100, {50, 100, 100, 100, 100});
  EXPECT_EQ(watched.in_use(), "abcde");
  watched.wait_until(kStart + 10s);
  EXPECT_EQ(watched.in_use(), "-bcde");
}

// Of {80, 100, 60, 100, 70} the mean is 82 and sigma 16; 82 - 1.9 * 16 = 51.6, and 60 is above.
TEST(OutlierEjection, SparesAllWhereRatesAreSpread) {
  Watched watched(5, kByRate);
  answer_all(watched, 100, {80, 100, 60, 100, 70});
  watched.wait_until(kStart + 10s);
  EXPECT_EQ(watched.in_use(), "abcde");
}

TEST(OutlierEjection, NeedsFiveEndpointsWithAHundredRequests) {
  Watched four(4, kByRate);
  answer_all(four, 200, {0, 100, 100, 100});
  four.wait_until(kStart + 10s);
  EXPECT_EQ(four.in_use(), "abcd");
  Watched few(5, kByRate);
  answer_all(few, 99, {0, 100, 100, 100, 100});
  few.wait_until(kStart + 10s);
  EXPECT_EQ(few.in_use(), "abcde");
  // What is left of an interval is not taken into the next.
  answer_all(few, 99, {0, 100, 100, 100, 100});
  few.wait_until(kStart + 20s);
  EXPECT_EQ(few.in_use(), "abcde");
}

// Four of ten fail always: the mean is 60, sigma 49, and 60 - 1.9 * 49 < 0. [Envoy: why there is
// a failure percentage besides]
TEST(OutlierEjection, ByFailureShareWhereSuccessRateIsBlind) {
  const std::vector<int> good{0, 0, 0, 0, 100, 100, 100, 100, 100, 100};
  Watched blind(10, kByRate);
  answer_all(blind, 100, good);
  blind.wait_until(kStart + 10s);
  EXPECT_EQ(blind.in_use(), "abcdefghij");
  Watched sees(10, with(kByRate, {"enforce_failure_share", {1.0}}));
  answer_all(sees, 100, good);
  sees.wait_until(kStart + 10s);
  EXPECT_EQ(sees.in_use(), "----efghij");
}

// [Envoy: >= 85]
TEST(OutlierEjection, EightyFiveFailuresInAHundredAreEnough) {
  Watched watched(
      5, with(with(kByRate, {"enforce_failure_share", {1.0}}), {"enforce_success_rate", {0.0}}));
  answer_all(watched, 100, {15, 16, 100, 100, 100});
  watched.wait_until(kStart + 10s);
  EXPECT_EQ(watched.in_use(), "-bcde");
}

// Of {0, 15, 100 x 3} the mean is 63 and sigma 45.6; 63 - 1.2 * 45.6 = 8.3 ejects a. That leaves
// four with enough requests, but five were there to be judged when the sweep began, and b fails 85
// times. [Envoy, processSuccessRateEjections; gRPC A50 counts all addresses with enough requests]
TEST(OutlierEjection, OneVerdictOfASweepTakesNobodyFromTheNext) {
  Watched watched(5, with(with(kByRate, {"enforce_failure_share", {1.0}}), {"deviations", {1.2}}));
  answer_all(watched, 100, {0, 15, 100, 100, 100});
  watched.wait_until(kStart + 10s);
  EXPECT_EQ(watched.in_use(), "--cde");
}

// ---- Enforcement --------------------------------------------------------------------------------

// 400 verdicts on first offenders, each enforced with probability 0.3: 120 are expected, with a
// standard deviation of sqrt(400 * 0.3 * 0.7) = 9.2.
TEST(OutlierEjection, IsEnforcedAsOftenAsItIsTold) {
  Watched watched(400, {{"max_ejected", {1.0}}, {"enforce_consecutive", {0.3}}});
  for (int i = 0; i < 5 * 400; ++i)
    watched.picker.finish(watched.picker.send(), 1ms, Outcome::error_status);
  watched.wait_until(watched.picker.now);
  const std::string used = watched.in_use();
  EXPECT_NEAR(static_cast<double>(std::count(used.begin(), used.end(), '-')), 120, 4 * 9.2);
}

// ---- Those behind, and around -------------------------------------------------------------------

TEST(OutlierEjection, NobodyIsLeftWhenAllAreOut) {
  Watched watched(2, {{"max_ejected", {1.0}}});
  watched.fail(0, 5);
  watched.fail(1, 5);
  EXPECT_EQ(watched.picker.try_pick(), Balancer::kNobody);
  watched.wait_until(kStart + 30s);
  EXPECT_EQ(watched.in_use(), "ab");
}

TEST(OutlierEjection, PanicBehindSendsToAllWhenMostAreOut) {
  Watched watched(4, {{"max_ejected", {1.0}}}, {layer("panic")});
  watched.fail(0, 5);
  watched.fail(1, 5);
  EXPECT_EQ(watched.in_use(), "--cd") << "half is enough";
  watched.fail(2, 5);
  EXPECT_EQ(watched.in_use(), "abcd");
}

TEST(OutlierEjection, PriorityBehindMovesOn) {
  Watched watched(
      4, {{"max_ejected", {1.0}}},
      {layer("priority", {{"mode", {"failover"}}, {"failover_delay", {Duration(0s)}}})});
  auto endpoints = watched.picker.endpoints();
  endpoints[2].priority = endpoints[3].priority = 1;
  watched.picker.set_endpoints(endpoints);
  EXPECT_EQ(watched.in_use(), "ab--");
  watched.fail(0, 5);
  watched.fail(1, 5);
  EXPECT_EQ(watched.in_use(), "--cd");
}

TEST(OutlierEjection, StaysWithTheEndpointWhenTheSetChanges) {
  Watched watched(4, kHalf);
  watched.fail(1, 5);
  auto endpoints = watched.picker.endpoints();
  std::rotate(endpoints.begin(), endpoints.begin() + 1, endpoints.end());
  watched.picker.set_endpoints(endpoints);
  EXPECT_EQ(watched.in_use(), "-bcd") << "it stands first now";
  endpoints.erase(endpoints.begin());
  watched.picker.set_endpoints(endpoints);
  EXPECT_EQ(watched.in_use(), "abc");
  watched.fail(0, 5);
  EXPECT_EQ(watched.in_use(), "-bc") << "one of three: who left while it was out counts no more";
}

// Found sick by others for a while, it is not forgotten here.
TEST(OutlierEjection, OutlivesAnotherVerdict) {
  Watched watched(4, kHalf);
  watched.fail(1, 5);
  auto endpoints = watched.picker.endpoints();
  endpoints[1].healthy = false;
  watched.picker.set_endpoints(endpoints);
  watched.wait_until(kStart + 5s);
  endpoints[1].healthy = true;
  watched.picker.set_endpoints(endpoints);
  EXPECT_EQ(watched.in_use(), "a-cd");
}

TEST(OutlierEjection, LeavesTheBalancerAloneUntilSomebodyIsEjected) {
  Watched watched(3, kHalf);
  const std::uint64_t before = allocations();
  watched.wait_until(kStart + 100s);
  EXPECT_EQ(allocations() - before, 0) << "ten sweeps, and nothing to arrange";
}

}  // namespace
}  // namespace steelyard::test
