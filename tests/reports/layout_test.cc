#include "reports/layout.h"

#include <gtest/gtest.h>

#include <sstream>

namespace steelyard {
namespace {

using Align = TextTable::Align;

TEST(DisplayWidth, CountsWhatIsSeen) {
  EXPECT_EQ(display_width("p99"), 3u);
  EXPECT_EQ(display_width("± 0.4 µs"), 8u);
  EXPECT_EQ(display_width("e\u0301"), 1u);   // e and a combining accent
  EXPECT_EQ(display_width("注文"), 4u);      // wide
  EXPECT_EQ(display_width("\xff\xfe"), 2u);  // broken bytes
  EXPECT_EQ(display_width("\xe6\xb3"), 2u);  // a character cut short
}

TEST(Shorten, KeepsBothEnds) {
  EXPECT_EQ(shorten("least_request", 13), "least_request");
  EXPECT_EQ(shorten("least_request", 9), "leas…uest");
  EXPECT_EQ(shorten("注文注文", 5), "注…文");
  EXPECT_EQ(shorten("abc", 1), "…");
  EXPECT_EQ(shorten("abc", 0), "");
}

TEST(Wrap, BreaksAtSpaces) {
  EXPECT_EQ(wrap("one two three", 8), "one two\nthree\n");
  EXPECT_EQ(wrap("one two", 80, "  "), "  one two\n");
  EXPECT_EQ(wrap("a verylongword b", 6), "a\nverylongword\nb\n");
  EXPECT_EQ(wrap("", 10), "");
}

TEST(Wrap, KeepsANumberWithItsUnitAndItsInterval) {
  EXPECT_EQ(wrap("p2c has 12.3 ms ± 0.4, so", 14), "p2c has\n12.3 ms ± 0.4,\nso\n");
  // "3 so" is not a number with a unit.
  EXPECT_EQ(wrap("all 3 so on", 6), "all 3\nso on\n");
}

TEST(TextTable, AlignsNumbersByTheirPoints) {
  TextTable table({{"name", Align::left}, {"ms", Align::point}, {"n", Align::right}});
  table.add_row({"a", "12.34 ± 0.05", "5"});
  table.add_row({"bb", "1,834 ± 120", "12"});
  EXPECT_EQ(table.text(80),
            "name  ms                n\n"
            "─────────────────────────\n"
            "a        12.34 ± 0.05   5\n"
            "bb    1,834 ± 120      12\n");
}

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, display_width(line));
  return widest;
}

TEST(TextTable, ShortensNamesThenLeavesOutTheLeastImportantColumn) {
  TextTable table({{"name", Align::left, TextTable::kKeep, true},
                   {"kept", Align::left},
                   {"least", Align::left, 1},
                   {"more", Align::left, 2}});
  table.add_row({std::string(40, 'x'), "1", "2", "3"});
  EXPECT_NE(table.text(60).find(std::string(40, 'x')), std::string::npos);
  const std::string fits = table.text(50);  // 24 of the name are left, and that is enough
  EXPECT_NE(fits.find("least"), std::string::npos);
  EXPECT_LE(widest_line(fits), 50u);
  const std::string narrow = table.text(38);
  EXPECT_EQ(narrow.find("least"), std::string::npos);
  EXPECT_NE(narrow.find("more"), std::string::npos);
  EXPECT_LE(widest_line(narrow), 38u);
  EXPECT_LE(widest_line(table.text(18)), 18u);  // the name at its 12
}

TEST(TextTable, ShortensTheLongestNameFirst) {
  TextTable table(
      {{"a", Align::left, TextTable::kKeep, true}, {"b", Align::left, TextTable::kKeep, true}});
  table.add_row({std::string(14, 'x'), std::string(30, 'y')});
  EXPECT_NE(table.text(36).find(std::string(14, 'x')), std::string::npos);
}

TEST(TextTable, StylesTakeNoWidth) {
  TextTable table({{"name", Align::left}});
  table.add_row({"a"}, "\x1b[1m");
  EXPECT_EQ(table.text(80), "name\n────\n\x1b[1ma\x1b[0m\n");
}

}  // namespace
}  // namespace steelyard
