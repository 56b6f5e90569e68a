// The customer's example: an online shop of Flask programs as live targets.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/app/command.h"
#include "tests/app/flask_shop.h"

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

}  // namespace
}  // namespace steelyard::test
