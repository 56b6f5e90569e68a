#include <gtest/gtest.h>

#include "core/random.h"
#include "real-harness/gateway/jwt.h"
#include "tests/real-harness/gateway_tokens.h"

namespace steelyard::live::gateway {
namespace {

using test::hs256;
using test::rsa_key;

const std::string kSecret = "a secret of thirty-two bytes, 1!";

TokenVerifier both() { return TokenVerifier({kSecret, rsa_key().public_pem()}); }

bool accepts(TokenVerifier& verifier, std::string_view token) {
  return verifier.verify(token).claims != nullptr;
}

// [RFC 7515, appendix A.1]: key, token and claims as printed there.
TEST(Tokens, VerifyAsInTheStandard) {
  const auto key = base64url_decoded(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  ASSERT_TRUE(key.has_value());
  TokenVerifier verifier({.hs256 = *key, .rs256 = ""});
  const auto verified = verifier.verify(
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnV"
      "lfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  ASSERT_NE(verified.claims, nullptr) << verified.why;
  EXPECT_EQ((*verified.claims)["iss"], "joe");
  EXPECT_EQ((*verified.claims)["exp"], 1300819380);
}

TEST(Tokens, VerifyWithSecretAndWithPublicKey) {
  TokenVerifier verifier = both();
  EXPECT_TRUE(accepts(verifier, hs256(R"({"sub":"alice"})", kSecret)));
  EXPECT_TRUE(accepts(verifier, rsa_key().sign(R"({"sub":"alice"})")));
}

TEST(Tokens, OfAnotherKeyAreRefused) {
  TokenVerifier verifier = both();
  const test::RsaKey other;
  EXPECT_FALSE(accepts(verifier, hs256(R"({"sub":"alice"})", std::string(32, 'x'))));
  EXPECT_FALSE(accepts(verifier, hs256(R"({"sub":"alice"})", "")));
  EXPECT_FALSE(accepts(verifier, other.sign(R"({"sub":"alice"})")));
}

// [RFC 8725, 2.1]
TEST(Tokens, DoNotChooseHowTheyAreVerified) {
  const std::string pem = rsa_key().public_pem();
  const std::string claims = R"({"sub":"admin"})";
  TokenVerifier public_only({"", pem});
  // The public key is known to everybody: it must never be taken for a secret.
  EXPECT_FALSE(accepts(public_only, hs256(claims, pem)));
  EXPECT_FALSE(accepts(public_only, hs256(R"({"alg":"HS256"})", claims, pem)));
  TokenVerifier two = both();
  EXPECT_FALSE(accepts(two, hs256(claims, pem)));
  TokenVerifier secret_only({kSecret, ""});
  EXPECT_FALSE(accepts(secret_only, rsa_key().sign(claims)));
  for (const char* algorithm : {"none", "None", "NONE", "nOnE", "", "HS384", "HS512", "hs256",
                                "RS384", "ES256", "HS256 "}) {
    const std::string header = std::string(R"({"alg":")") + algorithm + R"(","typ":"JWT"})";
    EXPECT_FALSE(accepts(two, hs256(header, claims, kSecret))) << algorithm;
    const std::string unsigned_token =
        test::base64url(header) + "." + test::base64url(claims) + ".";
    EXPECT_FALSE(accepts(two, unsigned_token)) << algorithm;
  }
  // The last of two keys for some, the first for others.
  for (const char* header :
       {R"({"alg":"none","alg":"HS256"})", R"({"alg":"HS256","alg":"none"})", R"({"typ":"JWT"})",
        R"({"alg":5})", R"(["HS256"])", "HS256", "", R"({"alg":"HS256","crit":["exp"],"exp":1})",
        R"({"alg":"HS256","crit":[]})"})
    EXPECT_FALSE(accepts(two, hs256(header, claims, kSecret))) << header;
}

TEST(Tokens, HaveOneFormOnly) {
  TokenVerifier verifier = both();
  const std::string good = hs256(R"({"sub":"alice"})", kSecret);
  ASSERT_TRUE(accepts(verifier, good));
  for (const std::string& other :
       {good + "=", good + "\n", " " + good, good + ".", good + ".x", "." + good,
        good.substr(0, good.size() - 1), good.substr(0, good.rfind('.')),
        good.substr(0, good.rfind('.') + 1), std::string(".."), std::string("."), std::string(""),
        good + std::string(1, '\0'), std::string(9000, 'a')})
    EXPECT_FALSE(accepts(verifier, other)) << other;
  EXPECT_FALSE(accepts(verifier, hs256(R"({"sub":"alice","sub":"bob"})", kSecret)));
  EXPECT_FALSE(accepts(verifier, hs256(R"(["alice"])", kSecret)));
  EXPECT_FALSE(accepts(verifier, hs256(R"({"sub":)", kSecret)));
  EXPECT_FALSE(accepts(verifier, hs256(std::string(4000, '['), kSecret)));
}

// A claim moved, a bit turned: nothing that is not the signed text gets through.
TEST(Tokens, AreRefusedWithAnyBitTurned) {
  for (const std::string& good : {hs256(R"({"sub":"alice","exp":99})", kSecret),
                                  rsa_key().sign(R"({"sub":"alice","exp":99})")}) {
    constexpr std::uint64_t kSeed = 5;
    SCOPED_TRACE("seed " + std::to_string(kSeed));
    RandomStream random(kSeed);
    TokenVerifier verifier = both();
    for (int round = 0; round < 500; ++round) {
      std::string damaged = good;
      char& c = damaged[random.below(damaged.size())];
      c = static_cast<char>(c ^ (1 << random.below(8)));
      ASSERT_FALSE(accepts(verifier, damaged)) << damaged;
    }
    EXPECT_EQ(verifier.remembered(), 0u);
  }
}

TEST(Tokens, AreRememberedButNotWithoutBound) {
  TokenVerifier verifier({kSecret, ""}, 4);
  for (int i = 0; i < 100; ++i) {
    const std::string token = hs256("{\"sub\":\"" + std::to_string(i) + "\"}", kSecret);
    for (int again = 0; again < 2; ++again) {
      const auto verified = verifier.verify(token);
      ASSERT_NE(verified.claims, nullptr);
      EXPECT_EQ((*verified.claims)["sub"], std::to_string(i));
    }
    EXPECT_LE(verifier.remembered(), 4u);
  }
  EXPECT_FALSE(accepts(verifier, hs256(R"({"sub":"0"})", std::string(32, 'x'))));
}

const char* objection(const char* claims, const ClaimRules& rules, Duration now) {
  return objection_to(nlohmann::json::parse(claims), rules, now);
}

TEST(Claims, AreGoodFromNbfUntilJustBeforeExp) {
  const char* claims = R"({"nbf":100,"exp":200})";
  EXPECT_STREQ(objection(claims, {}, 99s), "a token that is not valid yet");
  EXPECT_EQ(objection(claims, {}, 100s), nullptr);
  EXPECT_EQ(objection(claims, {}, 199s), nullptr);
  EXPECT_STREQ(objection(claims, {}, 200s), "a token that has expired");
  EXPECT_EQ(objection("{}", {}, 1s), nullptr);
  EXPECT_EQ(objection(R"({"exp":200.5})", {}, 200s), nullptr);
}

TEST(Claims, AreGivenTheLeewayOfTheClocks) {
  const char* claims = R"({"nbf":100,"exp":200})";
  const ClaimRules rules{.issuer = "", .audience = "", .leeway = 30s};
  EXPECT_STREQ(objection(claims, rules, 69s), "a token that is not valid yet");
  EXPECT_EQ(objection(claims, rules, 70s), nullptr);
  EXPECT_EQ(objection(claims, rules, 229s), nullptr);
  EXPECT_STREQ(objection(claims, rules, 230s), "a token that has expired");
}

TEST(Claims, ThatAreNoTimesDoNotMakeATokenEternal) {
  for (const char* claims : {R"({"exp":"9999999999"})", R"({"exp":null})", R"({"exp":[1]})",
                             R"({"nbf":"0"})", R"({"exp":true})"})
    EXPECT_STREQ(objection(claims, {}, 1s), "a token whose times are no numbers") << claims;
  EXPECT_NE(objection(R"({"exp":-1})", {}, 1s), nullptr);
  EXPECT_NE(objection(R"({"nbf":1e300})", {}, 1s), nullptr);
}

TEST(Claims, NameTheIssuerAndTheAudience) {
  const ClaimRules rules{.issuer = "me", .audience = "shop", .leeway = 0s};
  EXPECT_EQ(objection(R"({"iss":"me","aud":"shop"})", rules, 1s), nullptr);
  EXPECT_EQ(objection(R"({"iss":"me","aud":["x","shop"]})", rules, 1s), nullptr);
  for (const char* claims :
       {R"({"aud":"shop"})", R"({"iss":"you","aud":"shop"})", R"({"iss":["me"],"aud":"shop"})"})
    EXPECT_STREQ(objection(claims, rules, 1s), "a token of another issuer") << claims;
  for (const char* claims : {R"({"iss":"me"})", R"({"iss":"me","aud":"shops"})",
                             R"({"iss":"me","aud":[]})", R"({"iss":"me","aud":{"shop":1}})"})
    EXPECT_STREQ(objection(claims, rules, 1s), "a token for another audience") << claims;
}

TEST(Keys, ThatAreTooWeakAreRefused) {
  EXPECT_TRUE(check_keys({kSecret, rsa_key().public_pem()}).ok());
  EXPECT_EQ(check_keys({std::string(31, 'x'), ""}).error(),
            "got an hs256 secret of 31 bytes, expected at least 32");
  EXPECT_EQ(check_keys({"", "not PEM"}).error(),
            "got something else for rs256, expected an RSA public key in PEM");
  EXPECT_EQ(check_keys({"", test::RsaKey(1024).public_pem()}).error(),
            "got an RSA key of 1024 bits, expected at least 2048");
}

}  // namespace
}  // namespace steelyard::live::gateway
