// Real proxies in front of real servers: the order in which nginx takes them, whole live runs, and
// what becomes of a proxy that cannot run.
#include "real-harness/proxies/proxies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include <filesystem>
#include <memory>

#include "balancers/balancer.h"
#include "real-harness/channels/driver.h"
#include "real-harness/channels/http_attempts.h"
#include "real-harness/http/server.h"
#include "real-harness/os/processor_time.h"
#include "real-harness/run/live_run.h"
#include "scenarios/loader.h"
#include "tests/real-harness/loopback.h"

namespace steelyard::live {
namespace {

using ::testing::HasSubstr;

constexpr int kRequests = 70;

// Servers named a, b, c, … that note who was asked, in order.
class NamedServers {
 public:
  NamedServers(Reactor& reactor, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      servers_.push_back(std::make_unique<Server>(reactor, static_cast<char>('a' + i), asked));
  }
  std::vector<Address> addresses() const {
    std::vector<Address> all;
    for (const auto& server : servers_) all.push_back(server->server.address());
    return all;
  }
  std::string asked;  // "aab": a twice, then b

 private:
  struct Server final : HttpServer::Handler {
    Server(Reactor& reactor, char its_name, std::string& all_asked)
        : name(its_name), all(all_asked), server(reactor, listening_socket(), *this) {}
    void on_request(Exchange& exchange) override {
      all += name;
      exchange.answer(200, "", std::string_view(&name, 1));
    }
    void on_body(Exchange&, std::string_view, bool) override {}
    void on_abandoned(Exchange&) override {}
    char name;
    std::string& all;
    HttpServer server;
  };
  std::vector<std::unique_ptr<Server>> servers_;
};

Named balancer(const std::string& name) { return defaults(Balancer::kKind, name); }

std::vector<Endpoint> endpoints(const std::vector<std::uint32_t>& weights) {
  std::vector<Endpoint> all;
  for (std::uint32_t i = 0; i < weights.size(); ++i)
    all.push_back(
        {.name = std::string(1, static_cast<char>('a' + i)), .id = i, .weight = weights[i]});
  return all;
}

// The strategy by itself, as the simulation drives it.
std::string picks(const std::string& name, const std::vector<std::uint32_t>& weights) {
  const auto made = Registration<Balancer>::make(balancer(name));
  const std::vector<Endpoint> all = endpoints(weights);
  const std::vector<std::uint32_t> idle(weights.size());
  RandomStream random(1);
  made.value()->on_endpoints(all, kStart, random);
  std::string order;
  for (int i = 0; i < kRequests; ++i)
    order += static_cast<char>(
        'a' +
        made.value()->pick({.now = kStart, .endpoints = all, .in_flight = idle, .random = random}));
  return order;
}

// Requests through a live channel, one after the other.
class OneByOne final : ChannelDriver::Executor {
 public:
  OneByOne(Reactor& reactor, const std::string& name, const std::vector<std::uint32_t>& weights,
           const std::vector<Address>& addresses)
      : reactor_(reactor), driver_(reactor, *this), attempts_(driver_) {
    for (const Address& address : addresses)
      clients_.push_back(std::make_unique<HttpClient>(reactor, address));
    channel_ = driver_.add({.random = RandomStream(1)}, balancer(name));
    driver_.set_endpoints(channel_,
                          std::make_shared<const std::vector<Endpoint>>(endpoints(weights)));
    driver_.request(channel_, {.planned = reactor.now()});
  }
  int succeeded = 0;

