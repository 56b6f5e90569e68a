#include "core/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "core/random.h"

namespace steelyard {
namespace {

std::string hgrm(const Histogram& histogram, double unit = 1) {
  std::ostringstream out;
  histogram.write_hgrm(out, unit);
  return out.str();
}

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.min(), 0u);
  EXPECT_EQ(histogram.max(), 0u);
  EXPECT_EQ(histogram.mean(), 0);
  EXPECT_EQ(histogram.quantile(0.99), 0u);
  EXPECT_EQ(histogram.share_at_or_below(5), 0);
  EXPECT_TRUE(histogram.buckets().empty());
}

TEST(Histogram, IsExactForSmallValues) {
  Histogram histogram(4);  // below 2^5 every value has a bucket of its own
  for (std::uint64_t v = 0; v < 32; ++v) histogram.record(v, v + 1);
  std::uint64_t expected = 0;
  for (const auto& [highest, count] : histogram.buckets()) {
    EXPECT_EQ(highest, expected);
    EXPECT_EQ(count, expected + 1);
    ++expected;
  }
  EXPECT_EQ(expected, 32u);
}

// Every value, alone in a histogram of each precision, comes back from buckets() as an upper edge
// that is not below it and lies within 2^-bits of it.
TEST(Histogram, BucketsAreAsNarrowAsStated) {
  RandomStream random(1);
  for (int bits = 1; bits <= 14; ++bits) {
    for (int i = 0; i < 60; ++i) {
      const std::uint64_t value = random.next() >> (22 + i % 42);
      Histogram histogram(bits);
      histogram.record(value);
      const std::uint64_t highest = histogram.buckets().front().highest;
      ASSERT_GE(highest, value) << "seed 1";
      ASSERT_LE(static_cast<double>(highest - value), std::ldexp(static_cast<double>(value), -bits))
          << "seed 1, " << bits << " bits, value " << value;
    }
  }
}

