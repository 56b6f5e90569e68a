#include "scenarios/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/support.h"

namespace steelyard {
namespace {

using testing::ElementsAre;

GatewaySpec gateway(const std::string& text) {
  const Scenario scenario = loaded(kSmallest + "gateway:\n" + text);
  EXPECT_TRUE(scenario.gateway.has_value());
  return scenario.gateway.value_or(GatewaySpec{});
}

std::vector<std::string> problems(const std::string& text) {
  return complaints(load(kSmallest + "gateway:\n" + text));
}

GatewaySpec everything() {
  const std::string path = STEELYARD_SOURCE_DIR "/tests/scenarios/valid/gateway.yaml";
  const Scenario scenario = loaded(file_text(path).value());
  EXPECT_TRUE(scenario.gateway.has_value());
  return scenario.gateway.value_or(GatewaySpec{});
}

TEST(Gateway, IsAbsentWhereItIsNotAskedFor) { EXPECT_FALSE(loaded(kSmallest).gateway.has_value()); }

TEST(Gateway, NeedsNoMoreThanOneRoute) {
  const GatewaySpec spec = gateway("  routes: [{match: {}, to: orders}]\n");
  EXPECT_EQ(spec.host, "127.0.0.1");
  EXPECT_EQ(spec.port, 0);
  EXPECT_FALSE(spec.tls.has_value());
  EXPECT_EQ(spec.access_log, "");
  EXPECT_EQ(spec.limits.header_bytes, 32 * 1024);
  EXPECT_EQ(spec.limits.body_bytes, 1 << 30);
  ASSERT_EQ(spec.routes.size(), 1u);
  EXPECT_EQ(spec.routes[0].name, "route 1");
  EXPECT_EQ(spec.routes[0].match.path, "/");
  EXPECT_TRUE(spec.routes[0].match.is_prefix);
  EXPECT_EQ(spec.routes[0].to.service, 0u);
  EXPECT_FALSE(spec.routes[0].to.rewrite.has_value());
  EXPECT_FALSE(spec.routes[0].authentication.has_value());
  EXPECT_FALSE(spec.routes[0].rate_limit.has_value());
}

TEST(Gateway, ListensAndLimitsAsToldTo) {
  const GatewaySpec spec = everything();
  EXPECT_EQ(spec.host, "::1");
  EXPECT_EQ(spec.port, 8080);
  ASSERT_TRUE(spec.tls.has_value());
  EXPECT_EQ(spec.tls->certificate, "server.pem");
  EXPECT_EQ(spec.tls->key, "server.key");
  EXPECT_EQ(spec.access_log, "-");
  EXPECT_EQ(spec.limits.header_bytes, 16 * 1024);
  EXPECT_EQ(spec.limits.body_bytes, std::int64_t{8} << 30);
  EXPECT_EQ(spec.limits.part_bytes, 256 * 1024);
  EXPECT_EQ(spec.limits.header_timeout, 5s);
  EXPECT_EQ(spec.limits.idle_timeout, 30s);
}

TEST(Gateway, KnowsTheKeysOfConsumers) {
  const GatewaySpec spec = everything();
  ASSERT_EQ(spec.authentication.size(), 2u);
  const AuthenticationSpec& partners = spec.authentication[0];
  EXPECT_EQ(partners.name, "partners");
  EXPECT_EQ(partners.kind, AuthenticationSpec::Kind::api_key);
  EXPECT_EQ(partners.header, "x-partner-key");
  EXPECT_TRUE(partners.forward);
  ASSERT_EQ(partners.keys.size(), 3u);
  EXPECT_EQ(partners.keys[0].consumer, "alice");
  EXPECT_EQ(partners.keys[0].key.source, SecretSpec::Source::text);
  EXPECT_EQ(partners.keys[0].key.value, "3f0c6f1d6b1c4e2f");
  EXPECT_EQ(partners.keys[1].consumer, "bob");
  EXPECT_EQ(partners.keys[1].key.source, SecretSpec::Source::sha256);
  EXPECT_EQ(partners.keys[1].key.value,
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
  EXPECT_EQ(partners.keys[2].consumer, "bob");
  EXPECT_EQ(partners.keys[2].key.source, SecretSpec::Source::environment);
  EXPECT_EQ(partners.keys[2].key.value, "BOB_KEY");
}

TEST(Gateway, KnowsWhoIssuesTokens) {
  const AuthenticationSpec staff = everything().authentication.at(1);
  EXPECT_EQ(staff.kind, AuthenticationSpec::Kind::jwt);
  EXPECT_EQ(staff.header, "authorization");
  EXPECT_FALSE(staff.forward);
  ASSERT_TRUE(staff.hs256 && staff.rs256);
  EXPECT_EQ(staff.hs256->source, SecretSpec::Source::file);
  EXPECT_EQ(staff.hs256->value, "staff.secret");
  EXPECT_EQ(staff.rs256->value, "staff.pem");
  EXPECT_EQ(staff.issuer, "https://login.example");
  EXPECT_EQ(staff.audience, "shop");
  EXPECT_EQ(staff.leeway, 30s);
}

TEST(Gateway, RoutesByHostPathHeadersAndMethods) {
  const RouteSpec route = everything().routes.at(1);
  EXPECT_EQ(route.name, "beta_users");
  EXPECT_EQ(route.match.host, "*.shop.example");
  EXPECT_EQ(route.match.path, "/user");
  EXPECT_TRUE(route.match.is_prefix);
  ASSERT_EQ(route.match.headers.size(), 1u);
  EXPECT_EQ(route.match.headers[0].name, "x-beta");
  EXPECT_EQ(route.match.headers[0].value, "1");
  EXPECT_THAT(route.match.methods, ElementsAre("GET", "POST"));
  EXPECT_EQ(route.to.service, 1u);
  EXPECT_EQ(route.to.rewrite, "/users");
  EXPECT_EQ(route.authentication, 0u);
  EXPECT_THAT(route.allow.consumers, ElementsAre("alice", "bob"));
  ASSERT_TRUE(route.rate_limit.has_value());
  EXPECT_EQ(route.rate_limit->rate, 100);
  EXPECT_EQ(route.rate_limit->burst, 20);
  EXPECT_EQ(route.rate_limit->per, RateLimitSpec::Per::consumer);
  EXPECT_EQ(route.timeout, 2s);
  EXPECT_FALSE(everything().routes.at(0).match.is_prefix);
}

TEST(Gateway, AllowsByClaims) {
  const AllowSpec allow = everything().routes.at(2).allow;
  ASSERT_EQ(allow.claims.size(), 2u);
  EXPECT_EQ(allow.claims[0].name, "role");
  EXPECT_THAT(allow.claims[0].values, ElementsAre("admin", "owner"));
  EXPECT_EQ(allow.claims[1].name, "team");
  EXPECT_THAT(allow.claims[1].values, ElementsAre("shop"));
}

// 10/min is a sixth of a request a second: the second's worth is less than one request.
TEST(Gateway, LetsTheRequestsOfOneSecondComeAtOnceButAtLeastOne) {
  const GatewaySpec spec = everything();
  EXPECT_NEAR(spec.routes.at(2).rate_limit->rate, 1.0 / 6, 1e-12);
  EXPECT_EQ(spec.routes.at(2).rate_limit->burst, 1);
  EXPECT_EQ(spec.routes.at(2).rate_limit->per, RateLimitSpec::Per::address);
  EXPECT_EQ(spec.routes.at(4).rate_limit->burst, 1000);
  EXPECT_EQ(spec.routes.at(4).rate_limit->per, RateLimitSpec::Per::route);
}

TEST(Gateway, JoinsPartsUnderTheirNames) {
  const RouteSpec route = everything().routes.at(3);
  ASSERT_EQ(route.parts.size(), 2u);
  EXPECT_EQ(route.parts[0].name, "user");
  EXPECT_EQ(route.parts[0].to.service, 1u);
  EXPECT_EQ(route.parts[0].to.rewrite, "/7");
  EXPECT_FALSE(route.parts[0].optional);
  EXPECT_EQ(route.parts[1].to.service, 2u);
  EXPECT_FALSE(route.parts[1].to.rewrite.has_value());
  EXPECT_TRUE(route.parts[1].optional);
  EXPECT_THAT(route.match.methods, ElementsAre("GET"));
}

// The order is the file's, so a narrow route stands before the wide one that would take its
// requests; the other way round it would be there for nothing.
TEST(Gateway, AcceptsNarrowRoutesBeforeWideOnesOnly) {
  EXPECT_THAT(problems("  routes: [{match: {path: /a}, to: orders}, {match: {}, to: orders}]\n"),
              testing::IsEmpty());
  EXPECT_THAT(problems("  routes: [{match: {}, to: orders}, {match: {path: /a}, to: orders}]\n"),
              ElementsAre("7:45: gateway.routes.1.match: got a route that no request reaches, "
                          "expected it before 'route 1', which takes them all"));
}

TEST(Gateway, TellsRoutesThatOverlapFromRoutesThatAreCovered) {
  for (const char* routes : {
           "[{match: {prefix: /user}, to: orders}, {match: {prefix: /users}, to: orders}]",
           "[{match: {path: /a}, to: orders}, {match: {prefix: /a}, to: orders}]",
           "[{match: {methods: [GET]}, to: orders}, {match: {methods: [GET, POST]}, to: orders}]",
           "[{match: {host: \"*.a\"}, to: orders}, {match: {host: a}, to: orders}]",
           "[{match: {host: \"*.b.a\"}, to: orders}, {match: {host: \"*.a\"}, to: orders}]",
           "[{match: {headers: {a: 1, b: 2}}, to: orders}, {match: {headers: {a: 1}}, to: orders}]",
           "[{match: {headers: {a: 1}}, to: orders}, {match: {headers: {a: 2}}, to: orders}]",
       })
    EXPECT_THAT(problems(std::string("  routes: ") + routes + "\n"), testing::IsEmpty()) << routes;
  for (const char* routes : {
           "[{match: {prefix: /a}, to: orders}, {match: {path: /a}, to: orders}]",
           "[{match: {methods: [GET]}, to: orders}, {match: {methods: [HEAD, GET]}, to: orders}]",
           "[{match: {host: \"*.a\"}, to: orders}, {match: {host: \"*.b.a\"}, to: orders}]",
           "[{match: {headers: {a: 1}}, to: orders}, {match: {headers: {b: 2, a: 1}}, to: orders}]",
       })
    EXPECT_EQ(problems(std::string("  routes: ") + routes + "\n").size(), 1u) << routes;
}

TEST(Gateway, LoadsAsItsDocumentationShowsIt) {
  const std::string text = file_text(STEELYARD_SOURCE_DIR "/docs/GATEWAY.md").value();
  const std::size_t begin = text.find("```yaml\nname:");
  ASSERT_NE(begin, std::string::npos);
  const Scenario scenario = loaded(text.substr(begin + 8, text.find("```", begin + 8) - begin - 8));
  ASSERT_TRUE(scenario.gateway.has_value());
  EXPECT_EQ(scenario.gateway->routes.size(), 4u);
}

TEST(Gateway, NeverShowsASecretInAComplaint) {
  const std::vector<std::string> lines = problems(
      "  authentication: {a: {api_key: {keys: {b: 'top  secret'}}}, "
      "c: {jwt: {hs256: tiny_secret}}}\n"
      "  routes: [{match: {}, to: orders}]\n");
  EXPECT_EQ(lines.size(), 2u);
  for (const std::string& line : lines)
    EXPECT_THAT(line, testing::Not(testing::HasSubstr("secret'")));
}

}  // namespace
}  // namespace steelyard
