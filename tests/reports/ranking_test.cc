#include "reports/ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace steelyard {
namespace {

using ::testing::ElementsAre;

// Five replications of p99 and errors around these values, differing by `noise` of them.
Contender contender(std::string label, double p99_ms, double errors = 0, double noise = 0.01,
                    std::size_t replications = 5) {
  // Different for every label, so that pairs do not differ by a constant.
  const double twist = static_cast<double>(label.size() % 3) - 1;
  const auto around = [&](double value) {
    std::vector<double> samples;
    for (std::size_t r = 0; r < replications; ++r) {
      const double step = static_cast<double>(r) - static_cast<double>(replications - 1) / 2;
      samples.push_back(value * (1 + noise * step * twist));
    }
    return make_metric(samples, 0);
  };
  Contender c{.label = std::move(label), .metrics = {}};
  for (Metric& metric : c.metrics) metric = around(p99_ms);
  c.metrics[metric::kErrorRatio] = around(errors);
  return c;
}

std::vector<std::size_t> order(const Ranking& ranking) {
  std::vector<std::size_t> variants;
  for (const RankedRow& row : ranking.rows) variants.push_back(row.variant);
  return variants;
}

Ranking p99_ranking(const std::vector<Contender>& contenders) {
  return rank_all(contenders)[metric::kP99];
}

TEST(Rank, PutsTheLowestLatencyFirst) {
  const Ranking ranking =
      p99_ranking({contender("a", 30), contender("bb", 10), contender("ccc", 20)});
  EXPECT_THAT(order(ranking), ElementsAre(1, 2, 0));
  EXPECT_DOUBLE_EQ(*ranking.rows[0].times_best, 1);
  EXPECT_DOUBLE_EQ(*ranking.rows[2].times_best, 3);
  EXPECT_FALSE(ranking.rows[0].difference);
  EXPECT_NEAR(ranking.rows[1].difference->value, 10, 1e-9);
  EXPECT_GT(ranking.rows[1].difference->ci95->low, 0);
  EXPECT_FALSE(ranking.rows[1].tied_with_best);
}

TEST(Rank, PutsTheHighestGoodputFirst) {
  const Ranking ranking =
      rank_all(std::vector{contender("a", 30), contender("bb", 10)})[metric::kGoodput];
  EXPECT_THAT(order(ranking), ElementsAre(0, 1));
  EXPECT_DOUBLE_EQ(*ranking.rows[1].times_best, 3);  // still "times as bad"
}

// 10 and 10.05 with noise of 1% in opposite directions.
TEST(Rank, MarksWhatCannotBeToldApart) {
  const Ranking ranking = p99_ranking({contender("aaa", 10), contender("bb", 10.05)});
  EXPECT_FALSE(ranking.rows[0].tied_with_best) << "the best is not tied with itself";
  EXPECT_TRUE(ranking.rows[1].tied_with_best);
  EXPECT_LT(ranking.rows[1].difference->ci95->low, 0);
}

// Not tested is not tied: of one replication nothing can be said about chance.
TEST(Rank, OneReplicationCallsNothingTied) {
  const Ranking ranking = p99_ranking({contender("a", 10, 0, 0, 1), contender("bb", 20, 0, 0, 1)});
  EXPECT_THAT(order(ranking), ElementsAre(0, 1));
  EXPECT_FALSE(ranking.rows[1].tied_with_best);
  EXPECT_FALSE(ranking.rows[1].tested());
  EXPECT_DOUBLE_EQ(ranking.rows[1].difference->value, 10);
}

TEST(Rank, VariantsWithoutAValueComeLast) {
  Contender empty = contender("a", 1);
  for (Metric& metric : empty.metrics) metric = make_metric({kNoValue, kNoValue}, 0);
  const Ranking ranking = p99_ranking({empty, contender("bb", 20), contender("ccc", 10)});
  EXPECT_THAT(order(ranking), ElementsAre(2, 1, 0));
  EXPECT_FALSE(ranking.rows[2].times_best);
  EXPECT_FALSE(ranking.rows[2].difference);
  EXPECT_FALSE(ranking.rows[2].tied_with_best);
  EXPECT_EQ(ranking.rows[2].note, "answered no request");
}

TEST(Rank, RatiosToZeroHaveNoMeaning) {
  const Ranking ranking = rank_all(std::vector{contender("a", 1, 0), contender("bb", 1, 0.5),
                                               contender("ccc", 1, 0)})[metric::kErrorRatio];
  EXPECT_THAT(order(ranking), ElementsAre(0, 2, 1));
  EXPECT_EQ(ranking.rows[1].times_best, 1);  // 0 and 0 are equal
  EXPECT_FALSE(ranking.rows[2].times_best);
}

// Dropping 5% of the requests makes the rest fast; that must not win.
TEST(Disqualify, VariantsThatFailManyRequestsStandBehind) {
  const std::vector<Contender> contenders{contender("drops", 1, 0.05), contender("bb", 20, 0.0001),
                                          contender("ccc", 10, 0.0002)};
  const Ranking ranking = p99_ranking(contenders);
  EXPECT_THAT(order(ranking), ElementsAre(2, 1, 0));
  EXPECT_EQ(ranking.rows[2].note, "fails 5.00% of its requests");
  EXPECT_FALSE(ranking.rows[2].tied_with_best);
  EXPECT_DOUBLE_EQ(*ranking.rows[2].times_best, 0.1);
  // Throughput counts every request, so there it stands where it stands.
  EXPECT_TRUE(rank_all(contenders)[metric::kThroughput].rows[2].note.empty());
}

// 0.05 percentage points more, certainly: too little to matter to anybody.
TEST(Disqualify, NegligibleErrorsDoNotCount) {
  const Ranking ranking = p99_ranking({contender("a", 1, 0.0005, 0), contender("bb", 20, 0, 0)});
  EXPECT_THAT(order(ranking), ElementsAre(0, 1));
  EXPECT_TRUE(ranking.rows[0].note.empty());
}

// 5% and 4% in the mean, but each anywhere between 0 and 10%.
TEST(Disqualify, ErrorsThatMayBeChanceDoNotCount) {
  const Ranking ranking =
      p99_ranking({contender("aaa", 1, 0.05, 0.5), contender("bb", 20, 0.04, 0.5)});
  EXPECT_TRUE(ranking.rows[0].note.empty());
  EXPECT_TRUE(ranking.rows[1].note.empty());
}

// Two replications prove nothing, least of all among many variants; 5% in both of them is enough.
TEST(Disqualify, WhoFailsMuchMoreEveryTimeNeedsNoProof) {
  std::vector<Contender> contenders{contender("a", 1, 0.05, 0.1, 2)};
  for (int i = 0; i < 10; ++i) contenders.push_back(contender("bb", 20, 0.001, 0.1, 2));
  EXPECT_EQ(p99_ranking(contenders).rows.back().note, "fails 5.00% of its requests");
}

TEST(Disqualify, OneReplicationGoesByTheSizeAlone) {
  const Ranking ranking =
      p99_ranking({contender("a", 1, 0.05, 0, 1), contender("bb", 20, 0, 0, 1)});
  EXPECT_THAT(order(ranking), ElementsAre(1, 0));
}

TEST(Disqualify, WhoDoesNotKeepUpStandsBehindThoseWhoDo) {
  Contender late = contender("late", 1);
  late.saturated = true;
  late.unfinished_ratio = 0.12;
  const Ranking ranking = p99_ranking({late, contender("bb", 20)});
  EXPECT_THAT(order(ranking), ElementsAre(1, 0));
  EXPECT_EQ(ranking.rows[1].note, "left 12.0% of its requests unfinished");

  Contender also = contender("bb", 20);
  also.saturated = true;
  const Ranking both = p99_ranking({late, also});
  EXPECT_THAT(order(both), ElementsAre(0, 1)) << "when nobody keeps up it tells nobody apart";
}

}  // namespace
}  // namespace steelyard
