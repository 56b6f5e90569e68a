#include "reports/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/math.h"
#include "core/random.h"

namespace steelyard {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kSeed = 20260211;

// A standard normal value; one uniform in (0, 1) each.
double standard_normal(RandomStream& stream) {
  double u = stream.uniform();
  while (u == 0) u = stream.uniform();
  return math::normal_quantile(u);
}

// Any table of Student's t: two-sided 5%, 1%.
TEST(StudentT, CriticalValuesAreThoseOfThePrintedTables) {
  EXPECT_NEAR(student_t_critical(0.05, 1), 12.706, 5e-4);
  EXPECT_NEAR(student_t_critical(0.05, 9), 2.262, 5e-4);
  EXPECT_NEAR(student_t_critical(0.05, 30), 2.042, 5e-4);
  EXPECT_NEAR(student_t_critical(0.01, 9), 3.250, 5e-4);
}

// 1, 2, 3, 4: mean 2.5, variance 5/3, standard error sqrt(5/12) = 0.6455; t(3) = 3.1824;
// half 2.0543.
TEST(EstimateMean, IsTheMeanWithStudentsInterval) {
  const Estimate estimate = estimate_mean(std::vector<double>{1, 2, 3, 4});
  EXPECT_DOUBLE_EQ(estimate.value, 2.5);
  ASSERT_TRUE(estimate.ci95);
  EXPECT_NEAR(estimate.ci95->low, 2.5 - 2.0543, 1e-4);
  EXPECT_NEAR(estimate.ci95->high, 2.5 + 2.0543, 1e-4);
  EXPECT_EQ(estimate.samples, 4u);
}

TEST(EstimateMean, OfOneReplicationHasNoInterval) {
  const Estimate estimate = estimate_mean(std::vector<double>{7});
  EXPECT_DOUBLE_EQ(estimate.value, 7);
  EXPECT_FALSE(estimate.ci95);
}

TEST(EstimateMean, OfNothingIsNotANumber) {
  EXPECT_TRUE(std::isnan(estimate_mean({}).value));
  EXPECT_TRUE(std::isnan(estimate_mean(std::vector<double>{kNoValue, kNoValue}).value));
}

TEST(EstimateMean, LeavesOutReplicationsWithoutData) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Estimate estimate = estimate_mean(std::vector<double>{1, kNoValue, 3, infinity});
  EXPECT_DOUBLE_EQ(estimate.value, 2);
  EXPECT_EQ(estimate.samples, 2u);
}

// Equal samples measured exactly: the interval is a point. Measured in steps of 0.12: the standard
// deviation is at least 0.12 / sqrt(12), over four samples half of that, times t(3) = 3.1824.
TEST(EstimateMean, OfEqualSamplesIsOnlyAsSureAsTheyWereMeasured) {
  const std::vector<double> equal{5, 5, 5, 5};
  const Estimate exact = estimate_mean(equal);
  EXPECT_EQ(exact.ci95->low, 5);
  EXPECT_EQ(exact.ci95->high, 5);
  const Estimate coarse = estimate_mean(equal, 0.12);
  EXPECT_NEAR(coarse.ci95->high - 5, 3.1824 * 0.12 / std::sqrt(12.0) / 2, 1e-5);
}

// Large offsets must not eat the variance: 1e9 + {1, 2, 3} has the spread of {1, 2, 3}.
TEST(EstimateMean, KeepsASmallSpreadBesideALargeMean) {
  const Estimate small = estimate_mean(std::vector<double>{1, 2, 3});
  const Estimate large = estimate_mean(std::vector<double>{1e9 + 1, 1e9 + 2, 1e9 + 3});
  EXPECT_NEAR(large.ci95->high - large.value, small.ci95->high - small.value, 1e-6);
}

// 4000 intervals cover the truth 3800 times give or take 3 sqrt(4000 * .95 * .05) = 41.
TEST(EstimateMean, IntervalsCoverTheTruthInNinetyFivePercent) {
  for (const std::size_t replications : {3u, 10u}) {
    RandomStream stream = RandomStream(kSeed).stream("coverage").stream(replications);
    int covered = 0;
    for (int trial = 0; trial < 4000; ++trial) {
      std::vector<double> samples;
      for (std::size_t r = 0; r < replications; ++r)
        samples.push_back(10 + standard_normal(stream));
      covered += estimate_mean(samples).ci95->contains(10);
    }
    EXPECT_NEAR(covered, 3800, 41) << "seed " << kSeed << ", " << replications << " replications";
  }
}

