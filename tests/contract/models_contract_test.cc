// What every registered distribution, schedule and kind of arrivals promises, whatever it does.
// A new one joins by being registered, and by an example of its settings here.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "models/phase_type.h"
#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

using Examples = std::map<std::string, std::vector<Given>>;

Value exponentials() { return {Value::List{exponential(1ms), exponential(9ms)}}; }

const Examples& distributions() {
  static const Examples all{
      {"constant", {{{"value", time(3ms)}}, {{"value", time(0s)}}}},
      {"uniform", {{{"min", time(0ms)}, {"max", time(4ms)}}}},
      {"exponential", {{{"mean", time(5ms)}}, {{"mean", time(1h)}}, {{"mean", time(1ns)}}}},
      {"lognormal",
       {{{"median", time(3ms)}, {"p99", time(12ms)}}, {{"mean", time(3ms)}, {"sigma", number(2)}}}},
      {"gamma",
       {{{"mean", time(4ms)}, {"shape", number(4)}},
        {{"mean", time(4ms)}, {"shape", number(0.01)}}}},
      {"weibull",
       {{{"mean", time(4ms)}, {"shape", number(0.7)}},
        {{"scale", time(4ms)}, {"shape", number(0.05)}}}},
      {"pareto",
       {{{"minimum", time(1ms)}, {"shape", number(1.5)}},
        {{"minimum", time(1ms)}, {"shape", number(0.05)}}}},
      {"hyperexponential",
       {{{"mean", time(5ms)}, {"scv", number(4)}},
        {{"probabilities", numbers_of({0.9, 0.1})}, {"means", times({1ms, 10ms})}}}},
      {"bimodal", {{{"fast", time(1ms)}, {"slow", time(10ms)}}}},
      {"mixture", {{{"weights", numbers_of({9, 1})}, {"of", exponentials()}}}},
      {"empirical",
       {{{"percentiles", percentiles({{0.5, 2ms}, {0.99, 9ms}})}},
        {{"percentiles", percentiles({{0, 1ms}, {1, 9ms}})}},
        {{"file", table({"value_ms"}, {1, 2, 4})}}}},
  };
  return all;
}

const Examples& schedules() {
  static const Examples all{
      {"constant", {{{"rate", number(100)}}}},
      {"ramp",
       {{{"from", number(0)}, {"to", number(200)}, {"over", time(20s)}},
        {{"from", number(200)}, {"to", number(0)}, {"over", time(20s)}, {"start_at", time(5s)}}}},
      {"steps",
       {{{"rates", numbers_of({100, 0, 50})}, {"every", time(10s)}},
        {{"rates", numbers_of({100, 200})}, {"at", times({1s, 7s})}}}},
      {"spike",
       {{{"base", number(10)}, {"peak", number(500)}, {"at", time(10s)}, {"for", time(5s)}}}},
      {"diurnal",
       {{{"mean", number(100)}, {"period", time(30s)}},
        {{"mean", number(100)}, {"amplitude", number(1)}, {"phase", number(0.75)}}}},
  };
  return all;
}

const Examples& arrivals() {
  static const Value kDay =
      strategy("schedule", "diurnal", {{"mean", number(100)}, {"period", time(30s)}});
  static const Examples all{
      {"poisson", {{{"rate", rate(100)}}, {{"rate", kDay}}}},
      {"constant", {{{"rate", rate(100)}}, {{"rate", kDay}}}},
      {"renewal",
       {{{"interarrival", exponential(10ms)}},
        {{"interarrival", exponential(10ms)}, {"rate", kDay}}}},
      {"on_off", {{{"on_rate", number(300)}, {"mean_on", time(1s)}, {"mean_off", time(2s)}}}},
      {"counts",
       {{{"file", table({"requests"}, {100, 0, 120})}},
        {{"file", table({"requests"}, {100, 0, 120})}, {"rate_scale", number(2.5)}}}},
      {"timestamps", {{{"file", table({"seconds"}, {0, 0.5, 0.5, 2})}}}},
  };
  return all;
}

struct Case {
  std::string name;
  std::size_t number;
  Given given;
};
void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

