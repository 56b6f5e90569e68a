// `gateway:` as a file says it: shapes checked, names not yet looked up.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/codec.h"
#include "scenarios/gateway.h"
#include "scenarios/scenario.h"

namespace steelyard {

struct ApiKeyDraft {
  std::string header = AuthenticationSpec{}.header;
  bool forward = false;
  std::vector<ApiKeySpec> keys;
};

struct JwtDraft {
  std::optional<SecretSpec> hs256;
  std::optional<SecretSpec> rs256;
  std::string issuer;
  std::string audience;
  Duration leeway{};
  bool forward = true;
};

struct AuthenticationDraft {
  Located<std::string> name;
  std::optional<ApiKeyDraft> api_key;
  std::optional<JwtDraft> jwt;
};

struct MatchDraft {
  std::string host;
  std::optional<std::string> path;
  std::optional<std::string> prefix;
  std::vector<RouteMatch::Header> headers;
  std::vector<std::string> methods;
};

struct PartDraft {
  Located<std::string> name;
  Located<std::string> to;
  std::optional<std::string> rewrite;
  bool optional = false;
};

struct AllowDraft {
  std::vector<Located<std::string>> consumers;
  std::vector<AllowSpec::Claim> claims;
};

struct RateLimitDraft {
  double rate = 0;
  std::optional<std::int64_t> burst;
  RateLimitSpec::Per per = RateLimitSpec::Per::address;
};

struct RouteDraft {
  std::optional<std::string> name;
  Located<MatchDraft> match;
  Located<std::string> to;
  std::optional<std::string> rewrite;
  std::vector<PartDraft> aggregate;
  Located<std::string> authenticate;
  Located<AllowDraft> allow;
  Located<RateLimitDraft> rate_limit;
  std::optional<Duration> timeout;
};

struct ListenDraft {
  std::string host = GatewaySpec{}.host;
  std::uint16_t port = GatewaySpec{}.port;
};

struct GatewayDraft {
  ListenDraft listen;
  std::optional<GatewaySpec::Tls> tls;
  std::string access_log;
  GatewaySpec::Limits limits;
  std::vector<AuthenticationDraft> authentication;
  std::vector<RouteDraft> routes;
};

namespace sections {
Codec<GatewayDraft> gateway();
}

// Names looked up in `scenario`, whose services stand already; reports what dangles, contradicts or
// can never be reached. The result is complete only if the reader has no problems afterwards.
GatewaySpec resolve_gateway(const GatewayDraft& draft, const Scenario& scenario, Reader& reader);

}  // namespace steelyard
