// What every balancer that reads load reports or asks probes must hold, by being registered: the
// network may lose, delay, repeat and reorder what servers say, and servers may say nothing.
#include "tests/balancers/picker.h"
#include "tests/contract/balancer_variants.h"

namespace steelyard::test {
namespace {

std::unique_ptr<Balancer> make(const Named& named) {
  return std::move(Registration<Balancer>::make(named).value());
}

std::vector<Named> variants_that(bool (*hold)(const Balancer&)) {
  std::vector<Named> variants = all_variants();
  std::erase_if(variants, [&](const Named& named) { return !hold(*make(named)); });
  return variants;
}

class AskingBalancer : public testing::TestWithParam<Named> {};
class ReportReadingBalancer : public testing::TestWithParam<Named> {};
class HearingBalancer : public testing::TestWithParam<Named> {};

INSTANTIATE_TEST_SUITE_P(All, AskingBalancer,
                         testing::ValuesIn(variants_that([](const Balancer& balancer) {
                           return balancer.asks();
                         })),
                         test_name);
INSTANTIATE_TEST_SUITE_P(All, ReportReadingBalancer,
                         testing::ValuesIn(variants_that([](const Balancer& balancer) {
                           return balancer.wants_reports();
                         })),
                         test_name);
INSTANTIATE_TEST_SUITE_P(All, HearingBalancer,
                         testing::ValuesIn(variants_that([](const Balancer& balancer) {
                           return balancer.asks() || balancer.wants_reports();
                         })),
                         test_name);

LoadReport random_report(RandomStream& random) {
  const auto below = [&](std::uint64_t n) { return static_cast<double>(random.below(n)); };
  return {.in_flight = static_cast<std::uint32_t>(random.below(20)),
          .queued = static_cast<std::uint32_t>(random.below(10)),
          .utilisation = below(100) / 100,
          .cpu_utilisation = below(100) / 100,
          .requests_per_second = below(1000),
          .errors_per_second = below(10),
          .latency = random.below(50) * 1ms,
          .service_time = random.below(10) * 1ms};
}

// Reports at the edge of what a double holds, for those that divide by them.
std::vector<LoadReport> extreme_reports() {
  return {{},
          {.in_flight = 4294967295,
           .queued = 4294967295,
           .utilisation = 1e300,
           .cpu_utilisation = 1e300,
           .requests_per_second = 1e300,
           .errors_per_second = 1e300,
           .latency = Duration::max(),
           .service_time = Duration::max()},
          {.utilisation = 5e-324,
           .cpu_utilisation = 5e-324,
           .requests_per_second = 1e300,
           .latency = 1ns,
           .service_time = 1ns},
          {.utilisation = 1e300,
           .cpu_utilisation = 1e300,
           .requests_per_second = 5e-324,
           .errors_per_second = 1e300}};
}

// A network and servers that do their worst. Returns where requests were sent, by id.
class WorstCase {
 public:
  // Absurd: some reports are at the edge of what a number holds.
  WorstCase(const Named& named, std::uint64_t seed, bool absurd)
      : picker(named, hosts(80, 10), seed), random_(mix64(seed)), absurd_(absurd) {}

  std::uint32_t step() {
    picker.now += Duration(static_cast<std::int64_t>(random_.below(5000000)));
    if (picker.wakes_at() <= picker.now) picker.wake();
    trouble();
    while (under_way_.size() > 30 || (!under_way_.empty() && random_.chance(0.4))) answer_one();
    const std::size_t position = picker.send();
    under_way_.push_back(picker.endpoints()[position].id);
    return under_way_.back();
  }

  // One leaves, or a new one comes.
  void change() {
    auto endpoints = picker.endpoints();
    if (endpoints.size() > 1 && random_.chance(0.5)) {
      const auto leaving = endpoints.begin() + static_cast<int>(random_.below(endpoints.size()));
      std::erase(under_way_, leaving->id);
      std::erase_if(repeatable_, [&](const auto& old) { return old.first == leaving->id; });
      endpoints.erase(leaving);
    } else {
      endpoints.push_back({.name = "new" + std::to_string(next_id_), .id = next_id_});
      ++next_id_;
    }
    std::swap(endpoints.front(), endpoints[random_.below(endpoints.size())]);
    picker.set_endpoints(std::move(endpoints));
  }

  Picker picker;

 private:
  std::size_t position_of(std::uint32_t id) const {
    std::size_t i = 0;
    while (picker.endpoints()[i].id != id) ++i;
    return i;
  }