template <class Interface>
std::vector<Case> cases(const Examples& examples) {
  std::vector<Case> all;
  for (const StrategyInfo* info : Catalogue::of_kind(Interface::kKind)) {
    const auto found = examples.find(info->name);
    if (found == examples.end())
      all.push_back({info->name, 0, {}});  // fails where it is made
    else
      for (std::size_t i = 0; i < found->second.size(); ++i)
        all.push_back({info->name, i + 1, found->second[i]});
  }
  return all;
}

template <class ParamInfo>
std::string case_name(const ParamInfo& info) {
  return info.param.name + "_" + std::to_string(info.param.number);
}

class EveryDistribution : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    ASSERT_NE(GetParam().number, 0u) << "add an example of " << GetParam().name;
    distribution_ = make<Distribution>(GetParam().name, GetParam().given);
    ASSERT_NE(distribution_, nullptr);
  }
  std::unique_ptr<Distribution> distribution_;
};

TEST_P(EveryDistribution, GivesDelaysThatAreNeverNegativeAndNeverTooLong) {
  RandomStream random(90);
  for (int i = 0; i < 20'000; ++i) {
    RandomStream copy = random;
    ASSERT_FALSE(distribution_->sample(copy) < 0) << "seed 90";
    const Duration delay = sample_duration(*distribution_, random);
    ASSERT_GE(delay, 0ns) << "seed 90";
    ASSERT_LE(delay, kDelayMax) << "seed 90";
  }
}

TEST_P(EveryDistribution, GivesTheSameSamplesForTheSameStream) {
  EXPECT_EQ(samples(*distribution_, 91, 100), samples(*distribution_, 91, 100));
}

// A request's demand is drawn from its own stream: the draws of one must not depend on others'.
TEST_P(EveryDistribution, RemembersNothing) {
  const std::vector<double> before = samples(*distribution_, 92, 10);
  (void)samples(*distribution_, 93, 1001);
  EXPECT_EQ(samples(*distribution_, 92, 10), before);
}

