#include "scenarios/source_text.h"

#include <gtest/gtest.h>

namespace steelyard {
namespace {

std::string verdict(std::string_view text) {
  const auto bad = find_bad_text(text);
  if (!bad) return "fine";
  return std::to_string(bad->line) + ":" + std::to_string(bad->column) + " " + bad->message;
}

TEST(SourceText, MayBeAnyWellFormedUtf8) {
  EXPECT_EQ(verdict("name: caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\r\nb:\tc # \t\n \t \n"),
            "fine");
}

// The boundaries of RFC 3629: overlong forms, surrogates, beyond U+10FFFF, cut short.
TEST(SourceText, IsNeverMalformedUtf8) {
  for (const char* bytes :
       {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3", "\xE2\x82", "\xF0\x9F\x98"})
    EXPECT_NE(verdict(std::string("a\nb") + bytes).find("2:2 got the byte"), std::string::npos);
  for (const char* bytes : {"\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                            "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_EQ(verdict(bytes), "fine");
}

TEST(SourceText, HasNoControlCharacters) {
  EXPECT_EQ(verdict(std::string_view("a\0", 2)), "1:2 got a NUL byte, expected a text file");
  EXPECT_EQ(verdict("a\x7f"), "1:2 got the control character 0x7f, expected printable text");
  EXPECT_EQ(verdict("a\rb"),
            "1:2 got a carriage return alone, expected lines that end in a newline");
}

TEST(SourceText, IsIndentedBySpaces) {
  EXPECT_EQ(verdict("a:\n \tb"), "2:2 got a tab in the indentation, expected spaces");
}

TEST(SourceText, IsOfLimitedSize) {
  EXPECT_EQ(verdict(std::string(kScenarioBytesMax, 'a')), "fine");
  EXPECT_EQ(verdict(std::string(kScenarioBytesMax + 1, 'a')),
            "1:1 got a file of 1048577 bytes, expected at most 1048576 (1 MiB)");
}

TEST(SourceText, LosesItsByteOrderMark) {
  EXPECT_EQ(without_byte_order_mark("\xEF\xBB\xBF"
                                    "a"),
            "a");
  EXPECT_EQ(without_byte_order_mark("a"), "a");
}

}  // namespace
}  // namespace steelyard
