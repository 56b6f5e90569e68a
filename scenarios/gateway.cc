// Resolves `gateway:`: names looked up, routes that no request can reach refused.
#include "scenarios/gateway.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "scenarios/gateway_draft.h"

namespace steelyard {
namespace {

// Every pair of routes is held against each other.
constexpr std::size_t kRoutesMax = 2000;
// Callers' keys are compared with each of them, without an early end that would tell something.
constexpr std::size_t kKeysMax = 10'000;

bool covers_host(const std::string& wide, const std::string& narrow) {
  if (wide.empty() || wide == narrow) return true;
  if (!wide.starts_with("*.")) return false;
  // "*.example" covers "shop.example" and "*.shop.example".
  const std::string_view suffix = std::string_view(wide).substr(1);
  const std::string_view name =
      narrow.starts_with("*.") ? std::string_view(narrow).substr(1) : std::string_view(narrow);
  return name.size() > suffix.size() && name.ends_with(suffix);
}

bool covers_path(const RouteMatch& wide, const RouteMatch& narrow) {
  if (!wide.is_prefix) return !narrow.is_prefix && wide.path == narrow.path;
  if (wide.path == "/" || wide.path == narrow.path) return true;
  return narrow.path.starts_with(wide.path) && narrow.path[wide.path.size()] == '/';
}

bool covers_headers(const RouteMatch& wide, const RouteMatch& narrow) {
  return std::all_of(wide.headers.begin(), wide.headers.end(), [&](const RouteMatch::Header& a) {
    return std::any_of(
        narrow.headers.begin(), narrow.headers.end(),
        [&](const RouteMatch::Header& b) { return a.name == b.name && a.value == b.value; });
  });
}

bool covers_methods(const RouteMatch& wide, const RouteMatch& narrow) {
  if (wide.methods.empty()) return true;
  const auto has = [&](const std::string& method) {
    return std::find(wide.methods.begin(), wide.methods.end(), method) != wide.methods.end();
  };
  return !narrow.methods.empty() &&
         std::all_of(narrow.methods.begin(), narrow.methods.end(), [&](const std::string& method) {
           return has(method) || (method == "HEAD" && has("GET"));
         });
}

// Whether every request that `narrow` matches is matched by `wide`.
bool covers(const RouteMatch& wide, const RouteMatch& narrow) {
  return covers_path(wide, narrow) && covers_host(wide.host, narrow.host) &&
         covers_headers(wide, narrow) && covers_methods(wide, narrow);
}

class GatewayResolver {
 public:
  GatewayResolver(const GatewayDraft& draft, const Scenario& scenario, Reader& reader)
      : draft_(draft), reader_(reader) {
    for (const ServiceSpec& service : scenario.services) services_.push_back(service.name);
    for (const AuthenticationDraft& method : draft.authentication)
      methods_.push_back(method.name.value);
  }

  GatewaySpec resolve() {
    spec_.host = draft_.listen.host;
    spec_.port = draft_.listen.port;
    spec_.tls = draft_.tls;
    spec_.access_log = draft_.access_log;
    spec_.limits = draft_.limits;
    for (const AuthenticationDraft& method : draft_.authentication) resolve_method(method);
    for (const RouteDraft& route : draft_.routes) resolve_route(route);
    refuse_unreachable();
    return std::move(spec_);
  }

 private:
  using Reference = Located<std::string>;

  std::optional<std::size_t> find(const Reference& reference, const char* what, const char* section,
                                  const std::vector<std::string>& names) {
    if (!reference.given) return std::nullopt;
    const auto found = std::find(names.begin(), names.end(), reference.value);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    reader_.complain(reference.spot,
                     fmt::format("unknown {} {}{}", what, in_quotes(reference.value),
                                 names.empty() ? fmt::format(", expected it under {}", section)
                                               : suggestion(reference.value, names)));
    return std::nullopt;
  }

  void resolve_method(const AuthenticationDraft& draft) {
    AuthenticationSpec method{.name = draft.name.value};
    if (draft.api_key) {
      method.header = draft.api_key->header;
      method.forward = draft.api_key->forward;
      method.keys = draft.api_key->keys;
      if (method.keys.size() > kKeysMax)
        reader_.complain(draft.name.spot, fmt::format("got {} keys, expected at most {}",
                                                      method.keys.size(), kKeysMax));
    }
    if (draft.jwt) {
      method.kind = AuthenticationSpec::Kind::jwt;
      method.header = "authorization";
      method.forward = draft.jwt->forward;
      method.hs256 = draft.jwt->hs256;
      method.rs256 = draft.jwt->rs256;
      method.issuer = draft.jwt->issuer;
      method.audience = draft.jwt->audience;
      method.leeway = draft.jwt->leeway;
    }
    spec_.authentication.push_back(std::move(method));
  }