TEST_P(EveryDistribution, KnowsItsMeanAndItsVariance) {
  EXPECT_GE(distribution_->mean_seconds(), 0);
  EXPECT_GE(distribution_->variance_seconds2(), 0);
  const double mean = distribution_->mean_seconds();
  const double deviation = std::sqrt(distribution_->variance_seconds2());
  if (std::isinf(deviation) || deviation > 20 * mean) return;  // no average of this size settles
  double sum = 0;
  for (const double x : samples(*distribution_, 94, 100'000)) sum += x;
  EXPECT_NEAR(sum / 100'000, mean, 6 * deviation / std::sqrt(100'000) + 1e-9 * mean) << "seed 94";
}

// Of Dvoretzky, Kiefer and Wolfowitz (with Massart's constant): the share of n samples and the
// probability are nowhere further apart than sqrt(ln(2/a)/2n), but with probability a = 1e-6,
// whatever the distribution; so 0.0086 for n = 100,000. Where values repeat, before them, too.
TEST_P(EveryDistribution, HasTheTailOfItsSamples) {
  constexpr std::size_t kSamples = 100'000;
  std::vector<double> all = samples(*distribution_, 98, kSamples);
  std::sort(all.begin(), all.end());
  const double bound = std::sqrt(std::log(2e6) / (2 * kSamples));
  for (std::size_t i = 0; i < kSamples; ++i) {
    const bool first = i == 0 || all[i - 1] < all[i];
    const bool last = i + 1 == kSamples || all[i] < all[i + 1];
    const auto beyond = [](std::size_t count) {
      return static_cast<double>(kSamples - count) / kSamples;
    };
    if (first && all[i] > 0) {
      ASSERT_NEAR(distribution_->tail(std::nextafter(all[i], 0)), beyond(i), bound) << all[i];
    }
    if (last) {
      ASSERT_NEAR(distribution_->tail(all[i]), beyond(i + 1), bound) << all[i];
    }
  }
}

TEST_P(EveryDistribution, HasATailThatFallsFromOneToNothing) {
  double before = 1;
  for (double t = 0; t<1e300; t = t> 0 ? t * 1.01 : 1e-12) {
    const double tail = distribution_->tail(t);
    ASSERT_LE(tail, before * (1 + 1e-12)) << t;
    ASSERT_GE(tail, 0) << t;
    before = tail;
  }
  EXPECT_LT(before, 1e-9);
}

// A tail that falls has an integral between the sums of its values at the ends of as many pieces.
// All of it is the mean.
TEST_P(EveryDistribution, ExpectsAnExcessThatIsTheIntegralOfItsTail) {
  const double mean = distribution_->mean_seconds();
  EXPECT_DOUBLE_EQ(distribution_->expected_excess(0), mean);
  if (std::isinf(mean)) return;
  constexpr int kPieces = 100;
  for (double from = 1e-6; from < 10; from *= 1.7) {
    const double step = 0.7 * from / kPieces;
    double sum = 0;  // at the begins
    for (int i = 0; i < kPieces; ++i) sum += distribution_->tail(from + i * step) * step;
    const double drop = distribution_->tail(from) - distribution_->tail(from + kPieces * step);
    const double integral = distribution_->expected_excess(from) -
                            distribution_->expected_excess(from + kPieces * step);
    const double rounding = 1e-12 * (from + mean);
    ASSERT_LE(integral, sum + rounding) << from;
    ASSERT_GE(integral, sum - drop * step - rounding) << from;
  }
  EXPECT_LE(distribution_->expected_excess(1e15 * mean), 0.01 * mean);
}

TEST_P(EveryDistribution, HasTheMomentsOfItsPhases) {
  const auto phases = distribution_->phases();
  if (!phases) return;
  const double mean = distribution_->mean_seconds();
  EXPECT_NEAR(phases->mean(), mean, 1e-12 * mean);
  EXPECT_NEAR(phases->variance(), distribution_->variance_seconds2(), 1e-12 * mean * mean);
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryDistribution,
                         testing::ValuesIn(cases<Distribution>(distributions())),
                         [](const auto& test) { return case_name(test); });

class EverySchedule : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    ASSERT_NE(GetParam().number, 0u) << "add an example of " << GetParam().name;
    schedule_ = make<RateSchedule>(GetParam().name, GetParam().given);
    ASSERT_NE(schedule_, nullptr);
  }
  std::unique_ptr<RateSchedule> schedule_;
};

TEST_P(EverySchedule, HasARateThatIsNeverNegative) {
  for (double t = 0; t < 100; t += 0.01) ASSERT_GE(schedule_->rate_at(t), 0) << t;
  EXPECT_GE(schedule_->rate_at(1e9), 0);
}

// The midpoint rule over a hundredth of a second, off by at most a jump's height times half a step.
TEST_P(EverySchedule, ExpectsTheIntegralOfItsRate) {
  EXPECT_EQ(schedule_->expected_by(0), 0);
  double sum = 0;
  for (int i = 0; i < 6000; ++i) {
    sum += schedule_->rate_at((i + 0.5) / 100) / 100;
    ASSERT_NEAR(schedule_->expected_by((i + 1) / 100.0), sum, 1e-3 * (1 + sum)) << i;
  }
}

TEST_P(EverySchedule, InvertsItsIntegral) {
  EXPECT_EQ(schedule_->time_of(0), 0);
  for (double t = 0.1; t < 60; t += 0.1) {
    const double count = schedule_->expected_by(t);
    const double time = schedule_->time_of(count);
    // The least such time, as far as a rounding error of 1e-9 of a request can tell.
    const double rate = schedule_->rate_at(t);
    ASSERT_LE(time, t + 1e-6 + (rate > 0 ? 1e-9 / rate : 0));
    ASSERT_NEAR(schedule_->expected_by(time), count, 1e-6);
  }
}

TEST_P(EverySchedule, SaysOnlyOfAConstantRateThatItIsOne) {
  const double rate = schedule_->constant_rate();
  if (rate < 0) return;
  for (double t = 0; t < 100; t += 0.5) ASSERT_EQ(schedule_->rate_at(t), rate);
}

