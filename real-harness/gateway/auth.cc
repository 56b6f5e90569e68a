#include "real-harness/gateway/auth.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "real-harness/gateway/jwt.h"

namespace steelyard::live::gateway {
namespace {

using Json = nlohmann::json;
using Source = SecretSpec::Source;

constexpr std::string_view kRealm = "steelyard";

Result<std::string> secret_text(const SecretSpec& secret, const ReadSecret& read) {
  if (secret.source == Source::text) return secret.value;
  if (!read) return Error{"got a secret to be read, expected none: nothing can be read here"};
  Result<std::string> text = read(secret);
  if (!text.ok()) return text;
  // A file written by an editor ends with a line end.
  if (text.value().ends_with('\n')) text.value().pop_back();
  if (text.value().ends_with('\r')) text.value().pop_back();
  if (text.value().empty())
    return Error{fmt::format("got an empty secret from '{}', expected some", secret.value)};
  return text;
}

Sha256 from_hex(std::string_view digits) {
  Sha256 hash{};
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i < hash.size(); ++i)
    hash[i] = static_cast<std::uint8_t>(value(digits[2 * i]) << 4 | value(digits[2 * i + 1]));
  return hash;
}

// The only header of this name; a second one might be what the service looks at.
enum class Found { none, one, several };
Found find_one(const http::RequestHead& head, std::string_view name, std::string_view& value) {
  Found found = Found::none;
  for (const http::Header& header : head.headers) {
    if (!http::same_name(header.name, name)) continue;
    found = found == Found::none ? Found::one : Found::several;
    value = header.value;
  }
  return found;
}

class ApiKeys final : public Authenticator {
 public:
  static Result<std::unique_ptr<Authenticator>> make(const AuthenticationSpec& spec,
                                                     const ReadSecret& read) {
    auto keys = std::unique_ptr<ApiKeys>(new ApiKeys());
    keys->header_ = spec.header;
    for (const ApiKeySpec& key : spec.keys) {
      keys->consumers_.push_back(key.consumer);
      if (key.key.source == Source::sha256) {
        keys->hashes_.push_back(words_of(from_hex(key.key.value)));
        continue;
      }
      const Result<std::string> text = secret_text(key.key, read);
      if (!text.ok()) return Error{"key of " + key.consumer + ": " + text.error()};
      keys->hashes_.push_back(words_of(sha256(text.value())));
    }
    return std::unique_ptr<Authenticator>(std::move(keys));
  }

  Access authenticate(const http::RequestHead& head, Duration) override {
    std::string_view key;
    const Found found = find_one(head, header_, key);
    if (found == Found::none || key.empty()) return refusal("no API key");
    if (found == Found::several) return refusal("several API keys");
    const Words hash = words_of(sha256(key));
    // Every key is looked at, whichever is the right one: the time says nothing about it.
    std::size_t match = consumers_.size();
    for (std::size_t i = 0; i < hashes_.size(); ++i) {
      std::uint64_t difference = 0;
      for (std::size_t word = 0; word < hash.size(); ++word)
        difference |= hash[word] ^ hashes_[i][word];
      match = difference == 0 ? i : match;
    }
    if (match == consumers_.size()) return refusal("an unknown API key");
    return {.consumer = consumers_[match]};
  }

 private:
  using Words = std::array<std::uint64_t, 4>;
  ApiKeys() = default;

  static Words words_of(const Sha256& hash) {
    Words words{};
    for (std::size_t i = 0; i < hash.size(); ++i)
      words[i / 8] |= std::uint64_t{hash[i]} << (8 * (i % 8));
    return words;
  }
  // No scheme is registered for keys in headers of one's own; a 401 must name one. [RFC
  // 9110, 15.5.2]
  static Access refusal(const char* why) {
    return {.status = 401, .why = why, .challenge = fmt::format("Key realm=\"{}\"", kRealm)};
  }

  std::string header_;
  std::vector<std::string> consumers_;
  std::vector<Words> hashes_;
};

class Tokens final : public Authenticator {
 public:
  static Result<std::unique_ptr<Authenticator>> make(const AuthenticationSpec& spec,
                                                     const ReadSecret& read) {
    JwtKeys keys;
    for (const auto& [secret, key] :
         {std::pair(&spec.hs256, &keys.hs256), std::pair(&spec.rs256, &keys.rs256)}) {
      if (!secret->has_value()) continue;
      Result<std::string> text = secret_text(**secret, read);
      if (!text.ok()) return Error{text.error()};
      *key = std::move(text.value());
    }
    const Result<bool> good = check_keys(keys);
    if (!good.ok()) return Error{good.error()};
    return std::unique_ptr<Authenticator>(
        new Tokens(std::move(keys), {spec.issuer, spec.audience, spec.leeway}));
  }

