#include "real-harness/run/live_run.h"

#include <gtest/gtest.h>

#include "scenarios/loader.h"
#include "sim/simulation.h"
#include "tests/real-harness/live_scenario.h"

namespace steelyard::live {
namespace {

constexpr const char* kShop = R"(
name: shop
question: Do both worlds face the same requests?
run: {seed: 11, duration: 2s, warmup: 0s, replications: 1}
services:
  orders:
    instances: 2
    concurrency: 4
    service_time: {exponential: {mean: 2ms}}
    calls: [users, [{inventory: {probability: 0.5}}, users]]
  users: {instances: 2, concurrency: 4, service_time: {exponential: {mean: 1ms}}}
  inventory: {instances: 1, concurrency: 8, service_time: 1ms}
clients:
  shoppers: {calls: orders, arrivals: {poisson: {rate: 200/s}}, keys: {count: 50}}
  visitors: {calls: users, closed: {users: 3, think_time: {exponential: {mean: 30ms}}}}
strategies: {balancer: ring_hash}
)";

TEST(LiveRun, FacesTheVeryRequestsOfTheSimulation) {
  Scenario scenario = scenario_of(kShop);
  // An open loop alone, since a closed one depends on how long answers take.
  scenario.clients.pop_back();
  const RunRecord simulated = *simulate(scenario, 0);
  const RunRecord lived = live_record(scenario);
  EXPECT_EQ(lived.offered, simulated.offered);
  // Requests whose answer comes near the end fall on either side of it, by the delays of the
  // machine; but which instance a key hashes to, and which calls are made, is the same. All but
  // those still under way at the end have reached the same instances.
  for (std::size_t s = 0; s < scenario.services.size(); ++s)
    for (std::size_t i = 0; i < scenario.services[s].instances.size(); ++i)
      EXPECT_NEAR(static_cast<double>(lived.services[s].instances[i].attempts),
                  static_cast<double>(simulated.services[s].instances[i].attempts),
                  8.0 + static_cast<double>(lived.unfinished + simulated.unfinished))
          << scenario.services[s].name << "/" << i;
  // To both of orders; and from both of these, to both of users and to inventory.
  EXPECT_EQ(simulated.connections, 2 + 2 * (2 + 1u));
  EXPECT_EQ(lived.connections, simulated.connections);
}

TEST(LiveRun, AccountsForEveryRequest) {
  const RunRecord record = live_record(scenario_of(kShop));
  EXPECT_GT(record.offered, 100u);
  EXPECT_EQ(record.offered, total(record.finished) + record.unfinished);
  EXPECT_EQ(finished(record, Outcome::ok) + record.unfinished, record.offered);
  ASSERT_TRUE(record.live.has_value());
  EXPECT_EQ(record.live->sends, total(record.finished));
  EXPECT_GT(record.live->hiccup_ns.count(), 0u);
}

// When the run ends, some fifty calls of each instance are under way, and go with it.
TEST(LiveRun, EndsInPeaceWithCallsUnderWay) {
  const RunRecord record = live_record(scenario_of(R"(
name: cut
question: Who minds that the run ends?
run: {seed: 3, duration: 1s, warmup: 0s, replications: 1}
services:
  edge: {instances: 2, concurrency: 200, service_time: 1ms, calls: [[a, b]]}
  a: {instances: 2, concurrency: 200, service_time: 10s}
  b: {instances: 2, concurrency: 200, service_time: 1ms}
clients:
  users: {calls: edge, arrivals: {constant: {rate: 100/s}}}
)"));
  EXPECT_GT(record.unfinished, 90u) << "else nothing was under way";
}

TEST(LiveRun, AnInstanceThatIsKilledLosesNoRequestFromTheAccounts) {
  const RunRecord record = live_record(scenario_of(R"(
name: kill
question: Who pays for a crash?
run: {seed: 3, duration: 3s, warmup: 0s, replications: 1}
services:
  api: {instances: 3, concurrency: 16, service_time: 5ms}
clients:
  users: {calls: api, arrivals: {poisson: {rate: 600/s}}}
strategies: {balancer: least_request, resilience: {timeout: 1s}}
faults:
  - {at: 1s, for: 1s, crash: {target: api/0}}
)"));
  EXPECT_EQ(record.offered, total(record.finished) + record.unfinished);
  // About three requests are there when it dies; nobody listens while it is down.
  EXPECT_GT(finished(record, Outcome::connection_refused), 0u);
  EXPECT_EQ(finished(record, Outcome::ok) + finished(record, Outcome::connection_refused) +
                finished(record, Outcome::connection_reset) + record.unfinished,
            record.offered)
      << "there is no other way to fail here";
  EXPECT_GT(record.services[0].instances[0].attempts, 300u) << "it serves again after the crash";
}

TEST(LiveRun, APausedInstanceAnswersNothingUntilItGoesOn) {
  const RunRecord record = live_record(scenario_of(R"(
name: pause
question: Where do requests wait?
run: {seed: 3, duration: 2s, warmup: 0s, replications: 1}
services:
  api: {instances: 1, concurrency: 100, service_time: 1ms}
clients:
  users: {calls: api, arrivals: {constant: {rate: 100/s}}}
faults:
  - {at: 500ms, for: 1s, pause: {target: api}}
)"));
  EXPECT_EQ(finished(record, Outcome::ok) + record.unfinished, record.offered);
  // The one that comes just after the pause has begun waits for nearly all of it.
  EXPECT_GT(record.clients[0].latency_ns.max(), 900'000'000u);
  EXPECT_LT(record.clients[0].latency_ns.quantile(0.25), 500'000'000u)
      << "half of the requests are due outside the pause";
}

TEST(LiveRun, ErrorsOnCommandAreCountedByTheirCause) {
  const RunRecord record = live_record(scenario_of(R"(
name: errors
question: What do clients see?
run: {seed: 3, duration: 2s, warmup: 0s, replications: 1}
services:
  api: {instances: 4, concurrency: 100, service_time: 1ms}
clients:
  users: {calls: api, arrivals: {constant: {rate: 400/s}}}
strategies: {balancer: round_robin}
faults:
  - {at: 0s, error: {target: api/0, status: 500}}
  - {at: 0s, reset: {target: api/1}}
  - {at: 0s, truncate: {target: api/2}}
)"));
  // 800 requests in turn over four instances, one of which is well. The last of each may be under
  // way at the end.
  EXPECT_NEAR(static_cast<double>(finished(record, Outcome::ok)), 200, 4);
  EXPECT_NEAR(static_cast<double>(finished(record, Outcome::error_status)), 200, 4);
  EXPECT_NEAR(static_cast<double>(finished(record, Outcome::connection_reset)), 200, 4);
  EXPECT_NEAR(static_cast<double>(finished(record, Outcome::bad_response)), 200, 4);
}

TEST(LiveRun, AStoppedRunLeavesNothingBehind) {
  const Scenario scenario = scenario_of(kShop);
  LiveOptions options;
  options.progress = [](double share) { return share < 0.2; };
  const Result<std::optional<RunRecord>> run = run_live(scenario, options);
  ASSERT_TRUE(run.ok()) << run.error();
  EXPECT_FALSE(run.value().has_value());
}

}  // namespace
}  // namespace steelyard::live
