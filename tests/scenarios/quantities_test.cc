#include "scenarios/quantities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

namespace steelyard {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(Durations, AreReadInEveryUnit) {
  EXPECT_EQ(parse_duration("10ns").value(), 10ns);
  EXPECT_EQ(parse_duration("200us").value(), 200us);
  EXPECT_EQ(parse_duration("5ms").value(), 5ms);
  EXPECT_EQ(parse_duration("1.5s").value(), 1500ms);
  EXPECT_EQ(parse_duration("2min").value(), 2min);
  EXPECT_EQ(parse_duration("1h").value(), 1h);
  EXPECT_EQ(parse_duration("0s").value(), 0s);
  EXPECT_EQ(parse_duration("0.1ms").value(), 100us);
}

TEST(Durations, WantTheirUnit) {
  for (const char* text : {"", "s", "ms", "5 ms", "-5ms", "+5ms", "1e3ms", "5.ms", ".5s", "0x5s",
                           "5ms ", "nan", "inf", "infs", "1,5s", "5msx"})
    EXPECT_FALSE(parse_duration(text).ok()) << text;
  EXPECT_THAT(parse_duration("5").error(), EndsWith("did you mean '5ms' or '5s'?"));
  EXPECT_THAT(parse_duration("5sec").error(), EndsWith("did you mean '5s'?"));
  EXPECT_THAT(parse_duration("5m").error(), EndsWith("did you mean '5min'?"));
  EXPECT_THAT(parse_duration("5 ms").error(), EndsWith("did you mean '5ms'?"));
  EXPECT_THAT(parse_duration("5µs").error(), EndsWith("did you mean '5us'?"));
  EXPECT_THAT(parse_duration("5/s").error(), Not(HasSubstr("did you mean")));
}

TEST(Durations, FitNanoseconds) {
  EXPECT_THAT(parse_duration("0.1ns").error(), HasSubstr("at least 1ns"));
  EXPECT_THAT(parse_duration("99999999999s").error(), HasSubstr("below 292 years"));
  EXPECT_FALSE(parse_duration(std::string(400, '9') + "s").ok());
  EXPECT_EQ(parse_duration("0." + std::string(400, '0') + "s").value(), 0s);
}

TEST(Rates, ArePerSecond) {
  EXPECT_EQ(parse_rate("2000/s").value(), 2000);
  EXPECT_EQ(parse_rate("90/min").value(), 1.5);
  EXPECT_EQ(parse_rate("7200/h").value(), 2);
  EXPECT_THAT(parse_rate("2000").error(), EndsWith("did you mean '2000/s'?"));
  EXPECT_THAT(parse_rate("2000rps").error(), EndsWith("did you mean '2000/s'?"));
  EXPECT_FALSE(parse_rate("5ms").ok());
}

TEST(Ratios, AreNumbersOrPercentages) {
  EXPECT_EQ(parse_ratio("20%").value(), 0.2);
  EXPECT_EQ(parse_ratio("0.2").value(), 0.2);
  EXPECT_EQ(parse_ratio("0.1%").value(), 0.001);
  EXPECT_FALSE(parse_ratio("-0.1").ok());
  EXPECT_FALSE(parse_ratio("%").ok());
  EXPECT_FALSE(parse_ratio("nan").ok());
  EXPECT_THAT(parse_ratio("20percent").error(), EndsWith("did you mean '20%'?"));
}

TEST(Sizes, KnowTheDifferenceBetweenKiloAndKibi) {
  EXPECT_EQ(parse_bytes("64B").value(), 64);
  EXPECT_EQ(parse_bytes("1kB").value(), 1000);
  EXPECT_EQ(parse_bytes("1KiB").value(), 1024);
  EXPECT_EQ(parse_bytes("1.5MiB").value(), 1572864);  // 1.5 * 2^20
  EXPECT_THAT(parse_bytes("1KB").error(), EndsWith("did you mean '1kB'?"));
  EXPECT_THAT(parse_bytes("0.5B").error(), EndsWith("a whole number of bytes"));
  EXPECT_FALSE(parse_bytes("99999999TiB").ok());
}

TEST(Bandwidths, AreBytesPerSecond) {
  EXPECT_EQ(parse_bandwidth("1GiB/s").value(), 1073741824);
  EXPECT_EQ(parse_bandwidth("10Gbit/s").value(), 1.25e9);
  EXPECT_FALSE(parse_bandwidth("1GiB").ok());
}

TEST(Numbers, AreFiniteAndDecimal) {
  EXPECT_EQ(parse_number("-0.5").value(), -0.5);
  EXPECT_EQ(parse_number("1e-3").value(), 0.001);
  for (const char* text :
       {"", "-", "+1", "nan", "inf", "-inf", ".inf", "1e999", "0x10", "1_000", "1,0", " 1", "1 "})
    EXPECT_FALSE(parse_number(text).ok()) << text;
  EXPECT_EQ(parse_integer("-12").value(), -12);
  for (const char* text : {"", "1.0", "1e3", "99999999999999999999", "0x1", " 1"})
    EXPECT_FALSE(parse_integer(text).ok()) << text;
}

// What the schema lets an editor accept is what the parser accepts, but for magnitudes.
TEST(Patterns, AgreeWithTheParsers) {
  const std::vector<std::string> texts{
      "5ms", "1.5s", "2min",  "1h",  "10ns", "200us", "5",   "5m",    "20%",    "0.5%",
      "%",   "1/s",  "9/min", "3/h", "/s",   "1KiB",  "64B", "1.5MB", "1KB",    "1GiB/s",
      "B",   "",     "1e3s",  "-1s", ".5s",  "5.s",   "1 s", "s",     "1bit/s", "1bit"};
  const auto matches = [](const std::string& text, const char* pattern) {
    return std::regex_search(text, std::regex(pattern));
  };
  for (const std::string& text : texts) {
    EXPECT_EQ(parse_duration(text).ok(), matches(text, kDurationPattern)) << text;
    EXPECT_EQ(parse_rate(text).ok(), matches(text, kRatePattern)) << text;
    EXPECT_EQ(parse_bytes(text).ok(), matches(text, kBytesPattern)) << text;
    EXPECT_EQ(parse_bandwidth(text).ok(), matches(text, kBandwidthPattern)) << text;
    EXPECT_EQ(parse_ratio(text).ok(), matches(text, kPercentPattern) || parse_number(text).ok())
        << text;
  }
}

}  // namespace
}  // namespace steelyard
