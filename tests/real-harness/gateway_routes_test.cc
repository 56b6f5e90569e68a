#include <gtest/gtest.h>

#include "core/random.h"
#include "real-harness/gateway/routes.h"
#include "tests/real-harness/gateway_request.h"

namespace steelyard::live::gateway {
namespace {

using test::get;
using test::request;

RouteSpec route(RouteMatch match) {
  RouteSpec spec;
  spec.match = std::move(match);
  return spec;
}
RouteSpec exact(std::string path) { return route({.path = std::move(path), .is_prefix = false}); }
RouteSpec prefix(std::string path) { return route({.path = std::move(path)}); }
RouteSpec host(std::string name) { return route({.host = std::move(name), .path = "/"}); }

// The number of the route, or the status of the refusal.
int taken(const Router& router, const http::RequestHead& head) {
  NormalPath path;
  const RouteFound found = router.match(head, path);
  return found.status != 0 ? found.status : static_cast<int>(found.route);
}
int taken(const Router& router, const std::string& path, const std::string& host = "a.example") {
  return taken(router, get(path, host).head);
}

// The customer's four.
TEST(Router, SendsEachPathToItsRoute) {
  const Router router(
      {exact("/api/add"), exact("/api/subtract"), prefix("/user"), prefix("/order")});
  EXPECT_EQ(taken(router, "/api/add?a=1&b=2"), 0);
  EXPECT_EQ(taken(router, "/api/subtract"), 1);
  EXPECT_EQ(taken(router, "/user"), 2);
  EXPECT_EQ(taken(router, "/user/7"), 2);
  EXPECT_EQ(taken(router, "/order/7/items"), 3);
  EXPECT_EQ(taken(router, "/api/add/"), 404);
  EXPECT_EQ(taken(router, "/api"), 404);
  EXPECT_EQ(taken(router, "/users"), 404);
  EXPECT_EQ(taken(router, "/"), 404);
}

TEST(Router, TakesTheFirstRouteThatFits) {
  const Router router({exact("/a/b"), prefix("/a"), prefix("/a/c"), prefix("/")});
  EXPECT_EQ(taken(router, "/a/b"), 0);
  EXPECT_EQ(taken(router, "/a/b/x"), 1);
  EXPECT_EQ(taken(router, "/a/c"), 1);
  EXPECT_EQ(taken(router, "/x"), 3);
  EXPECT_EQ(taken(router, "/"), 3);
}

TEST(Router, DecidesOnThePathThatIsSentOn) {
  const Router router({prefix("/admin"), prefix("/")});
  for (const char* path : {"/admin", "/%61dmin", "//admin", "/x/../admin/y", "/x/%2e%2e/admin",
                           "/./admin", "/admin//", "/%61%64%6d%69%6e/x"})
    EXPECT_EQ(taken(router, path), 0) << path;
  for (const char* path : {"/%2fadmin", "/x/..%2fadmin", "/..;/admin", "/x/..;/admin", "/../admin"})
    EXPECT_EQ(taken(router, path), 400) << path;
}

TEST(Router, ComparesHostsWithoutCaseAndPort) {
  const Router router({host("shop.example"), host("*.shop.example"), host("[::1]")});
  EXPECT_EQ(taken(router, "/", "shop.example"), 0);
  EXPECT_EQ(taken(router, "/", "SHOP.Example:8080"), 0);
  EXPECT_EQ(taken(router, "/", "shop.example."), 0);
  EXPECT_EQ(taken(router, "/", "a.shop.example"), 1);
  EXPECT_EQ(taken(router, "/", "a.b.shop.example:80"), 1);
  EXPECT_EQ(taken(router, "/", "[::1]:80"), 2);
  EXPECT_EQ(taken(router, "/", "example"), 404);
  EXPECT_EQ(taken(router, "/", "xshop.example"), 404);
}

TEST(Router, RefusesHostsThatAreNone) {
  for (const char* name : {"a b", "a/b", "a@b", "a:b", "a:123456", "[::1", "[]", "a..b", ".a",
                           ":80", "a\\b", "a,b", "[::1]x", "a:80:80"}) {
    std::array<char, 255> buffer;
    std::string_view normal;
    EXPECT_FALSE(normal_host(name, buffer.data(), buffer.size(), normal)) << name;
  }
  const std::string long_name(300, 'a');
  std::array<char, 255> buffer;
  std::string_view normal;
  EXPECT_FALSE(normal_host(long_name, buffer.data(), buffer.size(), normal));
}

TEST(Router, RoutesByHeadersAndMethods) {
  const Router router({route({.path = "/user", .headers = {{"x-beta", "1"}}, .methods = {"GET"}}),
                       route({.path = "/user", .methods = {"GET", "POST"}})});
  EXPECT_EQ(taken(router, request("GET /user HTTP/1.1\nHost: a\nX-Beta: 1").head), 0);
  EXPECT_EQ(taken(router, request("HEAD /user HTTP/1.1\nHost: a\nX-BETA: 1").head), 0);
  EXPECT_EQ(taken(router, request("POST /user HTTP/1.1\nHost: a\nX-Beta: 1").head), 1);
  EXPECT_EQ(taken(router, request("GET /user HTTP/1.1\nHost: a\nX-Beta: 2").head), 1);
  EXPECT_EQ(taken(router, request("GET /user HTTP/1.1\nHost: a").head), 1);
  // Which of two would the service look at?
  EXPECT_EQ(taken(router, request("GET /user HTTP/1.1\nHost: a\nX-Beta: 1\nX-Beta: 2").head), 1);
}

TEST(Router, SaysWhichMethodsThereAre) {
  const Router router({route({.path = "/user", .methods = {"POST"}}),
                       route({.path = "/", .methods = {"GET", "PUT"}})});
  const auto message = request("DELETE /user/7 HTTP/1.1\nHost: a");
  NormalPath path;
  EXPECT_EQ(router.match(message.head, path).status, 405);
  EXPECT_EQ(router.allowed_methods(message.head, path), "GET, HEAD, POST, PUT");
  EXPECT_EQ(taken(router, request("DELETE /x HTTP/1.1\nHost: a").head), 405);
}

std::string target(const RouteSpec& spec, std::string_view text) {
  const auto message = get(text);
  NormalPath path;
  const RouteFound found = Router({spec}).match(message.head, path);
  EXPECT_EQ(found.status, 0) << text;
  std::string out;
  append_target(out, spec.to, found, path, message.head.query);
  return out;
}
RouteSpec rewritten(RouteSpec spec, std::string path) {
  spec.to.rewrite = std::move(path);
  return spec;
}

TEST(Targets, KeepThePathWithoutARewrite) {
  EXPECT_EQ(target(prefix("/user"), "/user/7?full=1"), "/user/7?full=1");
  EXPECT_EQ(target(prefix("/user"), "/x/..//user/a%20b"), "/user/a%20b");
}

TEST(Targets, ReplaceWhatMatchedAndKeepTheRest) {
  EXPECT_EQ(target(rewritten(prefix("/user"), "/users"), "/user"), "/users");
  EXPECT_EQ(target(rewritten(prefix("/user"), "/users"), "/user/7?a"), "/users/7?a");
  EXPECT_EQ(target(rewritten(prefix("/user"), "/users"), "/user/"), "/users/");
  EXPECT_EQ(target(rewritten(prefix("/user"), "/users/"), "/user/7"), "/users/7");
  EXPECT_EQ(target(rewritten(prefix("/user"), "/users/"), "/user"), "/users/");
  EXPECT_EQ(target(rewritten(prefix("/user"), "/"), "/user"), "/");
  EXPECT_EQ(target(rewritten(prefix("/user"), "/"), "/user/7"), "/7");
  EXPECT_EQ(target(rewritten(prefix("/"), "/v2"), "/user"), "/v2/user");
  EXPECT_EQ(target(rewritten(prefix("/"), "/v2"), "/"), "/v2/");
  EXPECT_EQ(target(rewritten(exact("/dashboard"), "/7"), "/dashboard?q"), "/7?q");
  // Escapes make the matched part longer than the route says; the rest begins where it should.
  EXPECT_EQ(target(rewritten(prefix("/a b/c"), "/x"), "/a%20b/%63/d%20e"), "/x/d%20e");
}

// The rules as sentences, without any table.
int taken_one_by_one(const std::vector<RouteSpec>& routes, std::string_view name,
                     std::string_view path, const http::RequestHead& head) {
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const RouteMatch& match = routes[i].match;
    const bool host_fits = match.host.empty() || match.host == name ||
                           (match.host.starts_with("*.") && name.ends_with(match.host.substr(1)) &&
                            name.size() >= match.host.size());
    const std::string below = match.path == "/" ? "/" : match.path + "/";
    const bool path_fits = path == match.path || (match.is_prefix && path.starts_with(below));
    const bool method_fits = match.methods.empty() || match.methods[0] == head.method;
    if (host_fits && path_fits && method_fits) return static_cast<int>(i);
  }
  return -1;
}

TEST(Router, AgreesWithLookingAtRoutesOneByOne) {
  const std::vector<std::string> hosts{"", "", "a", "b.a", "*.a", "*.b.a"};
  const std::vector<std::string> segments{"x", "y", "z"};
  constexpr std::uint64_t kSeed = 3;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  RandomStream random(kSeed);
  const auto some_path = [&] {
    std::string path;
    for (std::uint64_t left = random.below(4); left > 0; --left)
      path += "/" + segments[random.below(segments.size())];
    return path.empty() ? "/" : path;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<RouteSpec> routes;
    for (std::uint64_t left = 1 + random.below(30); left > 0; --left)
      routes.push_back(route({.host = hosts[random.below(hosts.size())],
                              .path = some_path(),
                              .is_prefix = random.chance(0.5),
                              .methods = random.chance(0.3) ? std::vector<std::string>{"POST"}
                                                            : std::vector<std::string>{}}));
    const Router router(routes);
    for (int i = 0; i < 30; ++i) {
      const std::vector<std::string> names{"a", "b.a", "c.b.a", "c"};
      const std::string name = names[random.below(names.size())];
      const std::string path = some_path();
      const auto message = get(path, name);
      const int expected = taken_one_by_one(routes, name, path, message.head);
      const int got = taken(router, message.head);
      ASSERT_EQ(got >= 400 ? -1 : got, expected) << name << path;
    }
  }
}

}  // namespace
}  // namespace steelyard::live::gateway
