#include "real-harness/gateway/jwt.h"

#include <fmt/format.h>
#include <jwt.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "real-harness/gateway/text.h"

namespace steelyard::live::gateway {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kSecretBytesMin = 32;
constexpr int kRsaBitsMin = 2048;
constexpr int kDepthMax = 16;

// An object in which no key comes twice: programs differ in which of two they believe.
std::optional<Json> strict_object(std::string_view text) {
  std::vector<std::set<std::string>> open;
  bool good = true;
  const Json::parser_callback_t watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDepthMax) good = false;
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key)
      good = good && open.back().insert(parsed.get<std::string>()).second;
    return good;
  };
  Json object = Json::parse(text, watch, false);
  if (!good || !object.is_object()) return std::nullopt;
  return object;
}

struct Free {
  void operator()(jwt_t* token) const { jwt_free(token); }
  void operator()(BIO* memory) const { BIO_free(memory); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

// By libjwt, with just this key, and by just this algorithm.
bool has_signature(const std::string& token, const std::string& key, jwt_alg_t algorithm) {
  jwt_t* raw = nullptr;
  const int error = jwt_decode(&raw, token.c_str(),
                               reinterpret_cast<const unsigned char*>(key.data()),  // NOLINT
                               static_cast<int>(key.size()));
  const std::unique_ptr<jwt_t, Free> decoded(error == 0 ? raw : nullptr);
  return decoded != nullptr && jwt_get_alg(decoded.get()) == algorithm;
}

// Seconds since 1970, as a token counts them.
std::optional<double> time_in(const Json& claims, const char* name, bool& good) {
  const auto found = claims.find(name);
  if (found == claims.end()) return std::nullopt;
  if (!found->is_number()) good = false;
  return found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

}  // namespace

Result<bool> check_keys(const JwtKeys& keys) {
  if (!keys.hs256.empty() && keys.hs256.size() < kSecretBytesMin)
    return Error{fmt::format("got an hs256 secret of {} bytes, expected at least {}",
                             keys.hs256.size(), kSecretBytesMin)};
  if (keys.rs256.empty()) return true;
  const std::unique_ptr<BIO, Free> memory(
      BIO_new_mem_buf(keys.rs256.data(), static_cast<int>(keys.rs256.size())));
  const std::unique_ptr<EVP_PKEY, Free> key(
      memory ? PEM_read_bio_PUBKEY(memory.get(), nullptr, nullptr, nullptr) : nullptr);
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
    return Error{"got something else for rs256, expected an RSA public key in PEM"};
  if (EVP_PKEY_get_bits(key.get()) < kRsaBitsMin)
    return Error{fmt::format("got an RSA key of {} bits, expected at least {}",
                             EVP_PKEY_get_bits(key.get()), kRsaBitsMin)};
  return true;
}

TokenVerifier::TokenVerifier(JwtKeys keys, std::size_t remembered_max)
    : keys_(std::move(keys)), remembered_max_(remembered_max) {}

TokenVerifier::Verified TokenVerifier::verify(std::string_view token) {
  if (token.size() > kTokenBytesMax) return {nullptr, "a token beyond 8 KiB"};
  const auto known = remembered_.find(token);
  if (known != remembered_.end()) return {&known->second, ""};
  const std::string copy(token);
  const Verified verified = verify_anew(copy);
  if (verified.claims == nullptr || remembered_max_ == 0) return verified;
  // Which one makes room does not matter, as all are still good and few are needed at a time.
  if (remembered_.size() >= remembered_max_) remembered_.erase(remembered_.begin());
  return {&remembered_.emplace(copy, std::move(latest_)).first->second, ""};
}

TokenVerifier::Verified TokenVerifier::verify_anew(const std::string& token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == token.npos ? first : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos)
    return {nullptr, "a token that is not three parts"};
  const std::string_view view = token;
  const auto header_bytes = base64url_decoded(view.substr(0, first));
  const auto claim_bytes = base64url_decoded(view.substr(first + 1, second - first - 1));
  const auto signature = base64url_decoded(view.substr(second + 1));
  if (!header_bytes || !claim_bytes || !signature)
    return {nullptr, "a token that is not base64url"};
  const std::optional<Json> header = strict_object(*header_bytes);
  std::optional<Json> claims = strict_object(*claim_bytes);
  if (!header || !claims) return {nullptr, "a token that is not JSON"};
  if (header->contains("crit")) return {nullptr, "a token with critical extensions"};
  const auto algorithm = header->find("alg");
  if (algorithm == header->end() || !algorithm->is_string())
    return {nullptr, "a token without algorithm"};
  const bool is_hs256 = *algorithm == "HS256" && !keys_.hs256.empty();
  const bool is_rs256 = *algorithm == "RS256" && !keys_.rs256.empty();
  if (!is_hs256 && !is_rs256) return {nullptr, "a token of an algorithm that is not accepted"};
  if (!has_signature(token, is_hs256 ? keys_.hs256 : keys_.rs256,
                     is_hs256 ? JWT_ALG_HS256 : JWT_ALG_RS256))
    return {nullptr, "a token whose signature does not hold"};
  latest_ = std::move(*claims);
  return {&latest_, ""};
}

const char* objection_to(const nlohmann::json& claims, const ClaimRules& rules,
                         Duration unix_time) {
  bool good = true;
  const double now = to_seconds(unix_time);
  const double leeway = to_seconds(rules.leeway);
  const std::optional<double> expires = time_in(claims, "exp", good);
  const std::optional<double> begins = time_in(claims, "nbf", good);
  if (!good) return "a token whose times are no numbers";
  // "on or after which the token must not be accepted" [RFC 7519, 4.1.4]
  if (expires && now - leeway >= *expires) return "a token that has expired";
  if (begins && now + leeway < *begins) return "a token that is not valid yet";
  const auto issuer = claims.find("iss");
  if (!rules.issuer.empty() && (issuer == claims.end() || *issuer != rules.issuer))
    return "a token of another issuer";
  if (rules.audience.empty()) return nullptr;
  const auto audience = claims.find("aud");
  const bool is_meant = audience != claims.end() &&
                        (*audience == rules.audience ||
                         (audience->is_array() && std::find(audience->begin(), audience->end(),
                                                            rules.audience) != audience->end()));
  return is_meant ? nullptr : "a token for another audience";
}

}  // namespace steelyard::live::gateway
