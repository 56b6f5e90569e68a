#include <gtest/gtest.h>

#include <algorithm>

#include "core/random.h"
#include "real-harness/gateway/path.h"

namespace steelyard::live::gateway {
namespace {

struct Reading {
  const char* path;
  const char* decoded;
  const char* encoded;
};

TEST(Paths, AreReadAsNginxReadsThem) {
  for (const Reading& reading : {
           Reading{"/", "/", "/"},
           Reading{"/user/7", "/user/7", "/user/7"},
           Reading{"/user/", "/user/", "/user/"},
           Reading{"//", "/", "/"},
           Reading{"//user///7", "/user/7", "/user/7"},
           Reading{"/.", "/", "/"},
           Reading{"/./user/.", "/user/", "/user/"},
           Reading{"/user/../admin", "/admin", "/admin"},
           Reading{"/user/7/..", "/user/", "/user/"},
           Reading{"/a/b/../../c", "/c", "/c"},
           Reading{"/a//../b", "/b", "/b"},
           Reading{"/%61dmin", "/admin", "/admin"},
           Reading{"/%2e%2E/x%2f", nullptr, nullptr},
           Reading{"/user/%2e%2e/admin", "/admin", "/admin"},
           Reading{"/user/.%2e/admin", "/admin", "/admin"},
           Reading{"/a/%2e", "/a/", "/a/"},
           Reading{"/.well-known/x", "/.well-known/x", "/.well-known/x"},
           Reading{"/..a/...", "/..a/...", "/..a/..."},
           Reading{"/a%20b", "/a b", "/a%20b"},
           Reading{"/caf%c3%a9", "/caf\xC3\xA9", "/caf%C3%A9"},
           Reading{"/caf\xC3\xA9", "/caf\xC3\xA9", "/caf%C3%A9"},
           // Escaped once more than once: a name with '%' in it, for us and for who comes after.
           Reading{"/%252e%252e/x", "/%2e%2e/x", "/%252e%252e/x"},
           Reading{"/%2561", "/%61", "/%2561"},
           // Escapes that may mean something stay escapes.
           Reading{"/a%3Bb", "/a;b", "/a%3Bb"},
           Reading{"/a%2Bb+c", "/a+b+c", "/a%2Bb+c"},
           Reading{"/a%3fb%23c", "/a?b#c", "/a%3Fb%23c"},
           Reading{"/a;v=1/b", "/a;v=1/b", "/a;v=1/b"},
           Reading{"/~a-b._c!$&'()*,=:@", "/~a-b._c!$&'()*,=:@", "/~a-b._c!$&'()*,=:@"},
           Reading{"/{a}\"|", "/{a}\"|", "/%7Ba%7D%22%7C"},
       }) {
    NormalPath path;
    if (reading.decoded == nullptr) {
      EXPECT_FALSE(path.assign(reading.path)) << reading.path;
      continue;
    }
    ASSERT_TRUE(path.assign(reading.path)) << reading.path << ": " << path.why();
    EXPECT_EQ(path.decoded(), reading.decoded) << reading.path;
    EXPECT_EQ(path.encoded(), reading.encoded) << reading.path;
  }
}

TEST(Paths, ThatTwoProgramsMayReadInTwoWaysAreRefused) {
  for (const char* text : {
           "",
           "user",
           "*",
           "http:/",  // no path
           "/..",
           "/../x",
           "/a/../..",
           "/%2e%2e",
           "/a/%2e%2e/%2e./b",  // above the root
           "/a%2fb",
           "/a%2Fb",
           "/a%2f..%2fb",
           "/a%5cb",
           "/a\\b",
           "/..\\x",  // other '/'
           "/a%00",
           "/a%0d%0ab",
           "/a\tb",
           "/a%7f",
           "/a%1f",  // control characters
           "/a%",
           "/a%4",
           "/a%zz",
           "/a%4g",
           "/a%%34",  // no escapes
           "/a#b",
           "/a?b",  // what ends a path
           "/a/..;/b",
           "/a/..;x=1/b",
           "/.;/b",
           "/;/b",
           "/a/..%3b/b",
           "/a/%2e%2e;b",  // parameters
           "/%c0%ae%c0%ae/x",
           "/%c0%af",
           "/%e0%80%af",
           "/%ff",
           "/\xFF",
           "/%ed%a0%80",  // not UTF-8
       }) {
    NormalPath path;
    EXPECT_FALSE(path.assign(text)) << text;
    EXPECT_NE(std::string(path.why()), "") << text;
  }
}

// Whatever goes in, what comes out is read the same way once more, by us and by a server that
// decodes once: no second reading finds another segment.
TEST(Paths, StayTheSameOnceNormalised) {
  static constexpr std::string_view kPieces[] = {
      "/", ".",   "..", "%2e", "%2E",      "a",      "%61", "admin", "%25", "2e",
      ";", "%3b", "//", "%20", "\xC3\xA9", "%c3%a9", "~",   "{",     "%2f"};
  constexpr std::uint64_t kSeed = 7;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  RandomStream random(kSeed);
  int accepted = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text = "/";
    for (std::uint64_t left = random.below(12); left > 0; --left)
      text += kPieces[random.below(std::size(kPieces))];
    NormalPath once;
    if (!once.assign(text)) continue;
    ++accepted;
    NormalPath twice;
    ASSERT_TRUE(twice.assign(once.encoded())) << text;
    ASSERT_EQ(twice.encoded(), once.encoded()) << text;
    ASSERT_EQ(twice.decoded(), once.decoded()) << text;
    ASSERT_EQ(std::count(once.decoded().begin(), once.decoded().end(), '/'),
              std::count(once.encoded().begin(), once.encoded().end(), '/'))
        << text;
    ASSERT_EQ(("/" + std::string(once.decoded()) + "/").find("/../"), std::string::npos) << text;
    ASSERT_EQ(once.decoded().find("//"), std::string::npos) << text;
  }
  EXPECT_GT(accepted, 5000);
}

TEST(Paths, OfScenariosAreEscapedWhereTheyNeedToBe) {
  std::string out;
  append_encoded_path(out, "/a b/\xC3\xA9/c+d");
  EXPECT_EQ(out, "/a%20b/%C3%A9/c+d");
}

}  // namespace
}  // namespace steelyard::live::gateway
