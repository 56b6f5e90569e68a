#include "reports/generator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/report.h"
#include "tests/reports/builder.h"

namespace steelyard {
namespace {

using testing::comparison;
using testing::constant_variant;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::live;

LiveRecord generator(std::uint64_t timely, std::uint64_t sends, double cpu_seconds = 2.5) {
  LiveRecord record;
  record.sends = sends;
  record.timely = timely;
  record.hiccup_ns.record(12'000'000);
  record.generator_cpu_seconds = cpu_seconds;
  record.generator_wall_seconds = 10;
  return record;
}

// 1000 answers that took `service_ns` each; 28 of them were sent `delay_ns` late.
std::pair<LiveRecord, Histogram> late_by(std::uint64_t delay_ns, std::uint64_t service_ns) {
  std::pair<LiveRecord, Histogram> pair{generator(972, 1000), Histogram()};
  pair.first.service_time_ns.record(service_ns, 1000);
  pair.second.record(service_ns, 972);
  pair.second.record(service_ns + delay_ns, 28);
  return pair;
}

TEST(GeneratorVerdict, SaysWhyALateGeneratorIsNotTrusted) {
  const auto [record, latency_ns] = late_by(300'000, 1'000'000);
  const GeneratorVerdict verdict = generator_verdict(record, latency_ns);
  EXPECT_FALSE(verdict.trustworthy);
  EXPECT_EQ(verdict.sentence,
            "97.2% of sends were within 100 µs of their plan, below 99.9%, and the delays added up "
            "to 30% to mean, p50 or p99: the machine hiccupped up to 12.0 ms, the generator used "
            "25% of a core; latencies count from the plan, so they include this delay.");
}

// 28 of 1000 answers counted 300 µs more than the 50 ms that they took: 0.6% of their p99, which
// the histogram shows in steps of 0.26 ms here.
TEST(GeneratorVerdict, TrustsDelaysThatAreSmallBesideTheAnswers) {
  const auto [record, latency_ns] = late_by(300'000, 50'000'000);
  const GeneratorVerdict verdict = generator_verdict(record, latency_ns);
  EXPECT_TRUE(verdict.trustworthy);
  EXPECT_EQ(
      verdict.sentence,
      "97.2% of sends were within 100 µs of their plan, below 99.9%, but the delays added at "
      "most 0.5% to mean, p50 and p99, which does no harm (up to 2% is let pass); the machine "
      "hiccupped up to 12.0 ms, the generator used 25% of a core.");
}

TEST(GeneratorVerdict, DoesNotTrustALateRunWithoutAnAnswer) {
  const GeneratorVerdict verdict = generator_verdict(generator(972, 1000), Histogram());
  EXPECT_FALSE(verdict.trustworthy);
  EXPECT_THAT(verdict.sentence, HasSubstr("below 99.9%: the machine"));
}

TEST(GeneratorVerdict, SaysWhyAGeneratorOnTimeIsTrusted) {
  const GeneratorVerdict verdict = generator_verdict(generator(99'987, 100'000), Histogram());
  EXPECT_TRUE(verdict.trustworthy);
  EXPECT_EQ(verdict.sentence,
            "99.987% of sends were within 100 µs of their plan (at least 99.9% are asked for); the "
            "machine hiccupped up to 12.0 ms, the generator used 25% of a core.");
}

TEST(GeneratorVerdict, ChangesAtTheShareThatIsAskedFor) {
  EXPECT_TRUE(generator_verdict(generator(999, 1000), Histogram()).trustworthy);
  EXPECT_FALSE(generator_verdict(generator(9989, 10'000), Histogram()).trustworthy);
}

TEST(GeneratorVerdict, NamesAnExhaustedCore) {
  EXPECT_THAT(generator_verdict(generator(900, 1000, 9.8), Histogram()).sentence,
              HasSubstr("the generator used 98% of a core, which is all it can get;"));
}

TEST(GeneratorVerdict, OfNoSendsIsNotTrusted) {
  EXPECT_FALSE(generator_verdict(generator(0, 0), Histogram()).trustworthy);
  EXPECT_EQ(generator_verdict(generator(0, 0), Histogram()).sentence,
            "No request was sent after the warm-up.");
}

// 99.896% and 99.96% are on different sides of 99.9%, and the text must not blur that.
TEST(TimelyText, NeverRoundsUp) {
  EXPECT_EQ(timely_text(0.99896), "99.89%");
  EXPECT_EQ(timely_text(0.9996), "99.960%");
  EXPECT_EQ(timely_text(0.972), "97.2%");
  EXPECT_EQ(timely_text(0.5), "50.0%");
  EXPECT_EQ(timely_text(0), "0.0%");
  EXPECT_EQ(timely_text(1), "100%");
  EXPECT_EQ(timely_text(1 - 1e-12), "99.999999%");
  EXPECT_EQ(timely_text(kNoValue), "–");
}

TEST(MergedLive, AddsUpTheReplications) {
  const VariantRecord variant = live(constant_variant("p2c", {10, 20}), 10);
  const std::optional<LiveRecord> merged = merged_live(variant.runs);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->sends, 200u);
  EXPECT_EQ(merged->timely, 180u);
  EXPECT_EQ(merged->send_delay_ns.count(), 200u);
  EXPECT_EQ(merged->send_delay_ns.max(), 5'000'000u);
  EXPECT_EQ(merged->service_time_ns.count(), 200u);
  EXPECT_EQ(merged->hiccup_ns.count(), 20'000u);
  EXPECT_DOUBLE_EQ(generator_cpu_ratio(*merged), 0.25);
  EXPECT_DOUBLE_EQ(timely_ratio(*merged), 0.9);
}

TEST(MergedLive, OfASimulationIsAbsent) {
  EXPECT_FALSE(merged_live(constant_variant("p2c", {10, 20}).runs));
}

TEST(ReportOfALiveRun, WarnsWhenOneVariantCannotBeTrusted) {
  const Report report = make_report(comparison(
      {live(constant_variant("p2c", {10, 11}), 10), live(constant_variant("random", {20, 21}))}));
  EXPECT_FALSE(report.generator.trustworthy);
  EXPECT_THAT(report.verdict.warnings,
              ElementsAre(HasSubstr("These figures are not to be trusted. The load generator fell "
                                    "behind with p2c; 90.0% of sends")));
}

TEST(ReportOfALiveRun, NamesTheWorstOfSeveralThatCannot) {
  const Report report = make_report(comparison(
      {live(constant_variant("p2c", {10}), 10), live(constant_variant("random", {20}), 30)}));
  EXPECT_THAT(report.generator.sentence,
              HasSubstr("fell behind with every variant; worst with random: 70.0% of sends"));
}

TEST(ReportOfALiveRun, OnTimeHasNoWarning) {
  const Report report = make_report(comparison({live(constant_variant("p2c", {10}))}));
  EXPECT_TRUE(report.generator.trustworthy);
  EXPECT_THAT(report.generator.sentence, HasSubstr("100% of sends"));
  EXPECT_THAT(report.verdict.warnings, IsEmpty());
}

TEST(ReportOfASimulation, HasNoVerdictOnAGenerator) {
  const Report report = make_report(comparison({constant_variant("p2c", {10})}));
  EXPECT_TRUE(report.generator.trustworthy);
  EXPECT_EQ(report.generator.sentence, "");
}

// 2^42 ns: 73 minutes and 18 seconds.
TEST(ReportWarnings, NameLatenciesBeyondTheHistogram) {
  const Report report = make_report(comparison({constant_variant("p2c", {10, 5e6}, 3)}));
  EXPECT_THAT(report.verdict.warnings,
              ElementsAre("3 requests took longer than 73 minutes and are counted as that long "
                          "(p2c): high percentiles and the mean are too low."));
}

}  // namespace
}  // namespace steelyard
