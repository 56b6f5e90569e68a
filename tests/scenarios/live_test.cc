// What only the live world looks at: targets, requests as HTTP has them, proxies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/target_url.h"
#include "tests/scenarios/support.h"

namespace steelyard {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::vector<std::string> wrong(const std::string& text, std::vector<std::string> overrides = {}) {
  return complaints(load(text, std::move(overrides)));
}

const std::string kTargets = R"(name: shop
services:
  orders: {}
clients:
  shoppers: {calls: orders, arrivals: {poisson: 100/s}}
targets:
  orders: [http://127.0.0.1:5001/api, "http://[::1]:5002", http://orders.internal]
)";

TEST(Targets, GiveTheirServiceItsInstances) {
  const Scenario scenario = loaded(kTargets, {"network={zones: [a, b]}"});
  const ServiceSpec& orders = scenario.services[0];
  ASSERT_EQ(orders.targets.size(), 3u);
  EXPECT_EQ(orders.targets[0].url, "http://127.0.0.1:5001/api");
  EXPECT_EQ(orders.targets[0].host, "127.0.0.1");
  EXPECT_EQ(orders.targets[0].port, 5001);
  EXPECT_EQ(orders.targets[0].path, "/api");
  EXPECT_EQ(orders.targets[1].host, "::1");
  EXPECT_EQ(orders.targets[1].port, 5002);
  EXPECT_EQ(orders.targets[1].path, "");
  EXPECT_EQ(orders.targets[2].host, "orders.internal");
  EXPECT_EQ(orders.targets[2].port, 80);
  ASSERT_EQ(orders.instances.size(), 3u);
  EXPECT_EQ(orders.instances[1].zone, 1);
  EXPECT_FALSE(orders.has_service_time);
  EXPECT_EQ(orders.service_time.name, "constant");
  EXPECT_EQ(orders.service_time.settings.duration("value"), 0s);
}

TEST(Targets, AgreeWithTheInstancesThatAreGiven) {
  const Scenario scenario =
      loaded(kTargets, {"services.orders.instances=[{weight: 5}, {count: 2}]"});
  EXPECT_EQ(scenario.services[0].instances[0].weight, 5u);
  EXPECT_THAT(wrong(kTargets, {"services.orders.instances=4"}),
              ElementsAre("7:3: targets.orders: got 3 targets for 4 instances of orders, expected "
                          "as many"));
}

TEST(Targets, MayHaveAModelBesides) {
  const Scenario scenario = loaded(kTargets, {"services.orders.service_time=5ms"});
  EXPECT_TRUE(scenario.services[0].has_service_time);
  EXPECT_EQ(scenario.services[0].service_time.settings.duration("value"), 5ms);
  EXPECT_TRUE(loaded(kSmallest).services[0].has_service_time);
  EXPECT_TRUE(loaded(kSmallest).services[0].targets.empty());
}

TEST(Targets, AreNeededByAServiceWithoutInstances) {
  EXPECT_THAT(wrong(kSmallest, {"services.orders={service_time: 4ms}"}),
              ElementsAre(HasSubstr("missing key 'instances', expected how many, or groups")));
  EXPECT_THAT(wrong(kSmallest, {"services.orders={instances: 2}"}),
              ElementsAre(HasSubstr("missing key 'service_time', expected time a request needs")));
  // One complaint for one slip.
  EXPECT_THAT(wrong(kSmallest, {"services.orders={instance: 2, service_time: 4ms}"}),
              ElementsAre(HasSubstr("unknown key 'instance'; did you mean 'instances'?")));
}

TEST(TargetUrls, HoldEveryKindOfHost) {
  for (const char* url :
       {"http://a", "http://a.b-c.d_e", "http://1.2.3.4", "http://[::]", "http://[::1]:1",
        "http://[1:2:3:4:5:6:7:8]:65535", "http://[fe80::1:2]", "http://[::ffff:10.0.0.1]",
        "http://[1:2:3:4:5:6:1.2.3.4]", "http://[1::]", "http://a/b/%20c;d=e,f", "http://4a"})
    EXPECT_TRUE(parse_target_url(url).ok()) << url;
}

TEST(TargetUrls, AreRefusedIfTheyCannotBeSpokenTo) {
  for (const char* url : {"",
                          "http:",
                          "http:/",
                          "http:///a",
                          "HTTP://a",
                          "http://a:",
                          "http://a:00080",
                          "http://a:99999999999",
                          "http://a..b",
                          "http://.a",
                          "http://a-",
                          "http://1.2.3",
                          "http://1.2.3.04",
                          "http://1.2.3.256",
                          "http://a.1",
                          "http://[]",
                          "http://[:]",
                          "http://[:::]",
                          "http://[1:2:3:4:5:6:7:8:9]",
                          "http://[1:2:3:4:5:6:7::8]",
                          "http://[1.2.3.4::]",
                          "http://[12345::]",
                          "http://[g::]",
                          "http://[::1]x",
                          "http://[::1%eth0]",
                          "http://]",
                          "http://a]:1",
                          "http://a b",
                          "http://\xc3\xa4"})
    EXPECT_FALSE(parse_target_url(url).ok()) << url;
  EXPECT_FALSE(parse_target_url("http://a/" + std::string(3000, 'x')).ok());
}

TEST(TargetUrls, SaySoIfTheyAskForTls) {
  EXPECT_THAT(parse_target_url("https://a").error(), HasSubstr("without TLS"));
}

// No slip of the keyboard makes the parser read beyond the text: every piece of a good one, and
// every good one with a character in the way.
TEST(TargetUrls, MayBeCutAnywhere) {
  const std::string whole = "http://[1:2:3::1.2.3.4]:8080/a/b";
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    const Result<TargetSpec> piece = parse_target_url(whole.substr(0, cut));
    EXPECT_EQ(piece.ok(), cut == 23 || cut >= 25) << whole.substr(0, cut);
    for (const char c : std::string("[]:/@.%\n\x80"))
      (void)parse_target_url(std::string(whole).insert(cut, 1, c));
  }
}

