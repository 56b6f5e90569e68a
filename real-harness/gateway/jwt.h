// JSON Web Tokens: what a signed token says, if its signature holds. [RFC 7515, RFC 7519]
//
// The verification itself is libjwt's. Not thread-safe.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/result.h"
#include "core/time.h"

namespace steelyard::live::gateway {

// Longer tokens are refused unseen.
inline constexpr std::size_t kTokenBytesMax = 8 * 1024;

struct JwtKeys {
  std::string hs256;  // the secret; empty: such tokens are refused
  std::string rs256;  // the public key, PEM; empty: such tokens are refused
};

// An error if a key is given and is none: a secret shorter than 32 bytes, no PEM of an RSA public
// key of at least 2048 bits. [RFC 7518, sections 3.2 and 3.3]
Result<bool> check_keys(const JwtKeys& keys);

// Verifies signatures, and remembers up to `remembered_max` tokens whose signature held, so that
// the next request with the same one costs a lookup. Times are not looked at here.
class TokenVerifier {
 public:
  // REQUIRES: check_keys(keys).ok().
  explicit TokenVerifier(JwtKeys keys, std::size_t remembered_max = 1024);

  struct Verified {
    const nlohmann::json* claims = nullptr;  // an object; nullptr: refused
    const char* why = "";                    // of a refusal
  };
  // The claims are valid until the next call.
  Verified verify(std::string_view token);
  std::size_t remembered() const { return remembered_.size(); }

 private:
  Verified verify_anew(const std::string& token);

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  JwtKeys keys_;
  std::size_t remembered_max_;
  std::unordered_map<std::string, nlohmann::json, Hash, std::equal_to<>> remembered_;
  nlohmann::json latest_;
};

// Whether the token may be used now: nullptr, or why not. A missing `exp` is accepted, one that is
// no number is not. `leeway` as in AuthenticationSpec; empty issuer or audience: any.
struct ClaimRules {
  std::string issuer;
  std::string audience;
  Duration leeway{};
};
const char* objection_to(const nlohmann::json& claims, const ClaimRules& rules, Duration unix_time);

}  // namespace steelyard::live::gateway
