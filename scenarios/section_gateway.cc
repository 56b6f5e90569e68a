// `gateway:`.
#include <utility>

#include "scenarios/gateway_values.h"
#include "scenarios/sections.h"

namespace steelyard::sections {
namespace {

using Limits = GatewaySpec::Limits;

Codec<Limits> limits() {
  const codec::Range some_time{0, 86400, true};
  return Object<Limits>("What a caller may ask of the gateway.")
      .optional("header_size", &Limits::header_bytes, codec::bytes({256, 1048576}),
                "Of a request's line and headers; more is answered with 414 or 431.")
      .optional("body_size", &Limits::body_bytes, codec::bytes(),
                "Of a request's body; more is answered with 413.")
      .optional("part_size", &Limits::part_bytes, codec::bytes({1, 1073741824}),
                "Of the body of each part of an aggregate, which is kept in memory.")
      .optional("header_timeout", &Limits::header_timeout, codec::duration(some_time),
                "From the first byte of a request to the end of its headers, else 408.")
      .optional("idle_timeout", &Limits::idle_timeout, codec::duration(some_time),
                "How long a connection may carry no byte at all before it is closed.")
      .codec();
}

Codec<AuthenticationDraft> authentication() {
  const auto api_key =
      Object<ApiKeyDraft>("A secret text in a header.")
          .optional("header", &ApiKeyDraft::header, header_name(),
                    "Which header. Default: "
                    "x-api-key.")
          .required("keys", &ApiKeyDraft::keys, api_keys(),
                    "The consumers, and the key of each, or a list of keys: a text, `{env: NAME}`, "
                    "`{file: NAME}` or `{sha256: HEX}`.")
          .optional("forward", &ApiKeyDraft::forward, codec::boolean(),
                    "Whether the service gets to see the key.")
          .codec();
  const auto jwt =
      Object<JwtDraft>("A JSON Web Token in `Authorization: Bearer`. (RFC 7519)")
          .optional("hs256", &JwtDraft::hs256, secret(false, "the secret"),
                    "The secret of HMAC with SHA-256, at least 32 bytes.")
          .optional("rs256", &JwtDraft::rs256, secret(false, "the public key (PEM)"),
                    "The public key of RSA with SHA-256.")
          .optional("issuer", &JwtDraft::issuer, codec::text(), "What `iss` must be. Default: any.")
          .optional("audience", &JwtDraft::audience, codec::text(),
                    "What `aud` must be, or contain. Default: any.")
          .optional("leeway", &JwtDraft::leeway, codec::duration({0, 600}),
                    "How far the issuer's clock may be off when `exp` and `nbf` are looked at.")
          .optional("forward", &JwtDraft::forward, codec::boolean(),
                    "Whether the service gets to see the token.")
          .rule([](const Node& node, Reader& reader, JwtDraft& value) {
            if (!value.hs256 && !value.rs256)
              return reader.complain(node, "got neither 'hs256' nor 'rs256', expected a key");
            const bool is_short = value.hs256 && value.hs256->source == SecretSpec::Source::text &&
                                  value.hs256->value.size() < 32;
            return !is_short ||
                   reader.complain(node, "got an hs256 secret of " +
                                             std::to_string(value.hs256->value.size()) +
                                             " bytes, expected at least 32 (RFC 7518)");
          })
          .codec();
  return Object<AuthenticationDraft>("How callers say who they are: one of the two.")
      .optional("api_key", &AuthenticationDraft::api_key, api_key, "By a secret text in a header.")
      .optional("jwt", &AuthenticationDraft::jwt, jwt, "By a JSON Web Token.")
      .rule([](const Node& node, Reader& reader, AuthenticationDraft& value) {
        return value.api_key.has_value() != value.jwt.has_value() ||
               reader.complain(node, value.jwt ? "got both 'api_key' and 'jwt', expected one"
                                               : "got neither 'api_key' nor 'jwt', expected one");
      })
      .codec();
}

Codec<MatchDraft> match() {
  return Object<MatchDraft>("Which requests a route is for; all that is given must hold.")
      .optional("host", &MatchDraft::host, host_pattern(),
                "The request's host, whatever its port: a name, or `*.shop.example` for those "
                "below. Default: any.")
      .optional("path", &MatchDraft::path, url_path(), "Exactly this path.")
      .optional("prefix", &MatchDraft::prefix, url_path(),
                "This path and those below: /user is for /user and /user/7, not for /users. "
                "Default: /.")
      .optional("headers", &MatchDraft::headers, header_values(),
                "Headers that must have just these values.")
      .optional("methods", &MatchDraft::methods, codec::list_of(http_method(), "methods"),
                "Methods; GET stands for HEAD, too. Default: any; of an aggregate GET.")
      .rule([](const Node& node, Reader& reader, MatchDraft& value) {
        return !value.path || !value.prefix ||
               reader.complain(node, "got both 'path' and 'prefix', expected one");
      })
      .codec();
}

Codec<PartDraft> part() {
  return Object<PartDraft>("One part of an aggregate.")
      .required("to", &PartDraft::to, reference(), "The service that is asked.")
      .optional("rewrite", &PartDraft::rewrite, rewrite_path(),
                "Takes the place of the matched path or prefix. Default: it stays.")
      .optional("optional", &PartDraft::optional, codec::boolean(),
                "Whether the whole may succeed without this part.")
      .codec();
}

Codec<AllowDraft> allow() {
  return Object<AllowDraft>("What an authenticated caller must be, else 403.")
      .optional("consumers", &AllowDraft::consumers,
                codec::list_of(codec::located(codec::text()), "consumers"),
                "One of these: names of keys, or the `sub` of tokens.")
      .optional("claims", &AllowDraft::claims, claims(),
                "Claims of the token, each with its value or a list of choices; a claim that is a "
                "list must contain one.")
      .rule([](const Node& node, Reader& reader, AllowDraft& value) {
        return !value.consumers.empty() || !value.claims.empty() ||
               reader.complain(node, "got neither 'consumers' nor 'claims', expected one of them");
      })
      .codec();
}

Codec<RateLimitDraft> rate_limit() {
  const auto per =
      as<RateLimitSpec::Per>(codec::choice({"address", "consumer", "route"}, "address"),
                             [](const std::string& text, RateLimitSpec::Per& value) {
                               value = text == "consumer" ? RateLimitSpec::Per::consumer
                                       : text == "route"  ? RateLimitSpec::Per::route
                                                          : RateLimitSpec::Per::address;
                             });
  return Object<RateLimitDraft>("A token bucket; what is beyond it is answered with 429.")
      .required("rate", &RateLimitDraft::rate, codec::rate({1.0 / 3600, 1e6}),
                "Requests in the long run.")
      .optional("burst", &RateLimitDraft::burst, codec::whole({1, 1'000'000}),
                "Requests that may come at once. Default: those of one second, at least 1.")
      .optional("per", &RateLimitDraft::per, per,
                "Whose requests are counted together: an address's, a consumer's, or all of the "
                "route. IPv6 addresses count by their first 64 bits.")
      .codec();
}

Codec<RouteDraft> route() {
  return Object<RouteDraft>("Requests, and where they go.")
      .optional("name", &RouteDraft::name, codec::name(), "In the access log. Default: route 1, …")
      .required("match", &RouteDraft::match, codec::located(match()),
                "Which requests: `{path: /api/add}`, `{host: shop.example, prefix: /user}`.")
      .optional("to", &RouteDraft::to, reference(), "The service they go to.")
      .optional("rewrite", &RouteDraft::rewrite, rewrite_path(),
                "Takes the place of the matched path or prefix. Default: it stays.")
      .optional("aggregate", &RouteDraft::aggregate, codec::map_of(part(), "part"),
                "Instead of `to`: services that are asked at once; their bodies are joined as one "
                "JSON object under these names.")
      .optional("authenticate", &RouteDraft::authenticate, reference(),
                "The method of `authentication` that callers must pass, else 401.")
      .optional("allow", &RouteDraft::allow, codec::located(allow()), "Who of them may, else 403.")
      .optional("rate_limit", &RouteDraft::rate_limit, codec::located(rate_limit()),
                "How many, else 429.")
      .optional("timeout", &RouteDraft::timeout, codec::duration({0, 86400, true}),
                "Deadline of the whole request, else 504. Default: that of the service.")
      .rule([](const Node& node, Reader& reader, RouteDraft& value) {
        if (value.to.given == !value.aggregate.empty())
          return reader.complain(node, value.to.given
                                           ? "got both 'to' and 'aggregate', expected one"
                                           : "got neither 'to' nor 'aggregate', expected one");
        return !value.rewrite || value.to.given ||
               reader.complain(node, "got 'rewrite' beside 'aggregate', expected it in the parts");
      })
      .codec();
}

}  // namespace

Codec<GatewayDraft> gateway() {
  const auto tls =
      Object<GatewaySpec::Tls>("HTTPS instead of HTTP on the callers' side.")
          .required("certificate", &GatewaySpec::Tls::certificate, file_name(false),
                    "The certificate chain, the server's own first (PEM).")
          .required("key", &GatewaySpec::Tls::key, file_name(false), "The private key (PEM).")
          .codec();
  return Object<GatewayDraft>(
             "The reverse proxy that `steelyard gateway` puts before the services.")
      .optional("listen", &GatewayDraft::listen, listen_address(),
                "Address and port. Default: a free port of 127.0.0.1, which is printed.")
      .optional("tls", &GatewayDraft::tls, tls, "HTTPS. Default: HTTP.")
      .optional(
          "access_log", &GatewayDraft::access_log, file_name(true),
          "A file that gets one JSON line a request; `\"-\"`: standard output. Default: none.")
      .optional("limits", &GatewayDraft::limits, limits(), "What callers may ask.")
      .optional("authentication", &GatewayDraft::authentication,
                codec::map_of(authentication(), "method"),
                "Methods by name, which routes refer to.")
      .required("routes", &GatewayDraft::routes, codec::list_of(route(), "routes"),
                "The routes in order; the first that matches takes the request.")
      .codec();
}

}  // namespace steelyard::sections
