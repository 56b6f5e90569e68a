#include "real-harness/gateway/rules.h"

#include <random>
#include <utility>

namespace steelyard::live::gateway {
namespace {

bool same_limit(const RateLimitSpec& a, const RateLimitSpec& b) {
  return a.rate == b.rate && a.burst == b.burst && a.per == b.per;
}

std::shared_ptr<RateLimiter> limiter_of(const RouteSpec& route, const Rules* before,
                                        const std::vector<std::shared_ptr<RateLimiter>>* limiters) {
  if (!route.rate_limit) return nullptr;
  if (before != nullptr) {
    const std::vector<RouteSpec>& routes = before->spec().routes;
    for (std::size_t r = 0; r < routes.size(); ++r)
      if (routes[r].name == route.name && routes[r].rate_limit &&
          same_limit(*routes[r].rate_limit, *route.rate_limit))
        return (*limiters)[r];
  }
  std::random_device device;  // nobody is to guess which callers share a place
  const std::uint64_t secret = std::uint64_t{device()} << 32 | device();
  return std::make_shared<RateLimiter>(*route.rate_limit, secret);
}

}  // namespace

GatewaySpec plain_gateway(std::size_t service) {
  GatewaySpec spec;
  RouteSpec& route = spec.routes.emplace_back();
  route.name = "all";
  route.match.path = "/";
  route.to.service = service;
  return spec;
}

Rules::Rules(Scenario scenario, std::vector<std::vector<Address>> addresses)
    : scenario_(std::move(scenario)), addresses_(std::move(addresses)), router_(spec().routes) {}

Result<std::unique_ptr<Rules>> Rules::make(Scenario scenario,
                                           std::vector<std::vector<Address>> addresses,
                                           const ReadSecret& read_secret, const Rules* before) {
  std::unique_ptr<Rules> rules(new Rules(std::move(scenario), std::move(addresses)));
  for (const AuthenticationSpec& spec : rules->spec().authentication) {
    auto made = Authenticator::make(spec, read_secret);
    if (!made.ok()) return Error{made.error()};
    rules->authenticators_.push_back(std::move(made.value()));
  }
  for (const RouteSpec& route : rules->spec().routes)
    rules->limiters_.push_back(
        limiter_of(route, before, before == nullptr ? nullptr : &before->limiters_));
  return rules;
}

bool Rules::within_limit(Verdict& verdict, std::string_view client, Instant now) {
  const RateLimiter::Decision decision =
      limiters_[verdict.route]->ask(client, verdict.consumer, now);
  if (decision.allowed) return true;
  verdict.status = 429;
  verdict.why = "too many requests";
  verdict.retry_after_seconds = retry_after_seconds(decision.retry_after);
  return false;
}

Rules::Verdict Rules::judge(const http::RequestHead& head, std::string_view client,
                            NormalPath& path, Instant now, Duration unix_time) {
  Verdict verdict;
  verdict.found = router_.match(head, path);
  verdict.status = verdict.found.status;
  verdict.why = verdict.found.why;
  if (verdict.status == 405) verdict.allow = router_.allowed_methods(head, path);
  if (verdict.status != 0) return verdict;
  verdict.has_route = true;
  verdict.route = verdict.found.route;
  const RouteSpec& route = this->route(verdict.route);
  const bool is_limited = route.rate_limit.has_value();
  const bool per_consumer = is_limited && route.rate_limit->per == RateLimitSpec::Per::consumer;
  if (is_limited && !per_consumer && !within_limit(verdict, client, now)) return verdict;
  if (!route.authentication) return verdict;
  const AuthenticationSpec& method = spec().authentication[*route.authentication];
  Access access = authenticators_[*route.authentication]->authenticate(head, unix_time);
  verdict.consumer = access.consumer;
  if (access.status == 0 && per_consumer && !within_limit(verdict, client, now)) return verdict;
  if (access.status == 0) authorize(route.allow, access);
  verdict.status = access.status;
  verdict.why = access.why;
  verdict.challenge = std::move(access.challenge);
  if (!method.forward)
    verdict.hidden_header = method.kind == AuthenticationSpec::Kind::jwt
                                ? std::string_view("authorization")
                                : std::string_view(method.header);
  return verdict;
}

}  // namespace steelyard::live::gateway
