#include "reports/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace steelyard {
namespace {

using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// Five replications: value + spread * {-2, -1, 0, 1, 2} in the order given by `shift`, which
// decides what cancels in pairs. The t interval is spread * sqrt(2.5 / 5) * t(4) = 1.963 spread.
Metric around(double value, double spread, std::size_t shift) {
  std::vector<double> samples;
  for (std::size_t r = 0; r < 5; ++r)
    samples.push_back(value + spread * (static_cast<double>((r + shift) % 5) - 2));
  return make_metric(samples, 0);
}

Contender contender(std::string label, double p99_ms, double errors = 0, double spread = 0.2) {
  const std::size_t shift = label.size();
  Contender c{.label = std::move(label), .metrics = {}};
  for (Metric& metric : c.metrics) metric = around(p99_ms, spread, shift);
  c.metrics[metric::kErrorRatio] = around(errors, 0, 0);
  return c;
}

Verdict verdict_on(const std::vector<Contender>& contenders) {
  return judge(contenders, rank_all(contenders));
}

// 12.3 against 20: 38.5% below. The interval is 1.963 * 0.2 = 0.39.
TEST(Verdict, NamesTheBestTheGapAndWhatCannotBeToldApart) {
  const Verdict verdict = verdict_on({contender("random", 45.5), contender("round_robin", 20),
                                      contender("p2c", 12.3), contender("peak_ewma", 12.35)});
  EXPECT_EQ(
      verdict.headline,
      "p2c has the lowest p99 latency, 12.3 ms ± 0.4, 38% below round_robin; peak_ewma cannot "
      "be told apart from it.");
  EXPECT_EQ(verdict.best, 2u);
  EXPECT_THAT(verdict.sentences,
              Contains("random has the highest: 45.5 ms ± 0.4, 3.7 times as much."));
  EXPECT_THAT(verdict.sentences, Contains("No request failed."));
}

TEST(Verdict, SaysSoWhenNothingCanBeToldApart) {
  EXPECT_EQ(verdict_on({contender("a", 12.3), contender("bb", 12.4)}).headline,
            "No difference in p99 latency can be shown between a and bb: 12.3 ms ± 0.4 with a, "
            "12.4 ms ± 0.4 with bb.");
  EXPECT_EQ(
      verdict_on({contender("a", 12.3), contender("bb", 12.3), contender("ccc", 12.3)}).headline,
      "No difference in p99 latency can be shown between any of the 3 variants: 12.3 ms ± 0.4.");
}

TEST(Verdict, SaysWhoIsBestAndThenWhoFailsItsRequests) {
  const Verdict verdict = verdict_on(
      {contender("random", 1, 0.042), contender("p2c", 12.3), contender("round_robin", 20)});
  EXPECT_EQ(verdict.headline,
            "p2c has the lowest p99 latency of the 2 that carry the load, 12.3 ms ± 0.4, 38% below "
            "round_robin. random fails 4.20% of its requests, against 0% for p2c.");
  EXPECT_EQ(verdict.best, 1u);
}

TEST(Verdict, SaysHowManyTheOthersFail) {
  EXPECT_THAT(
      verdict_on({contender("a", 3, 0.0001), contender("bb", 2, 0.0002)}).sentences,
      Contains("The variants fail between 0.0100% (a) and 0.0200% (bb) of their requests."));
  EXPECT_THAT(
      verdict_on({contender("a", 3, 0.0001), contender("bb", 2, 0.0001), contender("ccc", 1, 0.1)})
          .sentences,
      Contains("The other 2 fail 0.0100% of their requests."));
}

TEST(Verdict, OfTheOnlyOneLeft) {
  const Verdict verdict =
      verdict_on({contender("random", 1, 0.042), contender("p2c", 12.3, 0.001)});
  EXPECT_EQ(verdict.headline,
            "Only p2c carries the load, with a p99 latency of 12.3 ms ± 0.4: random fails 4.20% of "
            "its requests, against 0.100% for p2c.");
}

TEST(Verdict, GroupsThoseThatFail) {
  EXPECT_THAT(verdict_on({contender("a", 1, 0.042), contender("bb", 2, 0.042), contender("p2c", 3)})
                  .headline,
              HasSubstr("a and bb fail 4.20% of their requests, against 0% for p2c."));
  EXPECT_THAT(verdict_on({contender("a", 1, 0.042), contender("bb", 2, 0.05), contender("p2c", 3)})
                  .headline,
              HasSubstr("a and bb fail 4.20% and 5.00% of their requests"));
  EXPECT_THAT(
      verdict_on({contender("a", 1, 0.02), contender("bb", 2, 0.05), contender("ccc", 3, 0.03),
                  contender("dddd", 4, 0.04), contender("p2c", 5)})
          .headline,
      HasSubstr("a, bb, ccc and dddd fail between 2.00% and 5.00% of their requests"));
}

TEST(Verdict, OfOneVariantStatesFacts) {
  EXPECT_EQ(verdict_on({contender("p2c", 12.3)}).headline,
            "p2c: p99 latency 12.3 ms ± 0.4, median 12.3 ms, 12.3/s answered, no request failed.");
}

TEST(Verdict, FromOneReplicationClaimsNothing) {
  std::vector<Contender> contenders{contender("p2c", 12.3), contender("random", 20)};
  for (Contender& c : contenders)
    for (Metric& metric : c.metrics) metric = make_metric({metric.value}, 0);
  const Verdict verdict = verdict_on(contenders);
  EXPECT_EQ(verdict.headline,
            "p2c has the lowest p99 latency, 12.3 ms, before random with 20.0 ms; from one "
            "replication nothing can be said about chance.");
}

TEST(Verdict, FromOneReplicationSaysWhatIsEqual) {
  const auto once = [](std::vector<Contender> contenders) {
    for (Contender& c : contenders)
      for (Metric& metric : c.metrics) metric = make_metric({metric.value}, 0);
    return verdict_on(contenders);
  };
  EXPECT_EQ(once({contender("p2c", 46.91), contender("random", 46.92)}).headline,
            "p2c and random have the same p99 latency, 46.9 ms; from one replication nothing can "
            "be said about chance.");
  EXPECT_EQ(
      once({contender("p2c", 46.9), contender("slow", 99), contender("random", 46.9)}).headline,
      "p2c and random have the lowest p99 latency, 46.9 ms, before slow with 99.0 ms; from "
      "one replication nothing can be said about chance.");
  EXPECT_THAT(once({contender("a", 10), contender("b", 20), contender("c", 240)}).sentences,
              Not(Contains(HasSubstr("times as much"))));
}

// Sets of different length, ranked together.
TEST(Verdict, SaysWhatCouldNotBeTested) {
  std::vector<Contender> contenders{contender("p2c", 12.3), contender("random", 20),
                                    contender("once", 45)};
  for (Metric& metric : contenders[2].metrics) metric = make_metric({metric.value}, 0);
  contenders[2].metrics[metric::kErrorRatio] = make_metric({0}, 0);
  EXPECT_EQ(verdict_on(contenders).headline,
            "p2c has the lowest p99 latency, 12.3 ms ± 0.4, 38% below random; with one "
            "replication, once cannot be compared with it.");
}

TEST(Verdict, SaysThatTwoReplicationsAreTooFew) {
  std::vector<Contender> contenders{contender("p2c", 12.3), contender("random", 20)};
  const auto too_few = Contains(HasSubstr("Two replications are too few to tell variants apart"));
  EXPECT_THAT(verdict_on(contenders).sentences, Not(too_few));
  for (Contender& c : contenders)
    for (Metric& metric : c.metrics) metric.samples.resize(2);
  EXPECT_THAT(verdict_on(contenders).sentences, too_few);
  EXPECT_THAT(verdict_on({contenders[0]}).sentences,
              Contains(HasSubstr("Two replications are too few for a narrow interval")));
}

TEST(Verdict, OfNoAnswersAtAll) {
  std::vector<Contender> contenders{contender("p2c", 12.3), contender("random", 20)};
  for (Contender& c : contenders)
    for (std::size_t m = 0; m < metric::kLatencies; ++m)
      c.metrics[m] = make_metric({kNoValue, kNoValue}, 0);
  EXPECT_EQ(verdict_on(contenders).headline, "No variant answered a request.");
  EXPECT_EQ(verdict_on({contenders[0]}).headline, "p2c answered no request.");
}

TEST(Verdict, NamesAllWhoAnsweredNoRequestAtOnce) {
  std::vector<Contender> contenders{contender("p2c", 12.3), contender("random", 20),
                                    contender("first", 20), contender("last", 20)};
  for (const std::size_t silent : {2u, 3u})
    for (std::size_t m = 0; m < metric::kLatencies; ++m)
      contenders[silent].metrics[m] = make_metric({kNoValue, kNoValue}, 0);
  EXPECT_THAT(verdict_on(contenders).headline, EndsWith(" first and last answered no request."));
}

TEST(Verdict, MentionsAnotherWinnerByAnotherMetric) {
  std::vector<Contender> contenders{contender("p2c", 12.3), contender("random", 20)};
  contenders[0].metrics[metric::kMean] = around(5, 0.1, 0);
  contenders[1].metrics[metric::kMean] = around(4, 0.1, 1);
  EXPECT_THAT(
      verdict_on(contenders).sentences,
      Contains("By mean latency the best is random with 4.0 ms ± 0.2; p2c has 5.0 ms ± 0.2."));
  contenders[1].metrics[metric::kMean] = around(4.98, 0.1, 1);  // chance
  EXPECT_THAT(verdict_on(contenders).sentences, Not(Contains(HasSubstr("By mean latency"))));
}

TEST(Verdict, MentionsWhoFellBehind) {
  std::vector<Contender> contenders{contender("p2c", 12.3), contender("random", 20)};
  contenders[1].saturated = true;
  contenders[1].unfinished_ratio = 0.3;
  const Verdict one = verdict_on(contenders);
  EXPECT_THAT(one.headline,
              HasSubstr("Only p2c carries the load, with a p99 latency of 12.3 ms ± 0.4: random "
                        "left 30.0% of its requests unfinished."));
  EXPECT_THAT(one.sentences, Contains(HasSubstr("random fell behind the offered load")));
  contenders[0].saturated = true;
  contenders[0].unfinished_ratio = 0.25;
  EXPECT_THAT(
      verdict_on(contenders).sentences,
      Contains(HasSubstr("Every variant fell behind the offered load (25.0% of the requests "
                         "were unfinished at the end with p2c)")));
}

}  // namespace
}  // namespace steelyard