 private:
  void send(const Action& action) override {
    attempts_.send(action, *clients_[action.endpoint], "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  void cancel(const Action& action) override { attempts_.cancel(action); }
  void probe(const Action&) override { ADD_FAILURE() << "none of these balancers asks"; }
  void finish(const Action& action) override {
    if (action.outcome == Outcome::ok) ++succeeded;
    if (++finished_ == kRequests) return reactor_.stop();
    driver_.request(channel_, {.planned = reactor_.now()});
  }

  Reactor& reactor_;
  int finished_ = 0;
  std::uint32_t channel_ = 0;
  ChannelDriver driver_;
  HttpAttempts attempts_;
  std::vector<std::unique_ptr<HttpClient>> clients_;
};

std::string live_order(const std::string& name, const std::vector<std::uint32_t>& weights) {
  Reactor reactor;
  NamedServers servers(reactor, weights.size());
  OneByOne requests(reactor, name, weights, servers.addresses());
  reactor.run();
  EXPECT_EQ(requests.succeeded, kRequests);
  return servers.asked;
}

Scenario scenario_of(const std::string& text) {
  const LoadResult loaded = load_scenario_text(text, "test.yaml", {});
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_text(problem);
  return loaded.comparison->base();
}

Scenario weighted_scenario(Via via) {
  Scenario scenario = scenario_of(R"(
name: weighted
question: In which order?
run: {duration: 1s}
services:
  api: {instances: [{count: 1, weight: 5}, {count: 2, weight: 1}], service_time: 1ms}
clients:
  users: {calls: api, arrivals: {constant: {rate: 10/s}}}
strategies: {balancer: weighted_round_robin}
)");
  scenario.via = via;
  return scenario;
}

// Requests on one connection to a proxy that has just been started.
std::string order_through(Via via) {
  Reactor reactor;
  NamedServers servers(reactor, 3);
  const std::vector<Address> backends = servers.addresses();
  const Scenario scenario = weighted_scenario(via);
  Proxies proxies(scenario);
  std::string problem;
  Result<Supervisor> supervisor = Supervisor::start(
      proxies.tasks(),
      [&](const std::vector<Address>& own) { problem = proxies.prepare(own, {backends}); });
  EXPECT_TRUE(supervisor.ok() && problem.empty()) << problem;
  problem = proxies.wait_until_ready(supervisor.value());
  EXPECT_EQ(problem, "");
  {
    const Background background(reactor);
    RawClient client(proxies.addresses()[0].front());
    for (int i = 0; i < kRequests; ++i) {
      client.say("GET / HTTP/1.1\r\nHost: api\r\n\r\n");
      // The body, one letter, ends each answer.
      const std::string answer = client.hear([](const std::string& heard) {
        const std::size_t end = heard.find("\r\n\r\n");
        return end != std::string::npos && heard.size() == end + 5;
      });
      EXPECT_THAT(answer, HasSubstr("200 OK")) << "request " << i;
    }
  }
  supervisor.value().stop();
  return servers.asked;
}

// nginx's commit of 2012 gives the period: a a b a c a a.
TEST(SmoothWeightedRoundRobin, IsTheSameLiveInTheStrategyAndInNginx) {
  std::string expected;
  while (expected.size() < kRequests) expected += "aabacaa";
  EXPECT_EQ(picks("weighted_round_robin", {5, 1, 1}), expected);
  EXPECT_EQ(live_order("weighted_round_robin", {5, 1, 1}), expected);
  EXPECT_EQ(order_through(Via::steelyard), expected);
  if (find_program("nginx").empty()) GTEST_SKIP() << "nginx is not installed";
  EXPECT_EQ(order_through(Via::nginx), expected);
}

// Another schedule: the same shares, five of every seven, in HAProxy's order.
TEST(SmoothWeightedRoundRobin, HasTheSameSharesInHaproxy) {
  if (find_program("haproxy").empty()) GTEST_SKIP() << "haproxy is not installed";
  const std::string order = order_through(Via::haproxy);
  EXPECT_EQ(order.size(), 70u);
  EXPECT_EQ(std::count(order.begin(), order.end(), 'a'), 50);
  EXPECT_EQ(std::count(order.begin(), order.end(), 'b'), 10);
}

constexpr const char* kTwoServices = R"(
name: proxied
question: Does everything go through?
run: {seed: 5, duration: 2s, warmup: 0s, replications: 1}
services:
  orders: {instances: 3, concurrency: 8, service_time: {exponential: {mean: 2ms}}, calls: [stock]}
  stock: {instances: 2, concurrency: 8, service_time: 1ms}
clients:
  shoppers: {calls: orders, arrivals: {poisson: {rate: 150/s}}}
  readers: {calls: stock, closed: {users: 2, think_time: 20ms}}
strategies: {balancer: least_request, resilience: {timeout: 5s}}
)";

void expect_a_sound_run(Via via) {
  Scenario scenario = scenario_of(kTwoServices);
  scenario.via = via;
  if (const auto reason = why_no_proxy(scenario)) GTEST_SKIP() << *reason;
  std::vector<VariantRecord::Attachment> kept;
  LiveOptions options;
  options.keep = [&](const VariantRecord::Attachment& attachment) { kept.push_back(attachment); };
  const Result<std::optional<RunRecord>> run = run_live(scenario, options);
  ASSERT_TRUE(run.ok()) << run.error();
  const RunRecord& record = *run.value();
  EXPECT_GT(record.offered, 300u);
  EXPECT_EQ(record.offered, total(record.finished) + record.unfinished);
  EXPECT_EQ(record.finished[static_cast<std::size_t>(Outcome::ok)] + record.unfinished,
            record.offered)
      << "all succeed";
  // Who counts what arrives at the instances: nothing was sent twice, and nothing else was sent.
  std::uint64_t arrived = 0;
  for (const InstanceRecord& instance : record.services[0].instances) arrived += instance.attempts;
  EXPECT_LE(arrived, record.offered);
  EXPECT_GT(record.services[0].instances[2].attempts, 50u) << "a third of 300";
  if (via == Via::channel) {
    EXPECT_FALSE(record.live->proxy);
    EXPECT_TRUE(kept.empty());
    return;
  }
  ASSERT_TRUE(record.live->proxy);
  EXPECT_EQ(record.live->proxy->requests, record.answered);
  EXPECT_GT(record.live->proxy->cpu_seconds, 0);
  if (via == Via::steelyard) {
    EXPECT_TRUE(kept.empty()) << "the scenario is its configuration";
    return;
  }
  ASSERT_EQ(kept.size(), 2u) << "one proxy for each service that clients call";
  EXPECT_THAT(kept[0].name, testing::StartsWith("orders/"));
  EXPECT_THAT(kept[1].name, testing::StartsWith("stock/"));
  EXPECT_THAT(kept[0].text, HasSubstr("127.1.0."));
}

TEST(LiveRunThrough, TheChannelIsSound) { expect_a_sound_run(Via::channel); }
TEST(LiveRunThrough, SteelyardIsSound) { expect_a_sound_run(Via::steelyard); }
TEST(LiveRunThrough, NginxIsSound) { expect_a_sound_run(Via::nginx); }
TEST(LiveRunThrough, HaproxyIsSound) { expect_a_sound_run(Via::haproxy); }
TEST(LiveRunThrough, EnvoyIsSound) { expect_a_sound_run(Via::envoy); }

// Half of all attempts fail. With three attempts an eighth of the requests does.
TEST(LiveRunThrough, NginxKeepsTheScenariosRetries) {
  Scenario scenario = scenario_of(R"(
name: retried
question: Who tries again?
run: {seed: 5, duration: 2s, warmup: 0s, replications: 1}
services:
  api: {instances: 2, concurrency: 100, service_time: 1ms}
clients:
  users: {calls: api, arrivals: {constant: {rate: 200/s}}}
strategies: {balancer: round_robin, resilience: {retry: {attempts_max: 3, backoff_base: 1ms}}}
faults:
  - {at: 0s, error: {target: api, probability: 0.5}}
)");
  scenario.via = Via::nginx;
  if (const auto reason = why_no_proxy(scenario)) GTEST_SKIP() << *reason;
  const Result<std::optional<RunRecord>> run = run_live(scenario, {});
  ASSERT_TRUE(run.ok()) << run.error();
  const OutcomeCounts& finished = run.value()->finished;
  // 50 of 400, give or take five times sqrt(400 / 8 * 7 / 8) = 6.6; without retries it were 200.
  EXPECT_NEAR(static_cast<double>(finished[static_cast<std::size_t>(Outcome::error_status)]), 50,
              33);
  EXPECT_EQ(finished[static_cast<std::size_t>(Outcome::ok)] +
                finished[static_cast<std::size_t>(Outcome::error_status)],
            total(finished));
}

TEST(Proxies, AreNoneWithoutVia) {
  const Scenario scenario = scenario_of(kTwoServices);
  EXPECT_EQ(why_no_proxy(scenario), std::nullopt);
  EXPECT_TRUE(Proxies(scenario).none());
}

TEST(Proxies, ThatAreNotInstalledAreNamedWithTheirPackage) {
  Scenario scenario = scenario_of(kTwoServices);
  scenario.via = Via::envoy;
  if (!find_program("envoy").empty()) GTEST_SKIP() << "envoy is installed";
  EXPECT_EQ(why_no_proxy(scenario), "envoy is not installed (envoyproxy.io)");
  scenario.via = Via::nginx;
  scenario.services[1].strategies.balancer = balancer("peak_ewma");
  EXPECT_EQ(why_no_proxy(scenario),
            "nginx has no equivalent of peak_ewma: it does not look at latency");
  scenario.services[1].strategies.layers = {defaults("layer", "slow_start")};
  EXPECT_EQ(why_no_proxy(scenario),
            "nginx is given no layers, and stock has slow_start in front of its balancer");
}

TEST(Proxies, ThatEndLeaveTheirLastWordsInTheError) {
  Scenario scenario = weighted_scenario(Via::nginx);
  if (const auto reason = why_no_proxy(scenario)) GTEST_SKIP() << *reason;
  Proxies proxies(scenario);
  // Somebody else is there already.
  const Descriptor taken = listening_socket();
  Result<Supervisor> supervisor =
      Supervisor::start(proxies.tasks(), [&](const std::vector<Address>&) {
        EXPECT_EQ(proxies.prepare(std::vector{address_of(taken.get())},
                                  {{ipv4(kLoopback, 1), ipv4(kLoopback, 2), ipv4(kLoopback, 3)}}),
                  "");
      });
  ASSERT_TRUE(supervisor.ok());
  const std::string problem = proxies.wait_until_ready(supervisor.value());
  EXPECT_THAT(problem, HasSubstr("nginx in front of api ended with code 1: "));
  EXPECT_THAT(problem, HasSubstr("Address already in use"));
}

TEST(ProcessorSeconds, CountAllThatAProcessAndItsChildrenUse) {
  constexpr double kBurnt = 0.2;  // of each of two processes
  const auto burn = [] {
    timespec used{};
    do {
      clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    } while (static_cast<double>(used.tv_nsec) * 1e-9 < kBurnt && used.tv_sec == 0);
  };
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    const pid_t child = fork();
    burn();
    [[maybe_unused]] const auto told = write(ends[1], &child, sizeof child);
    for (;;) pause();
  }
  std::array<pid_t, 2> told{};  // by the parent: its child's id; by the child: 0
  for (pid_t& each : told) ASSERT_EQ(read(ends[0], &each, sizeof each), ssize_t{sizeof each});
  const double seconds = processor_seconds(parent);
  EXPECT_GT(seconds, 2 * kBurnt * 0.9);
  EXPECT_LT(seconds, 2 * kBurnt * 1.5);
  for (const pid_t each : {told[0], told[1], parent})
    if (each > 0) kill(each, SIGKILL);
  waitpid(parent, nullptr, 0);
  EXPECT_EQ(processor_seconds(parent), 0);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace steelyard::live