  void resolve_route(const RouteDraft& draft) {
    const MatchDraft& match = draft.match.value;
    RouteSpec route{.name = draft.name.value_or(fmt::format("route {}", spec_.routes.size() + 1)),
                    .match = {.host = match.host,
                              .path = match.path.value_or(match.prefix.value_or("/")),
                              .is_prefix = !match.path,
                              .headers = match.headers,
                              .methods = match.methods}};
    route.to = {find(draft.to, "service", "services:", services_).value_or(0), draft.rewrite};
    for (const PartDraft& part : draft.aggregate)
      route.parts.push_back(
          {.name = part.name.value,
           .to = {find(part.to, "service", "services:", services_).value_or(0), part.rewrite},
           .optional = part.optional});
    route.authentication = find(draft.authenticate, "authentication", "authentication:", methods_);
    route.timeout = draft.timeout;
    if (!draft.aggregate.empty()) resolve_methods(draft, route);
    resolve_allow(draft, route);
    resolve_rate_limit(draft, route);
    spec_.routes.push_back(std::move(route));
  }

  // One body cannot be streamed to several services, nor one change be made by half of them.
  void resolve_methods(const RouteDraft& draft, RouteSpec& route) {
    std::vector<std::string>& methods = route.match.methods;
    const bool reads = std::all_of(methods.begin(), methods.end(), [](const std::string& method) {
      return method == "GET" || method == "HEAD";
    });
    if (!reads)
      reader_.complain(draft.match.spot,
                       "got other methods for an aggregate, expected GET and HEAD only");
    if (methods.empty()) methods = {"GET"};
  }

  void resolve_allow(const RouteDraft& draft, RouteSpec& route) {
    if (!draft.allow.given) return;
    if (!draft.authenticate.given) {
      reader_.complain(draft.allow.spot,
                       "got 'allow' without 'authenticate', expected the method by which callers "
                       "are known");
      return;
    }
    route.allow.claims = draft.allow.value.claims;
    if (!route.authentication) return;
    const AuthenticationSpec& method = spec_.authentication[*route.authentication];
    const bool has_keys = method.kind == AuthenticationSpec::Kind::api_key;
    if (has_keys && !route.allow.claims.empty())
      reader_.complain(draft.allow.spot, "got claims with keys of " + in_quotes(method.name) +
                                             ", expected consumers: only tokens have claims");
    std::vector<std::string> known;
    for (const ApiKeySpec& key : method.keys) known.push_back(key.consumer);
    for (const Reference& consumer : draft.allow.value.consumers) {
      if (has_keys) find(consumer, "consumer", "keys:", known);
      route.allow.consumers.push_back(consumer.value);
    }
  }

  void resolve_rate_limit(const RouteDraft& draft, RouteSpec& route) {
    if (!draft.rate_limit.given) return;
    const RateLimitDraft& limit = draft.rate_limit.value;
    route.rate_limit = {.rate = limit.rate,
                        .burst = limit.burst.value_or(
                            std::max<std::int64_t>(1, static_cast<std::int64_t>(limit.rate))),
                        .per = limit.per};
    if (limit.per == RateLimitSpec::Per::consumer && !draft.authenticate.given)
      reader_.complain(draft.rate_limit.spot,
                       "got a limit per consumer without 'authenticate', expected the method by "
                       "which callers are known");
  }

  void refuse_unreachable() {
    if (spec_.routes.size() > kRoutesMax) {
      reader_.complain(
          draft_.routes[kRoutesMax].match.spot,
          fmt::format("got {} routes, expected at most {}", spec_.routes.size(), kRoutesMax));
      return;
    }
    for (std::size_t later = 0; later < spec_.routes.size(); ++later) {
      if (!draft_.routes[later].match.given) continue;
      for (std::size_t earlier = 0; earlier < later; ++earlier) {
        if (!draft_.routes[earlier].match.given ||
            !covers(spec_.routes[earlier].match, spec_.routes[later].match))
          continue;
        reader_.complain(draft_.routes[later].match.spot,
                         fmt::format("got a route that no request reaches, expected it before {}, "
                                     "which takes them all",
                                     in_quotes(spec_.routes[earlier].name)));
        break;
      }
    }
  }

  const GatewayDraft& draft_;
  Reader& reader_;
  std::vector<std::string> services_;
  std::vector<std::string> methods_;
  GatewaySpec spec_;
};

}  // namespace

GatewaySpec resolve_gateway(const GatewayDraft& draft, const Scenario& scenario, Reader& reader) {
  return GatewayResolver(draft, scenario, reader).resolve();
}

}  // namespace steelyard
