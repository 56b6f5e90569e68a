// The customer's example: an online shop of Flask programs as live targets.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/app/command.h"
#include "tests/app/flask_shop.h"
#include "tests/real-harness/loopback.h"

namespace steelyard::test {
namespace {

using testing::AnyOf;

TEST(LiveTargets, AFlaskShopServesUnderThreeBalancers) {
  const std::string python = python_with_flask();
  if (python.empty()) GTEST_SKIP() << "python3-flask is not installed";
  const FlaskShop shop(python);
  ASSERT_TRUE(shop.started());

  const Folder folder;
  const std::string scenario = folder.write("shop.yaml", R"(name: flask_shop
question: Which balancer suits our Flask services?
run: {seed: 3, duration: 3s, warmup: 500ms, replications: 1}
services: {users: {}, orders: {}, add: {}, subtract: {}}
targets:
  users: )" + FlaskShop::urls(shop.users) + R"(
  orders: )" + FlaskShop::urls(shop.orders) + R"(
  add: )" + FlaskShop::urls(shop.add) + R"(
  subtract: )" + FlaskShop::urls(shop.subtract) + R"(
clients:
  visitors: {calls: users, arrivals: {poisson: {rate: 10/s}}, request: {path: /user/2}}
  buyers: {calls: orders, arrivals: {poisson: {rate: 10/s}}, request: {path: /order/1}}
  adders: {calls: add, arrivals: {poisson: {rate: 10/s}}, request: {path: "/add?a=2&b=3"}}
  takers: {calls: subtract, arrivals: {poisson: {rate: 10/s}}, request: {path: "/subtract?a=2&b=3"}}
  lost: {calls: users, arrivals: {poisson: {rate: 5/s}}, request: {path: /user/404}}
compare:
  balancer: [round_robin, least_request, peak_ewma]
)");
  const Finished live = steelyard({"live", scenario, "-o", folder / "live"});
  EXPECT_THAT(live.code, AnyOf(0, 4)) << live.err;
  const nlohmann::json results = nlohmann::json::parse(text_of(folder / "live/results.json"));
  ASSERT_EQ(results["variants"].size(), 3u);
  for (const nlohmann::json& variant : results["variants"]) {
    const nlohmann::json& requests = variant["requests"];
    // All that fails is what asks for a user who does not exist: 404 is an error status.
    EXPECT_EQ(requests["offered"], requests["succeeded"].get<int>() +
                                       requests["failed"]["error_status"].get<int>() +
                                       requests["unfinished"].get<int>())
        << variant["name"] << ": " << requests;
    EXPECT_GT(requests["succeeded"], 80) << "about 120 are asked for";
    EXPECT_GT(requests["failed"]["error_status"], 3);
    for (const char* client : {"visitors", "buyers", "adders", "takers"})
      EXPECT_EQ(variant["clients"][client]["error_ratio"]["value"], 0) << client;
    EXPECT_EQ(variant["clients"]["lost"]["error_ratio"]["value"], 1);
  }
}

// The address that a gateway prints once it listens; waits at most ten seconds for it.
live::Address address_of(const Command& gateway) {
  for (int i = 0; i < 1000; ++i) {
    const std::string out = gateway.out();
    if (const std::size_t end = out.find('\n'); end != std::string::npos) {
      const std::size_t colon = out.rfind(':', end);
      return live::ipv4(live::kLoopback,
                        static_cast<std::uint16_t>(std::stoi(out.substr(colon + 1))));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ADD_FAILURE() << "the gateway has not said where it listens";
  return {};
}

// Status and body of the answer to a GET.
std::string got(const live::Address& address, const std::string& target) {
  live::RawClient client(address);
  client.say("GET " + target + " HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n");
  const std::string heard = client.hear_all();
  const std::size_t body = heard.find("\r\n\r\n") + 4;
  std::string text = heard.substr(9, 3) + " " + heard.substr(body, heard.rfind(" END") - body);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

TEST(LiveTargets, TheGatewayRoutesToAFlaskShop) {
  const std::string python = python_with_flask();
  if (python.empty()) GTEST_SKIP() << "python3-flask is not installed";
  const FlaskShop shop(python);
  ASSERT_TRUE(shop.started());

  const Folder folder;
  const std::string scenario = folder.write("shop.yaml", R"(name: flask_shop
question: Can our Flask services stand behind one gateway?
services: {users: {}, orders: {}, add: {}, subtract: {}}
targets:
  users: )" + FlaskShop::urls(shop.users) + R"(
  orders: )" + FlaskShop::urls(shop.orders) + R"(
  add: )" + FlaskShop::urls(shop.add) + R"(
  subtract: )" + FlaskShop::urls(shop.subtract) + R"(
clients:
  visitors: {calls: users, arrivals: {poisson: {rate: 10/s}}}
strategies: {balancer: p2c, resilience: {timeout: 10s}}
gateway:
  routes:
    - {match: {path: /api/add}, to: add, rewrite: /add}
    - {match: {path: /api/subtract}, to: subtract, rewrite: /subtract}
    - {match: {prefix: /user}, to: users}
    - {match: {prefix: /order}, to: orders}
    - match: {path: /overview}
      aggregate: {user: {to: users, rewrite: /user/1}, order: {to: orders, rewrite: /order/2}}
)");
  const Command gateway({"gateway", scenario, "--listen", "127.0.0.1:0"});
  const live::Address address = address_of(gateway);
  for (int round = 0; round < 4; ++round) {  // whichever instance it is
    EXPECT_EQ(got(address, "/api/add?a=2&b=3"), R"(200 {"result":5.0})");
    EXPECT_EQ(got(address, "/api/subtract?a=2&b=3"), R"(200 {"result":-1.0})");
    EXPECT_EQ(got(address, "/user/2"), R"(200 {"id":2,"name":"Barbara"})");
    EXPECT_EQ(got(address, "/order/1"), R"(200 {"id":1,"item":"compass","user":"Grace"})");
  }
  EXPECT_EQ(got(address, "/overview"),
            R"(200 {"user":{"id":1,"name":"Ada"},"order":{"id":2,"item":"loom","user":"Ada"}})");
  EXPECT_EQ(got(address, "/user/404").substr(0, 3), "404");
  EXPECT_EQ(got(address, "/api/add?a=two&b=3").substr(0, 3), "400");
  EXPECT_EQ(got(address, "/nowhere").substr(0, 3), "404");
}

}  // namespace
}  // namespace steelyard::test
