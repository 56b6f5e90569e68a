#include "real-harness/network/network.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>

#include <set>

#include "real-harness/http/server.h"
#include "real-harness/instances/supervisor.h"
#include "real-harness/proxies/proxies.h"
#include "real-harness/run/live_run.h"
#include "scenarios/loader.h"
#include "sim/simulation.h"
#include "tests/real-harness/live_scenario.h"

namespace steelyard::live {
namespace {

// Where instances would be; nobody connects to them.
AddressTable some_addresses(const Scenario& scenario) {
  AddressTable addresses;
  for (std::size_t s = 0; s < scenario.services.size(); ++s) {
    addresses.emplace_back();
    for (std::size_t i = 0; i < scenario.services[s].instances.size(); ++i)
      addresses.back().push_back(ipv4(0x7f000001, static_cast<std::uint16_t>(1000 + 100 * s + i)));
  }
  return addresses;
}

// Two clients and two services in two zones, of which one calls the other.
Scenario two_zones(const std::string& more) {
  return scenario_of(R"(
name: zones
question: Who needs a relay?
run: {duration: 10s, replications: 1}
services:
  api:
    instances: [{count: 1, zone: east}, {count: 1, zone: west}]
    service_time: 1ms
    calls: [db]
  db: {instances: [{count: 2, zone: east}], service_time: 1ms}
clients:
  near: {calls: api, zone: east, arrivals: {constant: {rate: 10/s}}}
  far: {calls: api, zone: west, arrivals: {constant: {rate: 10/s}}}
)" + more);
}

std::string error_of(NetworkPlan& plan, const Scenario& scenario) {
  return plan.connect(some_addresses(scenario));
}

TEST(NetworkPlan, WithoutANetworkEverybodySpeaksDirectly) {
  const Scenario scenario = two_zones("network: {zones: [east, west]}\n");
  NetworkPlan plan(scenario);
  EXPECT_FALSE(plan.needed());
  EXPECT_EQ(error_of(plan, scenario), "");
  EXPECT_TRUE(plan.links().empty());
  EXPECT_EQ(plan.seen_by_client(0)[0][1].port(), 1001);
  EXPECT_EQ(plan.seen_by_instance(0, 0)[1][0].port(), 1100);
}

TEST(NetworkPlan, OnlyPartiesWithSomethingBetweenThemGetARelay) {
  const Scenario scenario = two_zones("network: {zones: [east, west], latency: {between: 5ms}}\n");
  NetworkPlan plan(scenario);
  EXPECT_TRUE(plan.needed());
  EXPECT_EQ(error_of(plan, scenario), "");
  // near -> api/1, far -> api/0, and api/1 -> db/0, db/1; api/0 has its database next door.
  EXPECT_EQ(plan.links().size(), 4u);
  EXPECT_EQ(plan.seen_by_client(0)[0][0].port(), 1000) << "near calls api/0 directly";
  EXPECT_NE(plan.seen_by_client(0)[0][1].port(), 1001);
  EXPECT_NE(plan.seen_by_client(1)[0][0].port(), 1000);
  EXPECT_EQ(plan.seen_by_client(1)[0][1].port(), 1001);
  EXPECT_EQ(plan.seen_by_instance(0, 0)[1][1].port(), 1101);
  EXPECT_NE(plan.seen_by_instance(0, 1)[1][1].port(), 1101);
  for (const NetworkLink& link : plan.links()) EXPECT_NE(link.caller.zone, link.server.zone);
}

TEST(NetworkPlan, AFaultOnTheWireHasARelayFromEverybodyToItsTargetAndFromTheTargetToAll) {
  const Scenario scenario = two_zones(
      "network: {zones: [east, west]}\n"
      "faults: [{at: 1s, for: 1s, blackhole: {target: api/0}}]\n");
  NetworkPlan plan(scenario);
  EXPECT_TRUE(plan.needed());
  EXPECT_EQ(error_of(plan, scenario), "");
  // near and far -> api/0, and api/0 itself -> db/0, db/1.
  EXPECT_EQ(plan.links().size(), 4u);
  EXPECT_EQ(plan.seen_by_client(0)[0][1].port(), 1001);
  EXPECT_NE(plan.seen_by_instance(0, 0)[1][0].port(), 1100);
  EXPECT_EQ(plan.seen_by_instance(0, 1)[1][0].port(), 1100);
  std::set<std::uint16_t> ports;
  for (const NetworkLink& link : plan.links()) ports.insert(address_of(link.listener.get()).port());
  EXPECT_EQ(ports.size(), plan.links().size()) << "each link has a listener of its own";
}

TEST(NetworkPlan, AFaultThatNeverHappensNeedsNothing) {
  const Scenario scenario = two_zones(
      "network: {zones: [east, west]}\n"
      "faults: [{at: 100s, for: 1s, blackhole: {target: api/0}}]\n");
  EXPECT_FALSE(NetworkPlan(scenario).needed());
}

// Nobody waits for anybody: each request takes its service time and its two messages.
constexpr const char* kLatency = R"(
name: latency
question: Do messages take their time?
run: {seed: 5, duration: 3s, warmup: 0s, replications: 1}
network: {latency: {lognormal: {median: 2ms, p99: 10ms}}}
services:
  api: {instances: 2, concurrency: 1000, service_time: {exponential: {mean: 3ms}}}
clients:
  users: {calls: api, arrivals: {poisson: {rate: 300/s}}}
)";

// A network_delay whose distribution is wide is jitter.
constexpr const char* kJitter = R"(
name: jitter
question: Do messages of a jittery instance take their time?
run: {seed: 6, duration: 3s, warmup: 0s, replications: 1}
services:
  api: {instances: 2, concurrency: 1000, service_time: {exponential: {mean: 3ms}}}
clients:
  users: {calls: api, arrivals: {poisson: {rate: 300/s}}}
faults:
  - {at: 0s, network_delay: {target: api, latency: {exponential: {mean: 10ms}}}}
)";