  // Probes are answered out of order, some not at all and never, some twice.
  void trouble() {
    while (picker.probes().size() > 50 || (!picker.probes().empty() && random_.chance(0.5))) {
      const std::size_t which = random_.below(picker.probes().size());
      const Probe probe = picker.probes()[which];
      if (repeatable_.size() < 20)
        repeatable_.emplace_back(picker.endpoints()[probe.position].id, probe);
      const LoadReport report = random_report(random_);
      picker.answer_probe(random_.chance(0.8) ? &report : nullptr, which);
    }
    if (repeatable_.empty() || !random_.chance(0.2)) return;
    auto [id, probe] = repeatable_[random_.below(repeatable_.size())];
    probe.position = position_of(id);
    const LoadReport report = random_report(random_);
    picker.answer_probe(probe, random_.chance(0.8) ? &report : nullptr);
  }

  void answer_one() {
    std::swap(under_way_[random_.below(under_way_.size())], under_way_.back());
    const std::size_t position = position_of(under_way_.back());
    under_way_.pop_back();
    picker.report = random_report(random_);
    if (absurd_ && random_.chance(0.1)) {
      const auto extreme = extreme_reports();
      picker.report = extreme[random_.below(extreme.size())];
    }
    picker.reports = random_.chance(0.7);
    const Duration latency = random_.below(50) * 1ms;
    const bool ok = random_.chance(0.8);
    const bool cancelled = random_.chance(0.5);
    picker.finish(position, latency,
                  ok          ? Outcome::ok
                  : cancelled ? Outcome::cancelled
                              : Outcome::deadline_exceeded);
  }

  RandomStream random_;
  bool absurd_;
  std::vector<std::uint32_t> under_way_;                     // ids
  std::vector<std::pair<std::uint32_t, Probe>> repeatable_;  // answered before; with the id
  std::uint32_t next_id_ = 1000;
};

// A pick outside the set is what Picker itself complains of.
TEST_P(HearingBalancer, PicksFromTheSetWhateverIsHeard) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    WorstCase world(GetParam(), seed, true);
    for (int change = 0; change < 60; ++change) {
      for (int i = 0; i < 40; ++i) world.step();
      world.change();
      ASSERT_FALSE(HasFailure()) << "seed " << seed << ", change " << change;
    }
  }
}

// Random lies are about the same for all, so nobody is shunned for ever: of 20,000 requests each of
// ten has 2000 if shared evenly, and gets a hundredth of that at least.
TEST_P(HearingBalancer, NobodyStarvesWhateverIsHeard) {
  WorstCase world(GetParam(), 1, false);
  std::vector<int> counts(10, 0);
  for (int i = 0; i < 20000; ++i) ++counts[world.step()];
  for (const int count : counts) EXPECT_GT(count, 20);
}

TEST_P(HearingBalancer, TheSameIsHeardTheSameIsPicked) {
  WorstCase one(GetParam(), 7, true);
  WorstCase two(GetParam(), 7, true);
  for (int i = 0; i < 3000; ++i) ASSERT_EQ(one.step(), two.step()) << "seed 7, step " << i;
}

// Requests are answered and reports never come, probes are asked and answers never come: still
// everybody gets some, evenly: each of four 5000, within 20%.
TEST_P(HearingBalancer, DoesItsWorkWhereNobodyReports) {
  Picker picker(GetParam(), hosts(80, 4));
  picker.reports = false;
  std::vector<int> counts(4, 0);
  for (int i = 0; i < 20000; ++i) {
    picker.now += 1ms;
    if (picker.wakes_at() <= picker.now) picker.wake();
    while (picker.probes().size() > 20) picker.answer_probe(nullptr);
    const std::size_t position = picker.send();
    ++counts[position];
    picker.finish(position, 5ms);
  }
  for (const int count : counts) EXPECT_NEAR(count, 5000, 1000);
}

// Of four, one never says anything. It gets some nevertheless, or nobody would see it recover: a
// tenth of its even share at least. (Whoever goes by answers to probes may leave such a one alone.)
TEST_P(ReportReadingBalancer, OneThatNeverReportsStillGetsRequests) {
  Picker picker(GetParam(), hosts(80, 4));
  picker.report = {
      .utilisation = 0.5, .cpu_utilisation = 0.5, .requests_per_second = 250, .service_time = 5ms};
  int silent = 0;
  for (int i = 0; i < 20000; ++i) {
    picker.now += 1ms;
    const std::size_t position = picker.send();
    if (position == 0) ++silent;
    picker.reports = position != 0;
    picker.finish(position, 5ms);
  }
  EXPECT_GT(silent, 500);
}

