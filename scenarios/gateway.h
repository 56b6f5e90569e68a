// `gateway:`, the reverse proxy in front of a scenario's services, as `steelyard gateway` runs it.
//
// Plain data. The loader guarantees every REQUIRES below and the ranges of docs/GATEWAY.md. Names
// of files are as written, relative to the scenario's folder; nothing here opens them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/time.h"

namespace steelyard {

// Something that must not stand in results or logs, and where it is to be had.
struct SecretSpec {
  enum class Source : std::uint8_t {
    text,         // `value` itself
    environment,  // the environment variable `value`
    file,         // the file `value`; a line end at its end is not part of the secret
    sha256,       // only its hash is known: 64 hexadecimal digits, lower case
  };
  Source source = Source::text;
  std::string value;
};

struct ApiKeySpec {
  std::string consumer;  // whose key it is; several keys may belong to one consumer
  SecretSpec key;
};

// How callers say who they are: by one of these two.
struct AuthenticationSpec {
  std::string name;
  enum class Kind : std::uint8_t { api_key, jwt } kind = Kind::api_key;
  // Whether the service behind gets to see the credential.
  bool forward = false;

  // api_key
  std::string header = "x-api-key";  // lower case
  std::vector<ApiKeySpec> keys;      // never empty

  // jwt: tokens in `Authorization: Bearer`; at least one of the two keys is set
  std::optional<SecretSpec> hs256;  // the shared secret; at least 32 bytes [RFC 7518, 3.2]
  std::optional<SecretSpec> rs256;  // the public key, PEM
  std::string issuer;               // empty: any
  std::string audience;             // empty: any
  Duration leeway{};                // by how much the clocks of issuer and gateway may differ
};

// Which requests a route is for: all that is given must hold.
struct RouteMatch {
  std::string host;  // lower case, without port; "*.shop.example": any name below; empty: any
  // Decoded, without a final '/' unless it is all; compared after normalisation.
  std::string path;       // "/user" with `prefix`: "/user" and all below "/user/"
  bool is_prefix = true;  // else the path must be exactly this
  struct Header {
    std::string name;  // lower case
    std::string value;
  };
  std::vector<Header> headers;
  std::vector<std::string> methods;  // empty: any; GET stands for HEAD too; of an aggregate GET
};

// What an authenticated caller must be to pass.
struct AllowSpec {
  std::vector<std::string> consumers;  // one of these; empty: any
  struct Claim {
    std::string name;
    std::vector<std::string> values;  // never empty; the claim is, or contains, one of these
  };
  std::vector<Claim> claims;  // all of these; of tokens only
};

struct RateLimitSpec {
  double rate = 0;         // requests per second; at least one an hour
  std::int64_t burst = 1;  // requests that may come at once; at least 1
  enum class Per : std::uint8_t { address, consumer, route } per = Per::address;
};

// Where a request, or one part of an aggregate, goes.
struct ForwardSpec {
  std::size_t service = 0;  // index into Scenario::services
  // Takes the place of the matched path or prefix; absent: the path stays as it is.
  std::optional<std::string> rewrite;
};

struct PartSpec {
  std::string name;  // the key in the joined object
  ForwardSpec to;
  bool optional = false;  // its failure does not fail the whole
};

struct RouteSpec {
  std::string name;  // as written, else "route 1" from its place
  RouteMatch match;
  ForwardSpec to;               // if `parts` is empty
  std::vector<PartSpec> parts;  // asked at once, their bodies joined as one JSON object
  std::optional<std::size_t> authentication;  // index into GatewaySpec::authentication
  AllowSpec allow;                            // only with authentication
  std::optional<RateLimitSpec> rate_limit;
  std::optional<Duration> timeout;  // of the whole request; absent: the service's own
};

struct GatewaySpec {
  std::string host = "127.0.0.1";  // numeric, without brackets
  std::uint16_t port = 0;          // 0: a free one
  struct Tls {
    std::string certificate;  // files, PEM; the chain with the server's own first
    std::string key;
  };
  std::optional<Tls> tls;
  std::string access_log;  // a file; "-": standard output; empty: none
  struct Limits {
    std::int64_t header_bytes = 32 * 1024;
    std::int64_t body_bytes = std::int64_t{1} << 30;  // of a request
    std::int64_t part_bytes = std::int64_t{1} << 20;  // of one part of an aggregate, in memory
    Duration header_timeout = 10s;                    // from the first byte of a head to its last
    Duration idle_timeout = 60s;                      // without a byte either way
  };
  Limits limits;
  std::vector<AuthenticationSpec> authentication;
  std::vector<RouteSpec> routes;  // never empty; the first that matches takes the request
};

}  // namespace steelyard
