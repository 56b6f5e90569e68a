// What the gateway's decisions cost per request, without sockets: routing among many routes, the
// heads both ways, authentication, limits, the log line. The budget for a proxied request in all is
// nginx's 5.3 us.
#include <benchmark/benchmark.h>

#include <string>

#include "real-harness/gateway/auth.h"
#include "real-harness/gateway/headers.h"
#include "real-harness/gateway/limits.h"
#include "real-harness/gateway/log.h"
#include "real-harness/gateway/routes.h"

namespace steelyard::live::gateway {
namespace {

const std::string kRequest =
    "GET /service-7/users/42?full=1 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: curl/7.88\r\n"
    "Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nAccept-Language: en\r\n"
    "Cache-Control: no-cache\r\nCookie: session=0123456789abcdef\r\nX-API-Key: alices-key\r\n"
    "Connection: keep-alive\r\n\r\n";

http::RequestHead parsed() {
  http::RequestHead head;
  http::HeadScanner scanner;
  http::parse_request(kRequest, head, scanner);
  return head;
}

void route(benchmark::State& state) {
  std::vector<RouteSpec> routes(static_cast<std::size_t>(state.range(0)));
  // The last one fits.
  for (std::size_t i = 0; i < routes.size(); ++i)
    routes[i].match.path = "/service-" + std::to_string(routes.size() - 1 - i + 7);
  const Router router(routes);
  const http::RequestHead head = parsed();
  NormalPath path;
  for (auto _ : state) benchmark::DoNotOptimize(router.match(head, path));
}
BENCHMARK(route)->RangeMultiplier(10)->Range(1, 1000);

void heads(benchmark::State& state) {
  const http::RequestHead request = parsed();
  const std::string text =
      "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: text/plain\r\nContent-Length: 64\r\n\r\n";
  http::ResponseHead response;
  http::HeadScanner scanner;
  http::parse_response(text, false, response, scanner);
  RandomStream random(1);
  Identity identity;
  std::string out;
  for (auto _ : state) {
    out.clear();
    identify(request, random, identity);
    append_request_head(out, request,
                        {.target = "/users/42",
                         .host = "shop.example",
                         .client_address = "127.0.0.1",
                         .identity = &identity});
    append_response_head(out, response, {.request_id = identity.request_id});
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(heads);

void api_key(benchmark::State& state) {
  AuthenticationSpec spec;
  for (int i = 1; i < state.range(0); ++i)
    spec.keys.push_back({"other", {SecretSpec::Source::text, "key-" + std::to_string(i)}});
  spec.keys.push_back({"alice", {SecretSpec::Source::text, "alices-key"}});
  const auto authenticator = Authenticator::make(spec, {});
  const http::RequestHead head = parsed();
  for (auto _ : state)
    benchmark::DoNotOptimize(authenticator.value()->authenticate(head, 1s).status);
}
BENCHMARK(api_key)->Arg(1)->Arg(100)->Arg(10'000);

void rate_limit(benchmark::State& state) {
  RateLimiter limiter({.rate = 1e6, .burst = 1000, .per = RateLimitSpec::Per::address}, 1);
  Instant now = kStart;
  for (auto _ : state) benchmark::DoNotOptimize(limiter.ask("127.0.0.1", "", now += 1us));
}
BENCHMARK(rate_limit);

void access_line(benchmark::State& state) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_access_line(out, {.unix_time = 1709208000s,
                             .client = "127.0.0.1",
                             .method = "GET",
                             .host = "shop.example",
                             .path = "/service-7/users/42",
                             .route = "route 1",
                             .status = 200,
                             .bytes_out = 64,
                             .duration = 1ms,
                             .upstream = "127.0.0.1:5001",
                             .attempts = 1,
                             .outcome = "ok",
                             .request_id = "0123456789abcdef0123456789abcdef",
                             .trace_id = "0123456789abcdef0123456789abcdef"});
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(access_line);

}  // namespace
}  // namespace steelyard::live::gateway

BENCHMARK_MAIN();
