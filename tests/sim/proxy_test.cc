// `via: steelyard`: clients behind a proxy that all of them share.
#include <gtest/gtest.h>

#include "tests/sim/scene.h"

namespace steelyard {
namespace {

using test::happened;
using test::scene;
using test::simulated;

// Each client's own round robin begins with a/0; one for both sends the second request to a/1.
TEST(Proxy, BalancesForAllClientsWithOneChannel) {
  const std::string text = R"(
services:
  a: {instances: 2, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  y: {calls: a, arrivals: {timestamps: at_ms 1}}
  z: {calls: a, arrivals: {timestamps: at_ms 2}}
)";
  EXPECT_EQ(happened(text + "via: steelyard\n"), "x 10, y 10, z 18");
}

// Requests 1 + 2, served 10, answers 2 + 1: the clients' zone is east, the proxy's too, a's west.
TEST(Proxy, IsOneMessageMoreEachWay) {
  const std::string text = R"(
network: {zones: [east, west], latency: {within: 1ms, between: 2ms}}
services:
  a: {instances: [{zone: west}], concurrency: 2, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
  w: {calls: a, arrivals: {timestamps: at_ms 40}, zone: west}
)";
  // w goes to the proxy in east and back: 2 + 2 + 10 + 2 + 2.
  EXPECT_EQ(happened(text + "via: steelyard\n"), "x 16, w 18");
  EXPECT_EQ(happened(text), "x 14, w 12");
}

// Instances call each other directly: 1 + 1 + 5 + (1 + 10 + 1) + 1 + 1.
TEST(Proxy, CarriesRequestsOfClientsOnly) {
  EXPECT_EQ(happened(R"(
network: {latency: 1ms}
services:
  a: {instances: 1, service_time: 5ms, calls: [b]}
  b: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
via: steelyard
)"),
            "x 21");
}

TEST(Proxy, FailsAndRetriesAsAChannelDoes) {
  EXPECT_EQ(happened(R"(
services:
  a: {instances: 2, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0 1 2 3}}
strategies: {resilience: {retry: {attempts_max: 2, backoff_base: 1ns, backoff_max: 1ns}}}
faults:
  - {at: 0s, refuse: {target: a/0}}
via: steelyard
)"),
            happened(R"(
services:
  a: {instances: 2, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0 1 2 3}}
strategies: {resilience: {retry: {attempts_max: 2, backoff_base: 1ns, backoff_max: 1ns}}}
faults:
  - {at: 0s, refuse: {target: a/0}}
)"));
}

// The proxy has the answer at 1 + 1 + 10 + 1 = 13, the client's time is up at 13.5; at 14 it would
// have had it.
TEST(Proxy, AnswersInVainWhenTheClientsTimeIsUp) {
  const std::string text = R"(
network: {latency: 1ms}
services:
  a: {instances: 1, service_time: 10ms}
clients:
  x: {calls: a, arrivals: {timestamps: at_ms 0}}
via: steelyard
strategies: {resilience: {timeout: 13500us}}
)";
  EXPECT_EQ(happened(text), "x deadline_exceeded");
  EXPECT_EQ(test::failures_ms(simulated(scene(text))), std::vector<std::size_t>{13});
}

TEST(Proxy, LosesMessagesLikeEverybody) {
  const std::string text = R"(
network: {latency: 1ms, loss: 50%, retransmit: never}
services:
  a: {instances: 1, concurrency: 100, service_time: 1ms}
clients:
  x: {calls: a, arrivals: {constant: 1000/s}}
via: steelyard
)";
  // 119 requests, each with four messages that all have to arrive; nobody ever hears of the others.
  const RunRecord forgotten = simulated(scene(text));
  EXPECT_LT(test::succeeded(forgotten), 30u);
  EXPECT_GT(test::succeeded(forgotten), 0u);
  EXPECT_EQ(test::failed(forgotten), 0u);
  const RunRecord noticed = simulated(scene(text + "strategies: {resilience: {timeout: 20ms}}\n"));
  EXPECT_GT(test::failed(noticed), 50u);
  EXPECT_LE(noticed.unfinished, 21u);  // the last 20 ms
}

// A closed loop goes on behind a proxy: five users, each 10 ms and 10 ms of thinking.
TEST(Proxy, ServesUsersWhoWait) {
  const RunRecord record = simulated(test::scenario_of(R"(
name: users
run: {duration: 10s, warmup: 0s, replications: 1}
services:
  a: {instances: 5, concurrency: 5, service_time: 10ms}
clients:
  u: {calls: a, closed: {users: 5, think_time: 10ms}}
via: steelyard
)"));
  EXPECT_NEAR(static_cast<double>(test::succeeded(record)), 5 * 10'000 / 20, 5);
}

// The same requests have the same service times, whatever carries them: with room for everybody,
// every latency is the same.
TEST(Proxy, LeavesTheRequestsAsTheyAre) {
  const std::string text = R"(
name: same
run: {duration: 2s, warmup: 0s, replications: 1}
services:
  a: {instances: 3, concurrency: 100, service_time: {exponential: 5ms}}
clients:
  x: {calls: a, arrivals: {poisson: 300/s}}
  y: {calls: a, arrivals: {poisson: 200/s}}
)";
  const RunRecord direct = simulated(test::scenario_of(text));
  const RunRecord proxied = simulated(test::scenario_of(text + "via: steelyard\n"));
  for (std::size_t i = 0; i < 2; ++i)
    for (const double q : {0.1, 0.5, 0.9, 0.99})
      EXPECT_EQ(direct.clients[i].latency_ns.quantile(q),
                proxied.clients[i].latency_ns.quantile(q));
}

TEST(WhyNotSimulated, NamesWhatIsMissing) {
  const std::string text = R"(
name: mine
services:
  a: {}
clients:
  x: {calls: a, arrivals: {poisson: 1/s}}
targets: {a: [http://127.0.0.1:1]}
)";
  EXPECT_EQ(why_not_simulated(test::scenario_of(text)),
            "service 'a' has targets and no service_time: give it one to simulate it, or run the "
            "scenario live");
  const std::vector<std::string> model{"services.a.service_time=1ms"};
  EXPECT_EQ(why_not_simulated(test::scenario_of(text, model)), std::nullopt);
  EXPECT_EQ(why_not_simulated(test::scenario_of(text + "via: steelyard\n", model)), std::nullopt);
  EXPECT_EQ(why_not_simulated(test::scenario_of(text + "via: haproxy\n", model)),
            "haproxy carries live traffic only");
}

}  // namespace
}  // namespace steelyard
