#include "scenarios/redact.h"

#include <gmock/gmock.h>

#include "tests/scenarios/support.h"

namespace steelyard {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kRoutes = "  routes: [{match: {}, to: orders, authenticate: x}]\n";

// What is kept of a scenario whose API key for alice is written like this.
std::string kept_with_key(const std::string& key) {
  const LoadResult result =
      load(kSmallest + "gateway:\n  authentication: {x: {api_key: {keys: {alice: " + key +
           "}}}}\n" + kRoutes);
  EXPECT_THAT(complaints(result), testing::IsEmpty());
  return result.comparison ? result.comparison->text : "";
}
std::string kept_with_secret(const std::string& secret) {
  const LoadResult result = load(kSmallest + "gateway:\n  authentication:\n    x:\n      jwt:\n" +
                                 secret + "        issuer: them\n" + kRoutes);
  EXPECT_THAT(complaints(result), testing::IsEmpty());
  return result.comparison ? result.comparison->text : "";
}

TEST(Redacted, AKeyIsLeftOutHoweverItIsWritten) {
  for (const std::string key : {"s3cret", "\"s3cret\"", "'s3cret'", "\"\\x733cret\"", "'s3''cret'",
                                "\"s3\\\"cret\"", "12345", "&key s3cret", "&key 's3cret'"}) {
    const std::string kept = kept_with_key(key);
    EXPECT_THAT(kept, HasSubstr("…}}}}\n" + kRoutes)) << key;
    EXPECT_THAT(kept, Not(HasSubstr("cret"))) << key;
    EXPECT_THAT(kept, Not(HasSubstr("12345"))) << key;
  }
}

TEST(Redacted, OfSeveralKeysNoneStays) {
  EXPECT_THAT(kept_with_key("[one, \"two\"], bob: {env: BOB}, carol: three"),
              HasSubstr("{alice: […, …], bob: {env: BOB}, carol: …}"));
}

TEST(Redacted, ASecretOfSeveralLinesIsLeftOutToItsEnd) {
  const std::string rest = "…\n        issuer: them\n";
  EXPECT_THAT(kept_with_secret("        hs256: |\n          this is a secret that\n\n"
                               "          fills three lines\n"),
              HasSubstr("hs256: " + rest));
  EXPECT_THAT(kept_with_secret("        hs256: >-  # folded\n          this is a secret that\n"
                               "          fills two lines\n"),
              HasSubstr("hs256: " + rest));
  EXPECT_THAT(kept_with_secret("        hs256: this is a secret that\n\n"
                               "          fills three lines\n"),
              HasSubstr("hs256: " + rest));
  EXPECT_THAT(kept_with_secret("        hs256: \"this is a secret that \\\n"
                               "          fills two lines\"\n"),
              HasSubstr("hs256: " + rest));
}

TEST(Redacted, AShortKeyDoesNotTakeTheSameWordElsewhereAlong) {
  EXPECT_THAT(kept_with_key("orders"), testing::StartsWith(kSmallest));
}

TEST(Redacted, ALongOneIsLeftOutOfCommentsAndDescriptionsToo) {
  const LoadResult result =
      load("# curl -H 'X-Api-Key: long-secret'\n" + kSmallest +
           "description: Try long-secret.\ngateway:\n"
           "  authentication: {x: {api_key: {keys: {alice: long-secret}}}}\n" +
           kRoutes);
  ASSERT_TRUE(result.comparison);
  EXPECT_THAT(result.comparison->text, Not(HasSubstr("long-secret")));
  EXPECT_EQ(result.comparison->base().description, "Try ….");
}

TEST(Redacted, OverridesKeepNoSecret) {
  const std::string key = "gateway.authentication.x.api_key.keys.alice=";
  const LoadResult result = load(
      kSmallest + "gateway:\n  authentication: {x: {api_key: {keys: {alice: old}}}}\n" + kRoutes,
      {"run.seed=7", key + "'s3cret'"});
  ASSERT_TRUE(result.comparison);
  EXPECT_THAT(result.comparison->overrides, testing::ElementsAre("run.seed=7", key + "…"));
}

TEST(Redacted, TheDigestTellsNothingAboutTheKey) {
  const auto digest = [](const std::string& key) {
    return load(kSmallest + "gateway:\n  authentication: {x: {api_key: {keys: {alice: " + key +
                "}}}}\n" + kRoutes)
        .comparison->digest;
  };
  EXPECT_EQ(digest("one"), digest("another"));
}

TEST(Redacted, TheGatewayStillHasItsKeys) {
  const Scenario scenario =
      loaded(kSmallest + "gateway:\n  authentication: {x: {api_key: {keys: {alice: s3cret}}}}\n" +
             kRoutes);
  EXPECT_EQ(scenario.gateway->authentication[0].keys[0].key.value, "s3cret");
}

}  // namespace
}  // namespace steelyard
