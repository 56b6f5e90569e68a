#include <gtest/gtest.h>

#include "real-harness/gateway/auth.h"
#include "tests/real-harness/gateway_request.h"
#include "tests/real-harness/gateway_tokens.h"

namespace steelyard::live::gateway {
namespace {

using test::hs256;
using test::request;
using Source = SecretSpec::Source;

const std::string kSecret = "a secret of thirty-two bytes, 1!";

Result<std::string> read_secret(const SecretSpec& secret) {
  if (secret.value == "CAROL_KEY") return std::string("carols key\r\n");
  if (secret.value == "empty") return std::string("\n");
  return Error{"there is no such file"};
}

std::unique_ptr<Authenticator> keys() {
  AuthenticationSpec spec{.name = "partners"};
  // The hash is that of "test". [FIPS 180-4; sha256sum]
  spec.keys = {
      {"alice", {Source::text, "alices-key"}},
      {"bob", {Source::sha256, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}},
      {"carol", {Source::environment, "CAROL_KEY"}},
      {"alice", {Source::text, "alices-next-key"}}};
  auto made = Authenticator::make(spec, read_secret);
  EXPECT_TRUE(made.ok());
  return std::move(made.value());
}

std::unique_ptr<Authenticator> tokens() {
  AuthenticationSpec spec{.name = "staff", .kind = AuthenticationSpec::Kind::jwt};
  spec.hs256 = SecretSpec{Source::text, kSecret};
  auto made = Authenticator::make(spec, {});
  EXPECT_TRUE(made.ok());
  return std::move(made.value());
}

Access ask(Authenticator& authenticator, const std::string& headers, Duration now = 1000s) {
  const auto message = request("GET / HTTP/1.1\nHost: a" + headers);
  return authenticator.authenticate(message.head, now);
}

TEST(ApiKeys, SayWhoTheCallerIs) {
  const auto authenticator = keys();
  for (const auto& [key, consumer] :
       {std::pair("alices-key", "alice"), std::pair("alices-next-key", "alice"),
        std::pair("test", "bob"), std::pair("carols key", "carol")}) {
    const Access access = ask(*authenticator, std::string("\nX-API-Key: ") + key);
    EXPECT_EQ(access.status, 0) << access.why;
    EXPECT_EQ(access.consumer, consumer);
    EXPECT_EQ(access.claims, nullptr);
  }
}

TEST(ApiKeys, ThatAreNotQuiteRightAreRefused) {
  const auto authenticator = keys();
  for (const char* headers :
       {"", "\nX-API-Key:", "\nX-API-Key: alices-ke", "\nX-API-Key: alices-keys",
        "\nX-API-Key: ALICES-KEY", "\nX-API-Key: alice",
        "\nX-API-Key: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "\nX-API-Key: alices-key\nX-API-Key: test", "\nAuthorization: alices-key"}) {
    const Access access = ask(*authenticator, headers);
    EXPECT_EQ(access.status, 401) << headers;
    EXPECT_EQ(access.challenge, "Key realm=\"steelyard\"");
    EXPECT_EQ(access.consumer, "");
  }
}

TEST(ApiKeys, ThatCannotBeReadStopTheGatewayBeforeItStarts) {
  AuthenticationSpec spec{.name = "partners"};
  spec.keys = {{"dave", {Source::file, "nowhere"}}};
  EXPECT_EQ(Authenticator::make(spec, read_secret).error(),
            "authentication partners: key of dave: there is no such file");
  spec.keys = {{"dave", {Source::file, "empty"}}};
  EXPECT_EQ(
      Authenticator::make(spec, read_secret).error(),
      "authentication partners: key of dave: got an empty secret from 'empty', expected some");
}

TEST(BearerTokens, SayWhoTheCallerIsAndMore) {
  const auto authenticator = tokens();
  const std::string token = hs256(R"({"sub":"alice","role":"admin","exp":2000})", kSecret);
  for (const char* scheme : {"Bearer ", "bearer ", "BEARER  "}) {
    const Access access = ask(*authenticator, "\nAuthorization: " + (scheme + token));
    EXPECT_EQ(access.status, 0) << access.why;
    EXPECT_EQ(access.consumer, "alice");
    ASSERT_NE(access.claims, nullptr);
    EXPECT_EQ((*access.claims)["role"], "admin");
  }
}

TEST(BearerTokens, ExpireEvenIfTheyAreRemembered) {
  const auto authenticator = tokens();
  const std::string headers =
      "\nAuthorization: Bearer " + hs256(R"({"sub":"alice","exp":2000})", kSecret);
  EXPECT_EQ(ask(*authenticator, headers, 1999s).status, 0);
  const Access late = ask(*authenticator, headers, 2000s);
  EXPECT_EQ(late.status, 401);
  EXPECT_EQ(late.challenge,
            "Bearer realm=\"steelyard\", error=\"invalid_token\", "
            "error_description=\"a token that has expired\"");
}

// [RFC 6750, 3.1]: no error code for who did not try.
TEST(BearerTokens, ThatAreMissingAreAskedForWithoutBlame) {
  const auto authenticator = tokens();
  for (const char* headers :
       {"", "\nAuthorization: Basic YTpi", "\nAuthorization: Bearer", "\nAuthorization: Bearerx"}) {
    const Access access = ask(*authenticator, headers);
    EXPECT_EQ(access.status, 401) << headers;
    EXPECT_EQ(access.challenge, "Bearer realm=\"steelyard\"") << headers;
  }
  const std::string token = hs256("{}", kSecret);
  const Access twice =
      ask(*authenticator, "\nAuthorization: Bearer " + token + "\nAuthorization: Bearer " + token);
  EXPECT_STREQ(twice.why, "several tokens");
}

Access may(const AllowSpec& allow, const std::string& consumer, const nlohmann::json* claims) {
  Access access{.consumer = consumer, .claims = claims};
  authorize(allow, access);
  return access;
}

TEST(Authorization, LetsNamedConsumersPass) {
  const AllowSpec allow{.consumers = {"alice", "bob"}, .claims = {}};
  EXPECT_EQ(may(allow, "alice", nullptr).status, 0);
  EXPECT_EQ(may(allow, "bob", nullptr).status, 0);
  EXPECT_EQ(may(allow, "carol", nullptr).status, 403);
  EXPECT_EQ(may(allow, "", nullptr).status, 403);
  EXPECT_EQ(may({}, "carol", nullptr).status, 0);
}

TEST(Authorization, LooksAtEveryClaimThatIsAskedFor) {
  const AllowSpec allow{.consumers = {},
                        .claims = {{"role", {"admin", "owner"}}, {"level", {"3"}}}};
  const auto status = [&](const char* text) {
    const nlohmann::json claims = nlohmann::json::parse(text);
    return may(allow, "alice", &claims).status;
  };
  EXPECT_EQ(status(R"({"role":"admin","level":3})"), 0);
  EXPECT_EQ(status(R"({"role":["guest","owner"],"level":"3"})"), 0);
  EXPECT_EQ(status(R"({"role":"admin"})"), 403);
  EXPECT_EQ(status(R"({"role":"administrator","level":3})"), 403);
  EXPECT_EQ(status(R"({"role":["guest"],"level":3})"), 403);
  EXPECT_EQ(status(R"({"role":{"admin":true},"level":3})"), 403);
  EXPECT_EQ(status(R"({"role":null,"level":3})"), 403);
  EXPECT_EQ(status(R"({"role":[],"level":3})"), 403);
  EXPECT_EQ(may(allow, "alice", nullptr).status, 403);
  const nlohmann::json none = nlohmann::json::object();
  EXPECT_EQ(may(allow, "alice", &none).challenge,
            "Bearer realm=\"steelyard\", error=\"insufficient_scope\"");
}

}  // namespace
}  // namespace steelyard::live::gateway