TEST(Requests, AreAGetOfTheRootUnlessSaidOtherwise) {
  const HttpRequestSpec request = loaded(kSmallest).clients[0].request;
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/");
  EXPECT_THAT(request.headers, ElementsAre());
  EXPECT_EQ(request.body, "");
}

TEST(Requests, AreAsTheFileSaysThem) {
  const HttpRequestSpec request =
      loaded(kSmallest, {"clients.shoppers.keys={count: 9}",
                         "clients.shoppers.request={method: POST, path: '/a/{key}?b={key}', "
                         "headers: {X-B: 'y z', x-a: 1}, body: \"1\\n2\"}"})
          .clients[0]
          .request;
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/a/{key}?b={key}");
  EXPECT_THAT(request.headers, ElementsAre(Pair("X-B", "y z"), Pair("x-a", "1")));
  EXPECT_EQ(request.body, "1\n2");
}

TEST(Proxies, AreAnAxisLikeAnyOther) {
  const LoadResult result = load(kSmallest + "compare: {via: [steelyard, nginx, channel]}\n");
  ASSERT_TRUE(result.comparison.has_value());
  std::vector<std::pair<std::string, Via>> variants;
  for (const Variant& variant : result.comparison->variants)
    variants.emplace_back(variant.name, variant.scenario.via);
  EXPECT_THAT(variants,
              ElementsAre(Pair("via=steelyard", Via::steelyard), Pair("via=nginx", Via::nginx),
                          Pair("via=channel", Via::channel)));
  EXPECT_EQ(loaded(kSmallest).via, Via::channel);
}

TEST(LiveWork, WaitsUnlessItIsToBurn) {
  EXPECT_EQ(loaded(kSmallest).work, Work::timer);
  EXPECT_EQ(loaded(kSmallest, {"live.work=processor"}).work, Work::processor);
}

TEST(FaultsOnTheWire, HaveDefaults) {
  const Scenario scenario = loaded(kSmallest + R"(faults:
  - {at: 1s, error: {target: orders/1}}
  - {at: 1s, reset: {target: orders, probability: 25%}}
  - {at: 1s, bandwidth: {target: orders, rate: 2MB/s}}
)");
  EXPECT_EQ(scenario.faults[0].kind, FaultKind::error);
  EXPECT_EQ(scenario.faults[0].status, 503);
  EXPECT_EQ(scenario.faults[0].probability, 1);
  EXPECT_EQ(scenario.faults[0].label, "status 503 from orders/1");
  EXPECT_EQ(scenario.faults[1].probability, 0.25);
  EXPECT_EQ(scenario.faults[1].label, "connections reset at orders (25% of attempts)");
  EXPECT_EQ(scenario.faults[2].rate, 2e6);
  EXPECT_EQ(scenario.faults[2].label, "2 MB/s at orders");
}

}  // namespace
}  // namespace steelyard
