#include "reports/json_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

namespace steelyard {
namespace {

std::string written(const Json& json) {
  std::ostringstream out;
  write_json(out, json);
  return out.str();
}

// 0.1 + 0.2 and its neighbours are one number to a reader.
TEST(Number, LastBitsDoNotShow) {
  const double sum = 0.1 + 0.2;
  EXPECT_EQ(compact(number(sum)), "0.3");
  EXPECT_EQ(number(std::nextafter(sum, 1)), number(sum));
  EXPECT_EQ(compact(number(2.6141234567891)), "2.61412346");
  EXPECT_EQ(compact(number(123456.789, 3)), "123000.0");
}

TEST(Number, WithoutAValueIsNull) {
  EXPECT_TRUE(number(std::nan("")).is_null());
  EXPECT_TRUE(number(std::numeric_limits<double>::infinity()).is_null());
  EXPECT_EQ(compact(number(-0.0)), "0.0");
  EXPECT_EQ(compact(numbers(std::vector<double>{1, std::nan("")})), "[1.0,null]");
}

TEST(WriteJson, KeepsWhatFitsOnOneLine) {
  EXPECT_EQ(written({{"b", {{"value", 1.5}, {"ci95", {1, 2}}}}, {"a", "text"}}),
            "{\"b\": {\"value\": 1.5, \"ci95\": [1, 2]}, \"a\": \"text\"}\n");
}

TEST(WriteJson, BreaksWhatDoesNot) {
  const Json json{{"text", std::string(90, 'x')}, {"list", {{{"a", 1}}, {{"a", 2}}}}};
  EXPECT_EQ(written(json), "{\n  \"text\": \"" + std::string(90, 'x') +
                               "\",\n  \"list\": [{\"a\": 1}, {\"a\": 2}]\n}\n");
}

TEST(WriteJson, PutsAListOfNumbersOnOneLineHoweverLong) {
  const std::string text = written({{"series", std::vector<int>(500, 7)}});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
}

TEST(WriteJson, IsReadBackAsItWas) {
  const Json json{{"null", nullptr},
                  {"nested", {{"deep", {{1, 2}, {3, nullptr}}}}},
                  {"quote", "a \"b\" \\ \n \u2028"},
                  {"empty", Json::object()},
                  {"none", Json::array()},
                  {"long", std::string(300, 'y')}};
  EXPECT_EQ(Json::parse(written(json)), json);
}

TEST(WriteJson, SurvivesBrokenText) {
  EXPECT_EQ(written("\xff"), "\"\xef\xbf\xbd\"\n");  // U+FFFD
}

}  // namespace
}  // namespace steelyard