// [Shaffer 1986, table 1]
TEST(ShafferCounts, AreThePublishedOnes) {
  EXPECT_THAT(shaffer_counts(2), ElementsAre(1));
  EXPECT_THAT(shaffer_counts(3), ElementsAre(3, 1, 1));
  EXPECT_THAT(shaffer_counts(4), ElementsAre(6, 3, 3, 3, 2, 1));
  EXPECT_THAT(shaffer_counts(5), ElementsAre(10, 6, 6, 6, 6, 4, 4, 3, 2, 1));
  EXPECT_TRUE(shaffer_counts(1).empty());
}

// What replications share (the arrivals) cancels in pairs: 10, 20, 30 against 11, 21.1, 30.9 differ
// by -1, -1.1, -0.9; standard error 0.1 / sqrt 3 = 0.0577, t = -17.3, p = 0.0033 at 2 degrees.
TEST(AllPairs, ComparesReplicationByReplication) {
  const std::vector<std::vector<double>> samples{{10, 20, 30}, {11, 21.1, 30.9}};
  const AllPairs pairs(samples);
  EXPECT_TRUE(pairs.differ(0, 1));
  EXPECT_NEAR(pairs.difference(0, 1), -1, 1e-12);
  EXPECT_NEAR(pairs.difference(1, 0), 1, 1e-12);
  // t(2) = 4.3027 times 0.05774 = 0.24842.
  EXPECT_NEAR(pairs.interval(0, 1)->low, -1.24842, 1e-4);
  EXPECT_NEAR(pairs.interval(1, 0)->low, 1 - 0.24842, 1e-4);
}

TEST(AllPairs, SeeNoDifferenceInOneReplication) {
  const std::vector<std::vector<double>> samples{{1}, {100}};
  const AllPairs pairs(samples);
  EXPECT_FALSE(pairs.differ(0, 1));
  EXPECT_FALSE(pairs.interval(0, 1));
  EXPECT_EQ(pairs.difference(1, 0), 99);
}

TEST(AllPairs, EqualThroughoutIsNoDifference) {
  const std::vector<std::vector<double>> samples{{5, 5, 5}, {5, 5, 5}};
  EXPECT_FALSE(AllPairs(samples).differ(0, 1));
}

TEST(AllPairs, ConstantDifferencesAreRealIfMeasuredFinelyEnough) {
  const std::vector<std::vector<double>> samples{{5, 6, 7}, {5.01, 6.01, 7.01}};
  EXPECT_TRUE(AllPairs(samples).differ(0, 1));
  // In steps of 0.02 a difference of 0.01 is rounding.
  const std::vector<double> steps{0.02, 0.02};
  EXPECT_FALSE(AllPairs(samples, steps).differ(0, 1));
}

TEST(AllPairs, SkipReplicationsThatEitherLacks) {
  const std::vector<std::vector<double>> samples{{1, kNoValue, 3, 4}, {2, 2, kNoValue, 5.5}};
  EXPECT_DOUBLE_EQ(AllPairs(samples).difference(1, 0), 1.25);  // (1 + 1.5) / 2
  const std::vector<std::vector<double>> unequal{{1, 2, 3}, {2, 3}};
  EXPECT_DOUBLE_EQ(AllPairs(unequal).difference(1, 0), 1);
}

std::vector<std::vector<double>> noisy(const std::vector<double>& means, std::size_t replications,
                                       RandomStream& stream) {
  std::vector<std::vector<double>> samples(means.size());
  for (std::size_t r = 0; r < replications; ++r) {
    const double shared = 5 * standard_normal(stream);  // common random numbers
    for (std::size_t i = 0; i < means.size(); ++i)
      samples[i].push_back(means[i] + shared + standard_normal(stream));
  }
  return samples;
}

std::size_t lowest_of(const std::vector<std::vector<double>>& samples) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < samples.size(); ++i)
    if (estimate_mean(samples[i]).value < estimate_mean(samples[best]).value) best = i;
  return best;
}

// The promise that makes a verdict honest: among equals, one that happens to look best, the chance
// that any other is called different from it is at most 5%.
TEST(AllPairs, FindDifferencesFromTheBestAmongEqualsInAtMostFivePercent) {
  for (const std::size_t variants : {2u, 5u, 10u}) {
    RandomStream stream = RandomStream(kSeed).stream("equals").stream(variants);
    constexpr int kTrials = 3000;
    int false_alarms = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
      const auto samples = noisy(std::vector<double>(variants, 0.0), 10, stream);
      const std::size_t best = lowest_of(samples);
      const AllPairs pairs(samples);
      bool any = false;
      for (std::size_t i = 0; i < variants; ++i) any = any || (i != best && pairs.differ(i, best));
      false_alarms += any;
    }
    // With two variants the level is met exactly: 3 sqrt(.05 * .95 / 3000) of slack.
    EXPECT_LE(false_alarms, kTrials * (variants == 2 ? 0.062 : 0.05))
        << variants << " variants, seed " << kSeed;
    EXPECT_GE(false_alarms, kTrials * 0.015) << "so cautious that it finds nothing";
  }
}

