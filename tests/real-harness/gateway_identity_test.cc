#include <gtest/gtest.h>

#include <set>

#include "real-harness/gateway/identity.h"
#include "tests/real-harness/gateway_request.h"

namespace steelyard::live::gateway {
namespace {

using test::request;

constexpr const char* kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr const char* kParent = "00f067aa0ba902b7";
const std::string kTraceparent = std::string("00-") + kTrace + "-" + kParent + "-01";

std::string text(const std::array<char, 32>& id) { return {id.data(), id.size()}; }
std::string text(const std::array<char, 16>& id) { return {id.data(), id.size()}; }

Identity identified(const std::string& headers, std::uint64_t seed = 1) {
  const auto message = request("GET / HTTP/1.1\nHost: a" + headers);
  RandomStream random(seed);
  Identity identity;
  identify(message.head, random, identity);
  return identity;
}

TEST(Traceparent, IsReadAsInTheRecommendation) {
  const auto trace = parse_traceparent(kTraceparent);
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ(text(trace->trace_id), kTrace);
  EXPECT_EQ(text(trace->parent_id), kParent);
  EXPECT_TRUE(trace->sampled);
  EXPECT_FALSE(parse_traceparent(std::string("00-") + kTrace + "-" + kParent + "-00")->sampled);
  EXPECT_FALSE(parse_traceparent(std::string("00-") + kTrace + "-" + kParent + "-fe")->sampled);
  EXPECT_TRUE(parse_traceparent(std::string("00-") + kTrace + "-" + kParent + "-ff")->sampled);
  // A later version may say more behind what is known.
  EXPECT_TRUE(parse_traceparent("cc" + kTraceparent.substr(2) + "-more").has_value());
}

TEST(Traceparent, ThatIsNoneBeginsANewTrace) {
  for (const std::string& bad :
       {std::string(), std::string("00"), kTraceparent.substr(1), kTraceparent + "-more",
        kTraceparent + "0", "ff" + kTraceparent.substr(2), "cc" + kTraceparent.substr(2) + "x",
        "0g" + kTraceparent.substr(2),
        std::string("00-") + std::string(32, '0') + "-" + kParent + "-01",
        std::string("00-") + kTrace + "-" + std::string(16, '0') + "-01",
        std::string("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"),
        "00_" + kTraceparent.substr(3)}) {
    EXPECT_FALSE(parse_traceparent(bad).has_value()) << bad;
    const Identity identity = identified("\nTraceparent: " + bad);
    EXPECT_FALSE(identity.is_trace_continued) << bad;
    EXPECT_NE(text(identity.trace.trace_id), kTrace) << bad;
  }
  const Identity twice =
      identified("\nTraceparent: " + kTraceparent + "\nTraceparent: " + kTraceparent);
  EXPECT_FALSE(twice.is_trace_continued);
}

TEST(Traceparent, GoesOnWithTheGatewaysOwnSpan) {
  Identity identity = identified("\nTraceparent: " + kTraceparent);
  EXPECT_TRUE(identity.is_trace_continued);
  EXPECT_EQ(text(identity.trace.trace_id), kTrace);
  EXPECT_NE(text(identity.trace.parent_id), kParent);
  std::string out;
  append_traceparent(out, identity.trace);
  EXPECT_EQ(out, std::string("00-") + kTrace + "-" + text(identity.trace.parent_id) + "-01");
  // Each attempt is a span of its own.
  const std::string first = text(identity.trace.parent_id);
  RandomStream random(9);
  renew_parent(identity.trace, random);
  EXPECT_NE(text(identity.trace.parent_id), first);
  EXPECT_TRUE(parse_traceparent(out).has_value());
}

TEST(RequestIds, AreKeptIfTheyAreHarmless) {
  EXPECT_EQ(identified("\nX-Request-Id: 7f3a-11").request_id, "7f3a-11");
  EXPECT_EQ(identified("\nX-Request-Id: a.b_c~d:e/f+g=h@i").request_id, "a.b_c~d:e/f+g=h@i");
  EXPECT_EQ(identified("\nX-Request-Id: " + std::string(128, 'a')).request_id.size(), 128u);
  for (const std::string& bad :
       {std::string(), std::string(129, 'a'), std::string("a b"), std::string("a\"b"),
        std::string("{{7*7}}"), std::string("caf\xC3\xA9"), std::string("a,b"), std::string("<x>"),
        std::string("a\nX-Request-Id: b")}) {
    const std::string id = identified("\nX-Request-Id: " + bad).request_id;
    EXPECT_EQ(id.size(), 32u) << bad;
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos) << bad;
  }
}

TEST(RequestIds, OfNewRequestsDiffer) {
  const auto message = request("GET / HTTP/1.1\nHost: a");
  RandomStream random(3);
  std::set<std::string> ids;
  std::set<std::string> traces;
  Identity identity;
  for (int i = 0; i < 1000; ++i) {
    identify(message.head, random, identity);
    ids.insert(identity.request_id);
    traces.insert(text(identity.trace.trace_id));
  }
  EXPECT_EQ(ids.size(), 1000u);
  EXPECT_EQ(traces.size(), 1000u);
}

}  // namespace
}  // namespace steelyard::live::gateway
