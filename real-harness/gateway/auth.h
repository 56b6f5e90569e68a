// Who a caller is (authentication) and whether they may (authorization).
//
// API keys are compared by their SHA-256, each with all known ones and without an early end, so
// that the time taken tells nothing. Tokens are verified by libjwt; what it is lenient about is
// checked before and after: the algorithm must be one that a key was configured for, never what the
// token would like (`none`, or a public key taken for a secret), every text has one form only, and
// an extension that the token calls critical is refused, as there is none that we know.
// [RFC 7515, RFC 7519, RFC 8725; RFC 6750 for the answers]
//
// Time is handed in. An Authenticator belongs to one thread: it remembers tokens that it has
// verified.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "real-harness/http/http1.h"
#include "scenarios/gateway.h"

namespace steelyard::live::gateway {

// Reads what SecretSpec::Source::environment and ::file name.
using ReadSecret = std::function<Result<std::string>(const SecretSpec& secret)>;

// Whether a caller may pass, and who it is.
struct Access {
  int status = 0;         // 0: may pass; 401 or 403
  const char* why = "";   // of a refusal, a few words for the log; never a part of the credential
  std::string challenge;  // of a refusal: the value of WWW-Authenticate
  // Authenticated; views of the Authenticator, valid until its next call.
  std::string_view consumer;
  const nlohmann::json* claims = nullptr;  // of a token
};

// One method of `authentication:`.
class Authenticator {
 public:
  // Fails if a secret cannot be read, or is none: too short, not PEM.
  static Result<std::unique_ptr<Authenticator>> make(const AuthenticationSpec& spec,
                                                     const ReadSecret& read);
  virtual ~Authenticator() = default;
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  // `unix_time`: since 1970-01-01 UTC.
  virtual Access authenticate(const http::RequestHead& head, Duration unix_time) = 0;

 protected:
  Authenticator() = default;
};

// Lets the authenticated caller pass, or turns `access` into a refusal with 403.
// REQUIRES: access.status == 0.
void authorize(const AllowSpec& allow, Access& access);

using Sha256 = std::array<std::uint8_t, 32>;
Sha256 sha256(std::string_view bytes);

}  // namespace steelyard::live::gateway