// Of four endpoints b is idle and says so; it leaves, and a newcomer takes its position. Of 200
// first picks after that, a newcomer of whom nothing is known may get a quarter, at random; 100 are
// eight deviations more.
TEST_P(AskingBalancer, AnAnswerIsNotUsedForWhoTakesTheEndpointsPlace) {
  const LoadReport idle{.latency = 1ms};
  const LoadReport busy{.in_flight = 100, .latency = 900ms};
  int newcomer = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Picker picker(GetParam(), weighted({1, 1, 1, 1}), seed);
    for (int i = 0; i < 5; ++i) picker.finish(picker.send(), 1ms);
    while (!picker.probes().empty() && picker.probes().front().kind == Probe::Kind::load)
      picker.answer_probe(picker.probes().front().position == 1 ? &idle : &busy);
    for (std::size_t i = 0; i < picker.probes().size(); ++i)
      if (picker.probes()[i].position == 1) {
        picker.answer_probe(&idle, i);
        break;
      }
    auto endpoints = picker.endpoints();
    endpoints[1] = {.name = "new", .id = 77};
    picker.set_endpoints(endpoints);
    newcomer += picker.pick() == 1 ? 1 : 0;
  }
  EXPECT_LT(newcomer, 100);
}

// An answer may well cause another question; but not at the same instant for ever.
TEST_P(AskingBalancer, AsksNoMoreThanItIsAnswered) {
  Picker picker(GetParam(), hosts(80, 4));
  for (int i = 0; i < 100; ++i) picker.finish(picker.send(), 1ms);
  const std::size_t asked = picker.probes().size();
  for (std::size_t i = 0; i < asked; ++i) picker.answer_probe(nullptr);
  EXPECT_EQ(picker.probes().size(), 0) << "no answer came; it asked again at once";
  const LoadReport idle;
  for (int i = 0; i < 100; ++i) {
    if (picker.wakes_at() != kNever) picker.wake();
    const std::size_t before = picker.probes().size();
    if (before == 0) continue;
    picker.answer_probe(&idle);
    EXPECT_LE(picker.probes().size(), before) << "one answer, more than one question";
  }
}

// Without it a balancer that waits for word would wait for ever once the word was lost.
TEST_P(AskingBalancer, AsksAgainAfterAWhileIfAllIsLost) {
  Picker picker(GetParam(), hosts(80, 4));
  picker.pick();
  const std::size_t asked = picker.probes().size();
  ASSERT_NE(picker.wakes_at(), kNever);
  for (int i = 0; i < 3; ++i) picker.wake();
  EXPECT_GT(picker.probes().size(), asked);
}

TEST_P(ReportReadingBalancer, TakesExtremeReports) {
  for (const LoadReport& report : extreme_reports()) {
    Picker picker(GetParam(), hosts(80, 3));
    for (int i = 0; i < 300; ++i) {
      picker.now += 1s;
      picker.report = report;
      picker.finish(picker.send(), 1ms);
    }
  }
}

// A caller that left says nothing, nor does what its server said to somebody who was not there to
// hear it. From then on the picks are those of a twin that picked but never sent.
TEST_P(ReportReadingBalancer, DoesNotReadTheReportOfACancelledAttempt) {
  Picker left(GetParam(), hosts(80, 5));
  Picker twin(GetParam(), hosts(80, 5));
  RandomStream random(mix64(1));
  for (int round = 0; round < 500; ++round) {
    const LoadReport heard = random_report(random);
    for (Picker* picker : {&left, &twin}) {
      picker->now += 5ms;
      picker->report = heard;
      picker->finish(picker->send(), 3ms);
    }
    const std::size_t position = left.send();
    left.report = random_report(random);
    left.finish(position, 1ms, Outcome::cancelled);
    ASSERT_EQ(twin.pick(), position) << "round " << round;
  }
}

TEST(ReportsContract, TraitsAreWhatBalancersDo) {
  for (const StrategyInfo* info : Catalogue::of_kind(Balancer::kKind)) {
    const auto balancer = make(defaults(Balancer::kKind, info->name));
    EXPECT_EQ(info->has_trait("reports"), balancer->wants_reports()) << info->name;
    EXPECT_EQ(info->has_trait("probes"), balancer->asks()) << info->name;
    EXPECT_TRUE(!balancer->wants_reports() || balancer->wants_feedback())
        << info->name << ": reports come with feedback";
  }
}

}  // namespace
}  // namespace steelyard::test
