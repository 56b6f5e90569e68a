#include "reports/format.h"

#include <gtest/gtest.h>

#include <limits>

#include "reports/statistics.h"

namespace steelyard {
namespace {

const MetricInfo& kP99 = kMetrics[metric::kP99];
const MetricInfo& kErrors = kMetrics[metric::kErrorRatio];

TEST(Quantity, HasTheDigitsThatItsIntervalSupports) {
  EXPECT_EQ(quantity(kP99, 12.345, 0.38), "12.3 ms ± 0.4");
  EXPECT_EQ(quantity(kP99, 12.345, 0.12), "12.35 ms ± 0.12");  // a leading 1 takes two digits
  EXPECT_EQ(quantity(kP99, 1834.2, 120), "1,834 ms ± 120");
  EXPECT_EQ(quantity(kP99, 12.345, kNoValue), "12.3 ms");
  EXPECT_EQ(quantity(kP99, 12.345, 1e-9), "12.345 ms ± 0.000");  // no more than five digits
}

TEST(Quantity, ChoosesTheUnitByItsSize) {
  EXPECT_EQ(quantity(kP99, 0.25, 0.01), "250 µs ± 10");
  EXPECT_EQ(quantity(kP99, 12000, kNoValue), "12.0 s");
  EXPECT_EQ(quantity(kP99, 1e-6, kNoValue), "1.00 ns");
  EXPECT_EQ(quantity(kP99, 1e-3, kNoValue), "1.00 µs");
  EXPECT_EQ(quantity(kErrors, 0.042, kNoValue), "4.20%");
  EXPECT_EQ(quantity(kErrors, 0, kNoValue), "0%");
  EXPECT_EQ(quantity(kMetrics[metric::kGoodput], 1480.4, kNoValue), "1,480/s");
  EXPECT_EQ(quantity(kMetrics[metric::kImbalance], 1.237, kNoValue), "1.24");
  EXPECT_EQ(quantity(kP99, kNoValue, kNoValue), "–");
}

TEST(Grouped, SeparatesThousands) {
  EXPECT_EQ(grouped(1234567.8, 0), "1,234,568");
  EXPECT_EQ(grouped(999.4, 0), "999");
  EXPECT_EQ(grouped(-1234.5, 1), "-1,234.5");
  EXPECT_EQ(grouped(-123, 0), "-123");
  EXPECT_EQ(grouped(-0.0001, 2), "0.00");
  EXPECT_EQ(grouped(kNoValue, 2), "–");
  EXPECT_EQ(grouped(std::numeric_limits<double>::infinity(), 2), "∞");
}

TEST(Gap, IsAPercentageWhileThatIsReadable) {
  EXPECT_EQ(gap(62, 100), "38% below");
  EXPECT_EQ(gap(99.2, 100), "0.8% below");
  EXPECT_EQ(gap(150, 100), "50% above");
  EXPECT_EQ(gap(5, 100), "a factor of 20 below");
  EXPECT_EQ(gap(0, 100), "below");
}

TEST(Listing, ReadsLikeASentence) {
  EXPECT_EQ(listing({}), "");
  EXPECT_EQ(listing({"a"}), "a");
  EXPECT_EQ(listing({"a", "b"}), "a and b");
  EXPECT_EQ(listing({"a", "b", "c"}), "a, b and c");
  EXPECT_EQ(listing({"a", "b", "c", "d", "e", "f"}, 4), "a, b, c and 3 others");
}

TEST(Counted, HasASingular) {
  EXPECT_EQ(counted(0, "variant"), "0 variants");
  EXPECT_EQ(counted(1, "variant"), "1 variant");
  EXPECT_EQ(counted(1234, "variant"), "1,234 variants");
}

TEST(LargeCount, SaysMillions) {
  EXPECT_EQ(large_count(45678), "45,678");
  EXPECT_EQ(large_count(1'650'000), "1.65 million");
  EXPECT_EQ(large_count(2.5e9), "2.5 billion");
}

}  // namespace
}  // namespace steelyard