  Access authenticate(const http::RequestHead& head, Duration unix_time) override {
    std::string_view value;
    const Found found = find_one(head, "authorization", value);
    constexpr std::string_view kScheme = "bearer ";
    const bool is_bearer =
        value.size() > kScheme.size() && http::same_name(value.substr(0, kScheme.size()), kScheme);
    // Who did not even try is told no error. [RFC 6750, 3.1]
    if (found == Found::none || (found == Found::one && !is_bearer))
      return {.status = 401,
              .why = "no bearer token",
              .challenge = fmt::format("Bearer realm=\"{}\"", kRealm)};
    if (found == Found::several) return refusal("several tokens");
    value.remove_prefix(kScheme.size());
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    const TokenVerifier::Verified verified = verifier_.verify(value);
    if (verified.claims == nullptr) return refusal(verified.why);
    if (const char* why = objection_to(*verified.claims, rules_, unix_time)) return refusal(why);
    Access access{.claims = verified.claims};
    const auto subject = verified.claims->find("sub");
    if (subject != verified.claims->end() && subject->is_string())
      access.consumer = subject->get_ref<const std::string&>();
    return access;
  }

 private:
  Tokens(JwtKeys keys, ClaimRules rules) : verifier_(std::move(keys)), rules_(std::move(rules)) {}

  static Access refusal(const char* why) {
    return {
        .status = 401,
        .why = why,
        .challenge = fmt::format(
            "Bearer realm=\"{}\", error=\"invalid_token\", error_description=\"{}\"", kRealm, why)};
  }

  TokenVerifier verifier_;
  ClaimRules rules_;
};

// A claim as scenarios write it: texts as they are, numbers and truth values as JSON does.
bool is_value(const Json& claim, const std::string& value) {
  if (claim.is_string()) return claim.get_ref<const std::string&>() == value;
  return (claim.is_number() || claim.is_boolean()) && claim.dump() == value;
}

bool holds(const Json& claims, const AllowSpec::Claim& wanted) {
  const auto found = claims.find(wanted.name);
  if (found == claims.end()) return false;
  return std::any_of(wanted.values.begin(), wanted.values.end(), [&](const std::string& value) {
    if (!found->is_array()) return is_value(*found, value);
    return std::any_of(found->begin(), found->end(),
                       [&](const Json& item) { return is_value(item, value); });
  });
}

}  // namespace

Result<std::unique_ptr<Authenticator>> Authenticator::make(const AuthenticationSpec& spec,
                                                           const ReadSecret& read) {
  auto made = spec.kind == AuthenticationSpec::Kind::api_key ? ApiKeys::make(spec, read)
                                                             : Tokens::make(spec, read);
  if (!made.ok()) return Error{"authentication " + spec.name + ": " + made.error()};
  return made;
}

void authorize(const AllowSpec& allow, Access& access) {
  STEELYARD_CHECK(access.status == 0, "a caller is authorized who was not authenticated");
  const auto& names = allow.consumers;
  const bool is_named =
      names.empty() || (!access.consumer.empty() &&
                        std::find(names.begin(), names.end(), access.consumer) != names.end());
  const bool has_claims =
      std::all_of(allow.claims.begin(), allow.claims.end(), [&](const AllowSpec::Claim& wanted) {
        return access.claims != nullptr && holds(*access.claims, wanted);
      });
  if (is_named && has_claims) return;
  access.status = 403;
  access.why = is_named ? "a token without the claims" : "a consumer who may not";
  if (access.claims != nullptr)
    access.challenge = fmt::format("Bearer realm=\"{}\", error=\"insufficient_scope\"", kRealm);
}

Sha256 sha256(std::string_view bytes) {
  // Fetched once: looking the algorithm up costs more than a short text.
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  Sha256 hash{};
  unsigned int size = 0;
  const int good = EVP_Digest(bytes.data(), bytes.size(), hash.data(), &size, algorithm, nullptr);
  STEELYARD_CHECK(good == 1 && size == hash.size(), "SHA-256 failed");
  return hash;
}

}  // namespace steelyard::live::gateway