class LiveDelays : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(LiveNetwork, LiveDelays, testing::Values(kLatency, kJitter),
                         [](const auto& test) { return test.index == 0 ? "Latency" : "Jitter"; });

TEST_P(LiveDelays, MakeNoRequestFasterThanInTheSimulationWhichDrawsTheSame) {
  const Scenario scenario = scenario_of(GetParam());
  const RunRecord simulated = *simulate(scenario, 0);
  const RunRecord lived = live_record(scenario);
  EXPECT_EQ(lived.offered, simulated.offered);
  EXPECT_EQ(finished(lived, Outcome::ok) + lived.unfinished, lived.offered);
  const Histogram& live_ns = lived.clients[0].latency_ns;
  const Histogram& simulated_ns = simulated.clients[0].latency_ns;
  // Each request meets the very delays and the very service time of the simulation, and then those
  // of the machine; so every quantile is later. Those still under way at the end shift ranks, by as
  // many as they are, and buckets are 0.4% wide.
  const double shift = static_cast<double>(lived.unfinished) / static_cast<double>(lived.offered);
  for (const double rank : {0.1, 0.25, 0.5, 0.75, 0.9})
    EXPECT_GT(static_cast<double>(live_ns.quantile(rank)),
              static_cast<double>(simulated_ns.quantile(std::max(0.0, rank - shift))) * 0.99)
        << "at rank " << rank;
}