// Two groups, the second far away: once those differences are found the steps get easier, and must
// not get too easy for the equals within a group.
TEST(AllPairs, StepDownKeepsTheLevelWhenSomeDifferencesAreReal) {
  RandomStream stream = RandomStream(kSeed).stream("groups");
  constexpr int kTrials = 3000;
  int false_alarms = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const AllPairs pairs(noisy({0, 0, 0, 40, 40, 40}, 10, stream));
    false_alarms += pairs.differ(0, 1) || pairs.differ(0, 2) || pairs.differ(1, 2) ||
                    pairs.differ(3, 4) || pairs.differ(3, 5) || pairs.differ(4, 5);
    ASSERT_TRUE(pairs.differ(0, 3)) << "seed " << kSeed << ", trial " << trial;
  }
  EXPECT_LE(false_alarms, kTrials * 0.05) << "seed " << kSeed;
}

// Five variants, one lower by 3 with noise of 1 each (sqrt 2 in a difference): t is around
// 3 / (sqrt 2 / sqrt 10) = 6.7, the first step asks for t(9) at 0.5% = 3.69.
TEST(AllPairs, FindDifferencesOfTwoStandardDeviationsNearlyAlways) {
  RandomStream stream = RandomStream(kSeed).stream("power");
  constexpr int kTrials = 500;
  int found = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const AllPairs pairs(noisy({0, 3, 3, 3, 3}, 10, stream));
    found += pairs.differ(0, 1) && pairs.differ(0, 2) && pairs.differ(0, 3) && pairs.differ(0, 4);
  }
  EXPECT_GE(found, kTrials * 0.9) << "seed " << kSeed;
}

TEST(AllPairs, IntervalsAgreeWithTheTest) {
  RandomStream stream = RandomStream(kSeed).stream("consistency");
  for (int trial = 0; trial < 300; ++trial) {
    const AllPairs pairs(noisy({0, 0.5, 1, 1.5, 2}, 8, stream));
    for (std::size_t i = 0; i < 5; ++i)
      for (std::size_t j = 0; j < 5; ++j) {
        if (i == j) continue;
        const Interval interval = *pairs.interval(i, j);
        const bool zero_inside = interval.low < 0 && 0 < interval.high;
        EXPECT_EQ(zero_inside, !pairs.differ(i, j)) << "seed " << kSeed << ", trial " << trial;
        EXPECT_EQ(interval.low, -pairs.interval(j, i)->high);
      }
  }
}

TEST(AllPairs, ManyVariantsAreComparedToo) {
  RandomStream stream = RandomStream(kSeed).stream("many");
  std::vector<double> means(80, 0.0);  // beyond the tabulated counts
  means[0] = -100;
  const AllPairs pairs(noisy(means, 10, stream));
  for (std::size_t i = 1; i < means.size(); ++i) EXPECT_TRUE(pairs.differ(0, i)) << i;
}

// 10, 20, 30 and 11, 21.1, 30.9: as AllPairs has them, t = 1 / 0.05774 = 17.32 at 2 degrees;
// P(|T| > t) at 2 degrees is 1 - t / sqrt(t^2 + 2) = 0.003317.
TEST(PairedDifference, CancelsWhatReplicationsShare) {
  const Difference d =
      paired_difference(std::vector<double>{10, 20, 30}, std::vector<double>{11, 21.1, 30.9});
  EXPECT_NEAR(d.value, 1, 1e-12);
  EXPECT_NEAR(d.standard_error, 0.057735, 1e-6);
  EXPECT_EQ(d.degrees_of_freedom, 2);
  EXPECT_NEAR(d.p_value, 0.003317, 1e-5);
}

