#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/random.h"
#include "real-harness/gateway/log.h"

namespace steelyard::live::gateway {
namespace {

std::string line(const AccessRecord& record) {
  std::string out;
  append_access_line(out, record);
  return out;
}
std::string time_of(Duration unix_time) {
  std::string out;
  append_time(out, unix_time);
  return out;
}
std::string date_of(Duration unix_time) {
  std::string out;
  append_http_date(out, unix_time);
  return out;
}

// Checked with `date -u -d @1709208000`.
TEST(Times, AreThoseOfTheCalendar) {
  EXPECT_EQ(time_of(0s), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(time_of(1709208000s + 250ms), "2024-02-29T12:00:00.250Z");
  EXPECT_EQ(time_of(1709208000s + 999'999us), "2024-02-29T12:00:00.999Z");
  EXPECT_EQ(time_of(951782399s), "2000-02-28T23:59:59.000Z");
  EXPECT_EQ(time_of(4107542400s), "2100-03-01T00:00:00.000Z");
  EXPECT_EQ(date_of(1709208000s), "Thu, 29 Feb 2024 12:00:00 GMT");
  // The example of RFC 9110, 5.6.7.
  EXPECT_EQ(date_of(784111777s), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(AccessLog, HasOneLineWithAllThatIsKnown) {
  EXPECT_EQ(line({.unix_time = 1709208000s + 250ms,
                  .client = "127.0.0.1",
                  .method = "GET",
                  .host = "shop.example",
                  .path = "/user/7",
                  .route = "route 1",
                  .status = 200,
                  .bytes_in = 0,
                  .bytes_out = 64,
                  .duration = 1'204'567ns,
                  .upstream = "127.0.0.1:5001",
                  .attempts = 1,
                  .outcome = "ok",
                  .request_id = "r1",
                  .trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
                  .consumer = "alice"}),
            "{\"time\":\"2024-02-29T12:00:00.250Z\",\"client\":\"127.0.0.1\",\"method\":\"GET\","
            "\"host\":\"shop.example\",\"path\":\"/user/7\",\"protocol\":\"HTTP/1.1\","
            "\"route\":\"route 1\",\"status\":200,\"bytes_in\":0,\"bytes_out\":64,"
            "\"duration_ms\":1.204,\"upstream\":\"127.0.0.1:5001\",\"attempts\":1,"
            "\"outcome\":\"ok\",\"request_id\":\"r1\","
            "\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"consumer\":\"alice\"}\n");
}

TEST(AccessLog, LeavesOutWhatIsUnknown) {
  EXPECT_EQ(
      line({.unix_time = 0s, .client = "::1", .minor_version = 0, .status = 0}),
      "{\"time\":\"1970-01-01T00:00:00.000Z\",\"client\":\"::1\",\"protocol\":\"HTTP/1.0\","
      "\"status\":499,\"bytes_in\":0,\"bytes_out\":0,\"duration_ms\":0.000,\"attempts\":0}\n");
}

// No request can write a line of its own, or one that a reader of JSON stumbles over.
TEST(AccessLog, StaysOneLineOfJsonWhateverIsAskedFor) {
  constexpr std::uint64_t kSeed = 17;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  RandomStream random(kSeed);
  for (int round = 0; round < 3000; ++round) {
    std::string hostile;
    for (std::uint64_t left = random.below(40); left > 0; --left)
      hostile += static_cast<char>(random.below(256));
    const std::string text =
        line({.client = hostile, .method = hostile, .path = hostile, .consumer = hostile});
    ASSERT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
    ASSERT_TRUE(text.ends_with("\n"));
    ASSERT_TRUE(nlohmann::json::parse(text, nullptr, false).is_object());
    ASSERT_TRUE(std::none_of(text.begin(), text.end() - 1, [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    }));
  }
}

TEST(AccessLog, CutsTextsThatAreTooLong) {
  EXPECT_LT(line({.path = std::string(1 << 20, '"')}).size(), 5000u);
  // Cut in the middle of a character it is still UTF-8.
  const std::string text = line({.path = std::string(2047, 'a') + "\xE2\x82\xAC"});
  EXPECT_TRUE(nlohmann::json::accept(text));
}

}  // namespace
}  // namespace steelyard::live::gateway