// The quantile's error is at most half a bucket, whatever the data.
TEST(Histogram, QuantilesStayWithinTheStatedError) {
  RandomStream random(2);
  Histogram histogram(8);
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(random.next() >> (24 + random.below(30)));
    histogram.record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double q : {0.0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(q * 10'000 - 1e-9)));
    const auto exact = static_cast<double>(values[rank - 1]);
    EXPECT_NEAR(static_cast<double>(histogram.quantile(q)), exact, exact / 256 / 2 + 1)
        << "seed 2, quantile " << q;
  }
}

TEST(Histogram, QuantileOneIsTheMaximumAndZeroTheMinimum) {
  Histogram histogram(2);
  histogram.record(1001);
  histogram.record(999'999);
  EXPECT_EQ(histogram.quantile(0), 1001u);
  EXPECT_EQ(histogram.quantile(1), 999'999u);
}

// 1000 values 1..1000: the p99.9 is the 999th, not the 1000th, although .999 * 1000 is not exact.
TEST(Histogram, QuantilesOfRoundCountsDoNotSlipByOne) {
  Histogram histogram(10);
  for (std::uint64_t v = 1; v <= 1000; ++v) histogram.record(v);
  EXPECT_EQ(histogram.quantile(0.999), 999u);
  EXPECT_EQ(histogram.quantile(0.5), 500u);
  EXPECT_EQ(histogram.quantile(0.1), 100u);
}

TEST(Histogram, MeanMinAndMaxAreExact) {
  Histogram histogram(1);
  histogram.record(1'000'003);
  histogram.record(2'000'005, 3);
  EXPECT_DOUBLE_EQ(histogram.mean(), (1'000'003 + 3 * 2'000'005.0) / 4);
  EXPECT_EQ(histogram.min(), 1'000'003u);
  EXPECT_EQ(histogram.max(), 2'000'005u);
}

// Nanosecond sums pass 2^53 after a few million requests; a floating-point sum would then depend
// on the order, and merged histograms would differ from one that recorded everything.
TEST(Histogram, MergingEqualsRecordingEverythingInOneToTheLastBit) {
  RandomStream random(3);
  Histogram all(6);
  Histogram parts[3] = {Histogram(6), Histogram(6), Histogram(6)};
  for (int i = 0; i < 30'000; ++i) {
    const std::uint64_t value = random.next() >> 22;
    all.record(value);
    parts[random.below(3)].record(value);
  }
  Histogram merged(6);
  for (const Histogram& part : parts) merged.merge(part);
  EXPECT_EQ(merged.mean(), all.mean()) << "seed 3";
  EXPECT_EQ(merged.min(), all.min());
  EXPECT_EQ(merged.max(), all.max());
  EXPECT_EQ(hgrm(merged), hgrm(all));
}

TEST(Histogram, RecordingNothingChangesNothing) {
  Histogram histogram;
  histogram.record(500);
  histogram.record(3, 0);
  histogram.record(std::uint64_t{1} << 50, 0);
  EXPECT_EQ(histogram.count(), 1u);
  EXPECT_EQ(histogram.min(), 500u);
  EXPECT_EQ(histogram.max(), 500u);
}

TEST(Histogram, CountsValuesBeyondItsRangeAtTheHighest) {
  Histogram histogram(5, 1000);
  histogram.record(1000);
  EXPECT_EQ(histogram.clamped(), 0u);
  histogram.record(1001, 2);
  histogram.record(~std::uint64_t{0});
  EXPECT_EQ(histogram.clamped(), 3u);
  EXPECT_EQ(histogram.count(), 4u);
  EXPECT_EQ(histogram.max(), 1000u);
}

TEST(Histogram, MergeAddsWhatWasClamped) {
  Histogram a(5, 1000);
  Histogram b(5, 1000);
  b.record(5000);
  a.merge(b);
  EXPECT_EQ(a.clamped(), 1u);
  EXPECT_EQ(a.count(), 1u);
}

TEST(Histogram, ShareAtOrBelowCountsWholeBuckets) {
  Histogram histogram(8);
  for (std::uint64_t v = 1; v <= 100; ++v) histogram.record(v);
  EXPECT_DOUBLE_EQ(histogram.share_at_or_below(0), 0);
  EXPECT_DOUBLE_EQ(histogram.share_at_or_below(25), 0.25);
  EXPECT_DOUBLE_EQ(histogram.share_at_or_below(~std::uint64_t{0}), 1);
}

TEST(Histogram, HoldsTheWholeRangeOf64Bits) {
  Histogram histogram(3, ~std::uint64_t{0});
  histogram.record(~std::uint64_t{0});
  histogram.record(0);
  EXPECT_EQ(histogram.quantile(1), ~std::uint64_t{0});
  EXPECT_EQ(histogram.buckets().back().highest, ~std::uint64_t{0});
}

// Two values, exact buckets: median 1, maximum 3; mean 2, deviation 1. Five lines cover the first
// half (steps of 10%, since five ticks halve the distance), then the maximum repeats while the
// distance to 100% is above half a value's share.
TEST(Histogram, WritesThePercentileFormatOfHdrHistogram) {
  Histogram histogram(5);
  histogram.record(1);
  histogram.record(3);
  const std::string text = hgrm(histogram);
  EXPECT_EQ(text.substr(0, text.find("       3.000")),
            "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
            "       1.000 0.000000000000          1           1.00\n"
            "       1.000 0.100000000000          1           1.11\n"
            "       1.000 0.200000000000          1           1.25\n"
            "       1.000 0.300000000000          1           1.43\n"
            "       1.000 0.400000000000          1           1.67\n"
            "       1.000 0.500000000000          1           2.00\n");
  EXPECT_NE(text.find("       3.000 1.000000000000          2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("#[Mean    =        2.000, StdDeviation   =        1.000]\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("#[Max     =        3.000, Total count    =            2]\n"),
            std::string::npos)
      << text;
}

// A constant has no spread: the footer must not report the width of its bucket as one. Half a
// bucket of 2^20 at one bit of precision is 2^18.
TEST(Histogram, DeviationIsMeasuredFromTheMiddleOfABucket) {
  Histogram histogram(8);
  RandomStream random(4);
  for (int i = 0; i < 20'000; ++i) histogram.record((std::uint64_t{1} << 20) + random.below(4096));
  // Uniform over one bucket of width 2^12: all the histogram knows is its middle.
  const std::string text = hgrm(histogram);
  const double deviation = std::stod(text.substr(text.find("StdDeviation   =") + 16));
  EXPECT_LT(deviation, 60) << text;
}

TEST(Histogram, WritesAnEmptyFileForNoValues) {
  const std::string text = hgrm(Histogram());
  EXPECT_EQ(text.find("Infinity"), std::string::npos);
  EXPECT_EQ(text.find("nan"), std::string::npos);
  EXPECT_NE(text.find("Total count    =            0"), std::string::npos);
}

TEST(Histogram, DividesValuesByTheUnit) {
  Histogram histogram(10);
  histogram.record(2'000'000);
  EXPECT_NE(hgrm(histogram, 1e6).find("       2.000 1.000000000000          1\n"),
            std::string::npos);
}

}  // namespace
}  // namespace steelyard
