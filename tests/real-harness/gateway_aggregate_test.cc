#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "core/random.h"
#include "real-harness/gateway/aggregate.h"

namespace steelyard::live::gateway {
namespace {

using namespace std::string_view_literals;
using Failure = PartAnswer::Failure;

constexpr const char* kJson = "application/json";

PartAnswer json(std::string_view name, std::string_view body) {
  return {.name = name, .content_type = kJson, .body = body};
}
std::string joined(const PartAnswer& part) {
  const Joined whole = join(std::vector{part});
  EXPECT_TRUE(nlohmann::json::accept(whole.body)) << whole.body;
  return whole.body;
}

TEST(Aggregates, HoldJsonAsItCame) {
  const std::vector<PartAnswer> parts{
      json("user", " {\"id\": 7,  \"big\": 12345678901234567890}\n"), json("orders", "[1, 2.50]")};
  const Joined whole = join(parts);
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body,
            "{\"user\":{\"id\": 7,  \"big\": 12345678901234567890},\"orders\":[1, 2.50]}\n");
}

TEST(Aggregates, HoldOtherBodiesAsTextOrBase64) {
  EXPECT_EQ(joined({.name = "a", .content_type = "text/html", .body = "5\n"}),
            "{\"a\":\"5\\n\"}\n");
  EXPECT_EQ(joined({.name = "a", .body = "{}"}), "{\"a\":\"{}\"}\n");
  EXPECT_EQ(joined({.name = "a", .content_type = "image/png", .body = "\x89PNG"}),
            "{\"a\":{\"base64\":\"iVBORw==\"}}\n");
  EXPECT_EQ(joined({.name = "a", .status = 204}), "{\"a\":null}\n");
  EXPECT_EQ(joined(json("a", "")), "{\"a\":null}\n");
}

TEST(Aggregates, KnowJsonByItsType) {
  for (const char* type :
       {"application/json", "Application/JSON; charset=utf-8", "application/json ;x",
        "application/problem+json", "application/vnd.api+json;v=1"})
    EXPECT_EQ(joined({.name = "a", .content_type = type, .body = "[]"}), "{\"a\":[]}\n") << type;
  for (const char* type : {"", "text/json", "application/jsonp", "+json", "application/json-seq"})
    EXPECT_EQ(joined({.name = "a", .content_type = type, .body = "[]"}), "{\"a\":\"[]\"}\n")
        << type;
}

// Nothing that calls itself JSON can break out of its place.
TEST(Aggregates, RefuseWhatOnlyCallsItselfJson) {
  for (const std::string_view body :
       {"{"sv, "}"sv, "1,\"admin\":true"sv, "[1],[2]"sv, "{}}"sv, "nul"sv, "'a'"sv, "{\"a\":1,}"sv,
        "01"sv, "\"\xFF\""sv, "\"\0\""sv, "NaN"sv, " "sv, "// x\n1"sv,
        "\xEF\xBB\xBF\xEF\xBB\xBF{}"sv, "\xEF\xBB\xBF"sv}) {
    const Joined whole = join(std::vector{json("a", body)});
    EXPECT_EQ(whole.status, 502) << body;
    EXPECT_EQ(whole.body, "{\"a\":{\"error\":{\"status\":502,\"reason\":\"not JSON\"}}}\n") << body;
  }
  EXPECT_EQ(joined(json("a", "\xEF\xBB\xBF{}")), "{\"a\":{}}\n");
}

TEST(Aggregates, StandHoweverDeepAPartIs) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_EQ(join(std::vector{json("a", deep)}).status, 200);
}

TEST(Aggregates, SayWhichPartFailed) {
  EXPECT_EQ(joined({.name = "a", .failure = Failure::timeout}),
            "{\"a\":{\"error\":{\"status\":504,\"reason\":\"timeout\"}}}\n");
  EXPECT_EQ(joined({.name = "a", .failure = Failure::unavailable}),
            "{\"a\":{\"error\":{\"status\":502,\"reason\":\"unavailable\"}}}\n");
  EXPECT_EQ(joined({.name = "a", .failure = Failure::too_large}),
            "{\"a\":{\"error\":{\"status\":502,\"reason\":\"too large\"}}}\n");
  EXPECT_EQ(joined({.name = "a", .status = 404, .content_type = kJson, .body = "{}"}),
            "{\"a\":{\"error\":{\"status\":404,\"reason\":\"Not Found\"}}}\n");
}

int status_of(std::vector<PartAnswer> parts) { return join(parts).status; }

TEST(Aggregates, SucceedWithoutOptionalPartsOnly) {
  const PartAnswer good = json("good", "1");
  const PartAnswer late{.name = "late", .failure = Failure::timeout};
  const PartAnswer down{.name = "down", .failure = Failure::unavailable};
  const PartAnswer missing{.name = "missing", .status = 404};
  const auto optional = [](PartAnswer part) {
    part.optional = true;
    return part;
  };
  EXPECT_EQ(status_of({good}), 200);
  EXPECT_EQ(status_of({good, optional(late), optional(down), optional(missing)}), 200);
  EXPECT_EQ(status_of({good, down}), 502);
  EXPECT_EQ(status_of({good, missing}), 502);
  EXPECT_EQ(status_of({late, good}), 504);
  EXPECT_EQ(status_of({late, down, missing}), 504);
  EXPECT_EQ(status_of({optional(late), down}), 502);
}

// Bodies of any bytes under any type: the whole is JSON with just the keys that were asked for.
TEST(Aggregates, AreJsonWhateverTheServicesSend) {
  static constexpr std::string_view kBytes =
      "{}[]\",:0129eE+-.truefalsn\\u\t\n \xEF\xBB\xBF\xC3\xFF";
  constexpr std::uint64_t kSeed = 13;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  RandomStream random(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    std::string body;
    for (std::uint64_t left = random.below(12); left > 0; --left)
      body += kBytes[random.below(kBytes.size())];
    PartAnswer part = json("a", body);
    if (random.chance(0.3)) part.content_type = "text/plain";
    const nlohmann::json whole =
        nlohmann::json::parse(join(std::vector{part, json("b", "1")}).body, nullptr, false);
    ASSERT_TRUE(whole.is_object()) << body;
    ASSERT_EQ(whole.size(), 2u) << body;
    ASSERT_EQ(whole["b"], 1) << body;
  }
}

}  // namespace
}  // namespace steelyard::live::gateway
