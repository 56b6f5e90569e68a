#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/random.h"
#include "real-harness/gateway/text.h"

namespace steelyard::live::gateway {
namespace {

using namespace std::string_view_literals;

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}
std::string base64(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

TEST(Utf8, IsToldFromBytesThatOnlyLookLikeIt) {
  for (const std::string_view good :
       {""sv, "a"sv, "\xC3\xA9"sv, "\xE2\x82\xAC"sv, "\xF0\x9F\x98\x80"sv, "\0"sv,
        "\xF4\x8F\xBF\xBF"sv, "\xEF\xBF\xBF"sv})
    EXPECT_TRUE(is_utf8(good)) << good;
  // Overlong '/' and '.', a lone continuation, cut short, a surrogate, above U+10FFFF.
  for (const std::string_view bad :
       {"\xC0\xAF"sv, "\xC0\xAE"sv, "\xE0\x80\xAF"sv, "\xF0\x80\x80\xAF"sv, "\x80"sv, "\xC3"sv,
        "\xE2\x82"sv, "\xED\xA0\x80"sv, "\xF4\x90\x80\x80"sv, "\xFF"sv})
    EXPECT_FALSE(is_utf8(bad));
}

TEST(JsonStrings, EscapeWhatWouldEndThem) {
  EXPECT_EQ(json("plain"), R"("plain")");
  EXPECT_EQ(json("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(json("\x01\x1b[31m\x7f"), R"("\u0001\u001b[31m\u007f")");
  EXPECT_EQ(json("\0x"sv), R"("\u0000x")");
  EXPECT_EQ(json("caf\xC3\xA9"), "\"caf\xC3\xA9\"");
  EXPECT_EQ(json("caf\xE9!"), R"("caf\ufffd!")");
  EXPECT_EQ(json("\xE2\x82"), R"("\ufffd\ufffd")");
}

TEST(JsonStrings, AreValidWhateverIsInThemAndSayTheSame) {
  constexpr std::uint64_t kSeed = 1;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  RandomStream random(kSeed);
  for (int round = 0; round < 5000; ++round) {
    std::string bytes;
    for (std::uint64_t left = random.below(20); left > 0; --left)
      bytes += static_cast<char>(random.below(256));
    const nlohmann::json parsed = nlohmann::json::parse(json(bytes), nullptr, false);
    ASSERT_TRUE(parsed.is_string());
    if (is_utf8(bytes)) {
      ASSERT_EQ(parsed.get<std::string>(), bytes);
    }
  }
}

// [RFC 4648, section 10]
TEST(Base64, IsThatOfTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFB\xFF"), "+/8=");
}

TEST(Base64Url, IsReadInOneFormOnly) {
  EXPECT_EQ(base64url_decoded(""), "");
  EXPECT_EQ(base64url_decoded("Zg"), "f");
  EXPECT_EQ(base64url_decoded("Zm9vYmE"), "fooba");
  EXPECT_EQ(base64url_decoded("-_8"), "\xFB\xFF");
  // Padding, another alphabet, white space, one letter too many, bits left over.
  for (const char* bad : {"Zg==", "+/8", "Zm 9", "Zm9v\n", "Z", "Zm9vY", "Zh"})
    EXPECT_FALSE(base64url_decoded(bad).has_value()) << bad;
  // "Zm8" is the only form of "fo": its last letter carries four bits and two zeros.
  EXPECT_EQ(base64url_decoded("Zm8"), "fo");
  EXPECT_FALSE(base64url_decoded("Zm9").has_value());
}

}  // namespace
}  // namespace steelyard::live::gateway