TEST(LiveNetwork, RequestsToABlackholeEndAtTheirDeadlineAndAllOthersWell) {
  const RunRecord record = live_record(scenario_of(R"(
name: blackhole
question: Who notices?
run: {seed: 3, duration: 3s, warmup: 0s, replications: 1}
services:
  api: {instances: 2, concurrency: 100, service_time: 1ms}
clients:
  users: {calls: api, arrivals: {constant: {rate: 200/s}}}
strategies: {balancer: round_robin, resilience: {timeout: 400ms}}
faults:
  - {at: 1s, for: 1s, blackhole: {target: api/0}}
)"));
  EXPECT_EQ(record.offered, total(record.finished) + record.unfinished);
  // In turn over two instances, for a third of the run: 100 of 600, give or take those on their way
  // when it begins and ends.
  EXPECT_NEAR(static_cast<double>(finished(record, Outcome::deadline_exceeded)), 100, 5);
  EXPECT_EQ(finished(record, Outcome::ok) + finished(record, Outcome::deadline_exceeded) +
                record.unfinished,
            record.offered)
      << "there is no other way to fail here";
  EXPECT_NEAR(static_cast<double>(record.services[0].instances[0].attempts), 200, 10)
      << "it is called again when the fault is over, and not during it";
}

TEST(LiveNetwork, ADelayAtOneInstanceSlowsItsRequestsAndNoOthers) {
  const RunRecord record = live_record(scenario_of(R"(
name: delay
question: Who is late?
run: {seed: 3, duration: 2s, warmup: 0s, replications: 1}
services:
  api: {instances: 2, concurrency: 100, service_time: 1ms}
clients:
  users: {calls: api, arrivals: {constant: {rate: 200/s}}}
strategies: {balancer: round_robin}
faults:
  - {at: 0s, network_delay: {target: api/1, latency: 300ms}}
)"));
  EXPECT_EQ(finished(record, Outcome::ok) + record.unfinished, record.offered);
  const Histogram& latency_ns = record.clients[0].latency_ns;
  // 300 ms there, 300 ms back, and the service between: for every second request.
  constexpr double kLateNs = 601e6;
  EXPECT_GT(static_cast<double>(latency_ns.quantile(0.7)), kLateNs * 0.99);
  EXPECT_LT(static_cast<double>(latency_ns.quantile(0.3)), kLateNs * 0.99);
}

TEST(LiveNetwork, ANarrowLinkPassesNoMoreThanItsRate) {
  const RunRecord record = live_record(scenario_of(R"(
name: bandwidth
question: What passes?
run: {seed: 3, duration: 2s, warmup: 0s, replications: 1}
services:
  api: {instances: 1, concurrency: 1000, service_time: 1ms, request_size: 10kB, response_size: 1kB}
clients:
  users: {calls: api, arrivals: {constant: {rate: 200/s}}}
faults:
  - {at: 0s, bandwidth: {target: api/0, rate: 1MB/s}}
)"));
  // Twice as many as the link takes: 1 MB/s / 10 kB = 100/s, for 2 s.
  EXPECT_EQ(finished(record, Outcome::ok) + record.unfinished, record.offered);
  EXPECT_LE(finished(record, Outcome::ok), 201u);
  EXPECT_GT(finished(record, Outcome::ok), 100u);
}

TEST(LiveNetwork, BehindTheNetworkACrashIsStillARefusal) {
  const RunRecord record = live_record(scenario_of(R"(
name: crash
question: What do callers see?
run: {seed: 3, duration: 3s, warmup: 0s, replications: 1}
network: {latency: 2ms}
services:
  api: {instances: 2, concurrency: 100, service_time: 5ms}
clients:
  users: {calls: api, arrivals: {constant: {rate: 200/s}}}
strategies: {balancer: round_robin}
faults:
  - {at: 1s, for: 1s, crash: {target: api/0}}
)"));
  EXPECT_EQ(record.offered, total(record.finished) + record.unfinished);
  // In turn, for a second: 100. Those on kept connections when it dies are reset.
  EXPECT_NEAR(static_cast<double>(finished(record, Outcome::connection_refused) +
                                  finished(record, Outcome::connection_reset)),
              100, 8);
  EXPECT_GT(finished(record, Outcome::connection_refused), 80u);
}

TEST(LiveNetwork, WhatALossyNetworkDoesNotSendAgainOnlyADeadlineEnds) {
  const Scenario scenario = scenario_of(R"(
name: loss
question: What is lost?
run: {seed: 9, duration: 3s, warmup: 0s, replications: 1}
network: {loss: 10%, retransmit: never}
services:
  api: {instances: 2, concurrency: 100, service_time: 1ms}
clients:
  users: {calls: api, arrivals: {constant: {rate: 200/s}}}
strategies: {balancer: round_robin, resilience: {timeout: 300ms}}
)");
  const RunRecord simulated = *simulate(scenario, 0);
  const RunRecord lived = live_record(scenario);
  // The same messages are lost: both worlds draw them from their names. Those under way at the end
  // may fall on either side of it.
  EXPECT_NEAR(static_cast<double>(finished(lived, Outcome::deadline_exceeded)),
              static_cast<double>(finished(simulated, Outcome::deadline_exceeded)),
              static_cast<double>(lived.unfinished + simulated.unfinished));
  EXPECT_GT(finished(lived, Outcome::deadline_exceeded), 60u)
      << "19% of about 600 lose one of their two messages";
  EXPECT_EQ(
      finished(lived, Outcome::ok) + finished(lived, Outcome::deadline_exceeded) + lived.unfinished,
      lived.offered);
}

// Whoever waits for the end of a broken answer longer than its deadline gives up. A quarter of a
// second is the mean and the deadline; both worlds draw the same waits.
TEST(LiveNetwork, ASlowCloseKeepsCallersWaitingAsLongAsInTheSimulation) {
  const Scenario scenario = scenario_of(R"(
name: slow_close
question: Who waits for the end of a broken answer?
run: {seed: 4, duration: 4s, warmup: 0s, replications: 1}
services:
  api: {instances: 2, concurrency: 100, service_time: 1ms}
clients:
  users: {calls: api, arrivals: {constant: {rate: 200/s}}}
strategies: {balancer: round_robin, resilience: {timeout: 250ms}}
faults:
  - {at: 0s, truncate: {target: api/0}}
  - {at: 0s, slow_close: {target: api, latency: {exponential: {mean: 250ms}}}}
)");
  const RunRecord simulated = *simulate(scenario, 0);
  const RunRecord lived = live_record(scenario);
  EXPECT_EQ(finished(lived, Outcome::ok) + finished(lived, Outcome::bad_response) +
                finished(lived, Outcome::deadline_exceeded) + lived.unfinished,
            lived.offered);
  // A wait that ends within 10 ms of the deadline may be judged either way: 1.5% of 400.
  const double near_the_line = 12 + static_cast<double>(lived.unfinished + simulated.unfinished);
  for (const Outcome outcome : {Outcome::bad_response, Outcome::deadline_exceeded}) {
    EXPECT_GT(finished(simulated, outcome), 100u);
    EXPECT_NEAR(static_cast<double>(finished(lived, outcome)),
                static_cast<double>(finished(simulated, outcome)), near_the_line)
        << to_text(outcome);
  }
}

// About 30 are in service when their instance dies, and no deadline lets them wait for the news.
TEST(LiveNetwork, ASlowCloseHidesThatAnInstanceHasDied) {
  const RunRecord record = live_record(scenario_of(R"(
name: half_dead
question: Who hears of a death?
run: {seed: 3, duration: 3s, warmup: 0s, replications: 1}
services:
  api: {instances: 2, concurrency: 100, service_time: 300ms}
clients:
  users: {calls: api, arrivals: {constant: {rate: 200/s}}}
strategies: {balancer: round_robin, resilience: {timeout: 600ms}}
faults:
  - {at: 0s, slow_close: {target: api/0, latency: 20s}}
  - {at: 1s, for: 1s, crash: {target: api/0}}
)"));
  EXPECT_EQ(record.offered, total(record.finished) + record.unfinished);
  // Of requests that the instance had not read yet its kernel makes resets.
  EXPECT_LE(finished(record, Outcome::connection_reset), 5u);
  EXPECT_GT(finished(record, Outcome::deadline_exceeded), 20u);
  EXPECT_GT(finished(record, Outcome::connection_refused), 20u)
      << "who opens a connection meets nobody";
}

// Somebody's own server, which knows nothing of scenarios.
void be_server(Descriptor listener, Descriptor control, const FaultState&) {
  struct Answerer final : HttpServer::Handler {
    void on_request(Exchange&) override {}
    void on_body(Exchange& exchange, std::string_view, bool last) override {
      if (last) exchange.answer(200, "", "fine");
    }
    void on_abandoned(Exchange&) override {}
  };
  struct Ender final : Reactor::Watcher {
    explicit Ender(Reactor& loop) : reactor(loop) {}
    void on_ready(std::uint32_t events) override {
      if ((events & EPOLLRDHUP) != 0) reactor.stop();
    }
    Reactor& reactor;
  };
  Reactor reactor;
  Answerer answerer;
  HttpServer server(reactor, std::move(listener), answerer);
  Ender ender(reactor);
  reactor.watch(control.get(), ender);
  reactor.run();
  reactor.unwatch(control.get(), ender);
}

TEST(LiveNetwork, RefusesAndResetsForServicesThatAreNotModelled) {
  Result<Supervisor> server = Supervisor::start({{"server", ipv4(0x7f000001, 0), be_server}});
  ASSERT_TRUE(server.ok()) << server.error();
  const RunRecord record = live_record(scenario_of(R"(
name: own
question: Do faults reach what is not modelled?
run: {seed: 3, duration: 3s, warmup: 0s, replications: 1}
services:
  api: {instances: 1}
clients:
  users: {calls: api, arrivals: {constant: {rate: 100/s}}}
faults:
  - {at: 0s, for: 1s, refuse: {target: api}}
  - {at: 1s, for: 1s, reset: {target: api}}
targets:
  api: [http://)" + to_text(server.value().addresses()[0]) +
                                                   "]\n"));
  EXPECT_EQ(record.offered, total(record.finished) + record.unfinished);
  EXPECT_NEAR(static_cast<double>(finished(record, Outcome::connection_refused)), 100, 3);
  EXPECT_NEAR(static_cast<double>(finished(record, Outcome::connection_reset)), 100, 3);
  EXPECT_NEAR(static_cast<double>(finished(record, Outcome::ok)), 100, 3);
}

TEST(LiveNetwork, AProxyCostsAMessageMoreEachWay) {
  const Scenario scenario = scenario_of(R"(
name: hop
question: How many messages?
run: {seed: 3, duration: 2s, warmup: 0s, replications: 1}
network: {latency: 20ms}
services:
  api: {instances: 2, concurrency: 100, service_time: 1ms}
clients:
  users: {calls: api, arrivals: {constant: {rate: 50/s}}}
strategies: {balancer: round_robin}
via: nginx
)");
  if (const auto why = why_no_proxy(scenario)) GTEST_SKIP() << *why;
  const RunRecord record = live_record(scenario);
  EXPECT_GT(finished(record, Outcome::ok), 0u);
  EXPECT_EQ(finished(record, Outcome::ok) + record.unfinished, record.offered);
  EXPECT_GT(static_cast<double>(record.clients[0].latency_ns.quantile(0)), 81e6 * 0.99)
      << "client, proxy, instance and back, 20 ms each";
}

}  // namespace
}  // namespace steelyard::live