INSTANTIATE_TEST_SUITE_P(Registered, EverySchedule,
                         testing::ValuesIn(cases<RateSchedule>(schedules())),
                         [](const auto& test) { return case_name(test); });

class EveryArrivals : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    ASSERT_NE(GetParam().number, 0u) << "add an example of " << GetParam().name;
    ASSERT_NE(fresh(), nullptr);
  }
  static std::unique_ptr<Arrivals> fresh() {
    return make<Arrivals>(GetParam().name, GetParam().given);
  }
};

// arrivals_before() fails if an arrival precedes the one before.
TEST_P(EveryArrivals, NeverRunsBackwards) {
  const auto arrivals = fresh();
  const auto all = arrivals_before(*arrivals, 95, 60);
  EXPECT_FALSE(all.empty());
  EXPECT_LT(all.size(), 60'000u);
}

TEST_P(EveryArrivals, ComesAtTheSameTimesForTheSameStream) {
  EXPECT_EQ(arrivals_before(*fresh(), 96, 10), arrivals_before(*fresh(), 96, 10));
}

TEST_P(EveryArrivals, StaysSilentOnceItHasEnded) {
  const auto arrivals = fresh();
  arrivals->start(RandomStream(97));
  for (int i = 0; i < 100'000; ++i)
    if (arrivals->next() == kNever) {
      for (int k = 0; k < 10; ++k) ASSERT_EQ(arrivals->next(), kNever);
      return;
    }
}

// Bursty ones included: their counts' index of dispersion is below 200 in these examples.
TEST_P(EveryArrivals, HasTheRateItStates) {
  const auto arrivals = fresh();
  const double rate = arrivals->constant_rate();
  if (rate < 0) return;
  constexpr double kSeconds = 1000;
  const auto count = static_cast<double>(arrivals_before(*arrivals, 98, kSeconds).size());
  EXPECT_NEAR(count, rate * kSeconds, 5 * std::sqrt(200 * rate * kSeconds)) << "seed 98";
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryArrivals, testing::ValuesIn(cases<Arrivals>(arrivals())),
                         [](const auto& test) { return case_name(test); });

// --- What `list`, `explain` and the docs are made of.

class EveryModel : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(EveryModel, IsExplained) {
  const auto& [kind, name] = GetParam();
  const StrategyInfo& info = *Catalogue::find(kind, name);
  EXPECT_FALSE(info.summary.empty());
  EXPECT_EQ(info.summary.back(), '.') << info.summary;
  EXPECT_LE(info.summary.size(), 80u) << info.summary;
  EXPECT_GT(info.doc.size(), info.summary.size());
  EXPECT_FALSE(info.formula.empty());
  EXPECT_FALSE(info.cost.empty());
  EXPECT_FALSE(info.parameters.empty());
  for (const Parameter& parameter : info.parameters) {
    EXPECT_FALSE(parameter.doc.empty()) << parameter.name;
    EXPECT_EQ(parameter.doc.back(), '.') << parameter.name;
    EXPECT_EQ(parameter.type == Type::strategy, !parameter.kind.empty()) << parameter.name;
  }
}

std::vector<std::pair<std::string, std::string>> models() {
  std::vector<std::pair<std::string, std::string>> all;
  for (const char* kind : {Distribution::kKind, RateSchedule::kKind, Arrivals::kKind})
    for (const StrategyInfo* info : Catalogue::of_kind(kind)) all.emplace_back(kind, info->name);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryModel, testing::ValuesIn(models()), [](const auto& test) {
  return test.param.first + "_" + test.param.second;
});

// A folder that the linker dropped would make every test above pass by having no cases.
TEST(Models, AreAllRegistered) {
  for (const auto& [name, given] : distributions())
    EXPECT_NE(Catalogue::find("distribution", name), nullptr) << name;
  for (const auto& [name, given] : schedules())
    EXPECT_NE(Catalogue::find("schedule", name), nullptr) << name;
  for (const auto& [name, given] : arrivals())
    EXPECT_NE(Catalogue::find("arrivals", name), nullptr) << name;
}

}  // namespace
}  // namespace steelyard