// 1, 2, 3 (variance 1) and 4, 6, 8, 10 (variance 20/3): squared errors 1/3 and 5/3, sum 2;
// degrees 4 / (1/9 / 2 + 25/9 / 3) = 4.075; t = 5 / sqrt 2.
TEST(WelchDifference, IsOfIndependentSamplesOfUnequalSpread) {
  const Difference d =
      welch_difference(std::vector<double>{1, 2, 3}, std::vector<double>{4, 6, 8, 10});
  EXPECT_DOUBLE_EQ(d.value, 5);
  EXPECT_NEAR(d.standard_error, std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(d.degrees_of_freedom, 4 / (1.0 / 18 + 25.0 / 27), 1e-12);
  // Between P(|T| > 3.5355) at 4 and at 5 degrees: 0.0241 and 0.0166.
  EXPECT_GT(d.p_value, 0.0166);
  EXPECT_LT(d.p_value, 0.0241);
}

// Intervals still overlap where a difference is more than chance: variance 0.085 / 3, so 10 ± 0.27
// and 10.35 ± 0.27 (t(3) = 3.182), but t = 0.35 / sqrt(2 * 0.0283 / 4) = 2.94 at 6 degrees.
TEST(WelchDifference, SeesWhatOverlappingIntervalsHide) {
  const std::vector<double> a{9.8, 9.95, 10.05, 10.2};
  const std::vector<double> b{10.15, 10.3, 10.4, 10.55};
  EXPECT_GT(estimate_mean(a).ci95->high, estimate_mean(b).ci95->low);
  EXPECT_NEAR(welch_difference(a, b).p_value, 0.026, 5e-4);
}

TEST(Differences, OfOneReplicationAreNotTested) {
  const std::vector<double> one{3};
  const std::vector<double> more{1, 2, 3};
  EXPECT_FALSE(paired_difference(one, one).tested());
  EXPECT_FALSE(welch_difference(one, more).tested());
  EXPECT_DOUBLE_EQ(welch_difference(one, more).value, -1);
}

TEST(Differences, OfEqualSamplesAreNone) {
  const std::vector<double> equal{5, 5, 5};
  EXPECT_EQ(paired_difference(equal, equal).p_value, 1);
  EXPECT_EQ(welch_difference(equal, equal).p_value, 1);
  EXPECT_TRUE(welch_difference(equal, equal).tested());
}

// Under no difference, 4000 tests at 5% reject 200 times give or take 3 sqrt(4000 * .05 * .95)
// = 41. Welch's degrees of freedom are an approximation, good to half a percent or so here.
TEST(Differences, RejectTheTruthAsSeldomAsTheySay) {
  RandomStream stream = RandomStream(kSeed).stream("welch");
  int paired = 0, welch = 0;
  for (int trial = 0; trial < 4000; ++trial) {
    std::vector<double> a, b;
    for (int r = 0; r < 6; ++r) a.push_back(10 + standard_normal(stream));
    for (int r = 0; r < 6; ++r) b.push_back(10 + 3 * standard_normal(stream));
    paired += paired_difference(a, b).p_value < 0.05;
    welch += welch_difference(a, b).p_value < 0.05;
  }
  EXPECT_NEAR(paired, 200, 41) << "seed " << kSeed;
  EXPECT_NEAR(welch, 200, 41 + 20) << "seed " << kSeed;
}

Difference of_p(double p_value, double value = 1) {
  return {.value = value, .standard_error = 1, .degrees_of_freedom = 9, .p_value = p_value};
}

// Four tests at 5%: 0.01 <= 0.05 / 4, 0.016 <= 0.05 / 3, 0.03 > 0.05 / 2, and nothing after that.
TEST(Holm, StopsAtTheFirstThatChanceExplains) {
  EXPECT_THAT(holm(std::vector{of_p(0.03), of_p(0.01), of_p(0.04), of_p(0.016)}),
              ElementsAre(false, true, false, true));
}

TEST(Holm, LeavesOutWhatWasNotTested) {
  EXPECT_THAT(holm(std::vector{Difference{.value = 5}, of_p(0.04)}), ElementsAre(false, true));
}

// t(9) at 5% is 2.262, at 2.5% 2.685. A difference of 2.5 has p = 0.034: too much for the first of
// two, enough for the last one, whose interval then ends at zero.
TEST(SimultaneousIntervals, AgreeWithTheTest) {
  const std::vector<Difference> both{of_p(0.034, 2.5), of_p(1e-6, -10), {.value = 5}};
  const auto intervals = simultaneous_intervals(both);
  EXPECT_EQ(intervals[0]->low, 0);
  EXPECT_NEAR(intervals[0]->high, 2.5 + 2.685, 1e-3);
  EXPECT_NEAR(intervals[1]->high, -10 + 2.685, 1e-3);
  EXPECT_FALSE(intervals[2]);
}

}  // namespace
}  // namespace steelyard
