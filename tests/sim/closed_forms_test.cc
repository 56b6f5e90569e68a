// Every kind of closed form that reports print beside measurements, beside the simulation.
#include <string>

#include "tests/sim/agreement.h"

namespace steelyard {
namespace {

// 50,000 requests at 10 ms each to one service, after a warm-up of a tenth.
struct Service {
  double load = 0.8;
  int instances = 1;
  int concurrency = 1;
  std::string more;  // keys of the service
  std::string balancer = "random";
  std::string service_time = "{exponential: 10ms}";
  double requests = 55'000;
  int callers = 1;
  std::string fleet = "";  // instances one by one, instead, as fast as `instances` together
};

std::string text_of(const Service& service) {
  const double rate = service.load * 100 * service.instances * service.concurrency;
  return fmt::format(R"(
name: closed_form
run: {{seed: 5, duration: {:.0f}s, replications: 1}}
services:
  a: {{instances: {}, concurrency: {}, service_time: {}{}}}
clients:
  x: {{calls: a, instances: {}, arrivals: {{poisson: {}/s}}}}
strategies: {{balancer: {}}}
)",
                     service.requests / rate,
                     service.fleet.empty() ? std::to_string(service.instances) : service.fleet,
                     service.concurrency, service.service_time, service.more, service.callers, rate,
                     service.balancer);
}

// At most six figures each, of at most twelve.
test::Agreement agreement() { return {72, ""}; }

TEST(ClosedForms, OfOneQueueAgree) {
  auto compared = agreement();
  compared.expect_of(text_of({.concurrency = 3}));
  compared.expect_of(text_of({.more = ", queue: {discipline: lifo}"}));
  compared.expect_of(text_of({.service_time = "10ms"}));
  compared.expect_of(text_of({.service_time = "{lognormal: {mean: 10ms, sigma: 0.8}}"}));
  compared.expect_of(
      text_of({.load = 0.7, .service_time = "{hyperexponential: {mean: 10ms, scv: 3}}"}));
  compared.expect_of(text_of({.service_time = "{gamma: {mean: 10ms, shape: 4}}"}));
  compared.expect_of(text_of({.more = ", queue: {discipline: processor_sharing}",
                              .service_time = "{hyperexponential: {mean: 10ms, scv: 3}}"}));
  compared.expect_of(
      text_of({.concurrency = 4, .more = ", queue: {discipline: processor_sharing}"}));
}

// One place is exact, though long queues forget slowly; several are an approximation, which says
// how far off it may be.
TEST(ClosedForms, OfAnyServiceTimeAgree) {
  auto compared = agreement();
  for (const int places : {1, 8, 32})
    for (const double load : {0.7, 0.9})
      compared.expect_of(text_of({.load = load,
                                  .concurrency = places,
                                  .service_time = "{lognormal: {mean: 10ms, sigma: 0.8}}",
                                  .requests = places == 1 ? 220'000.0 : 55'000.0}));
  compared.expect_of(text_of({.load = 0.5, .concurrency = 8, .service_time = "10ms"}));
  compared.expect_of(
      text_of({.load = 0.7,
               .instances = 3,
               .concurrency = 4,
               .service_time = "{bimodal: {fast: 5ms, slow: 30ms, slow_share: 20%}}"}));
  compared.expect_of(text_of({.concurrency = 4,
                              .more = ", queue: {discipline: lifo}",
                              .service_time = "{gamma: {mean: 10ms, shape: 4}}"}));
}

// Requests are split at random: each kind of instance is a queue by itself.
TEST(ClosedForms, OfUnequalInstancesAgree) {
  const std::string unequal = "[{speed: 2}, {count: 2}]";
  auto compared = agreement();
  compared.expect_of(text_of({.load = 0.6, .instances = 4, .fleet = unequal}));
  compared.expect_of(text_of(
      {.load = 0.6, .instances = 4, .concurrency = 3, .service_time = "10ms", .fleet = unequal}));
  compared.expect_of(
      text_of({.load = 0.7, .instances = 4, .more = ", queue: {limit: 3}", .fleet = unequal}));
  compared.expect_of(text_of({.load = 0.65,
                              .instances = 4,
                              .balancer = "weighted_random",
                              .fleet = "[{speed: 2, weight: 4}, {count: 2, weight: 3}]"}));
}

TEST(ClosedForms, OfManyQueuesAgree) {
  auto compared = agreement();
  compared.expect_of(text_of({.instances = 4}));
  compared.expect_of(text_of({.instances = 4, .balancer = "round_robin"}));
  compared.expect_of(text_of({.load = 0.9, .instances = 40, .balancer = "round_robin"}));
  compared.expect_of(text_of({.load = 0.9, .instances = 2, .balancer = "least_request"}));
  compared.expect_of(text_of({.instances = 10, .balancer = "least_request"}));
  compared.expect_of(text_of({.load = 0.9, .instances = 100, .balancer = "p2c"}));
  compared.expect_of(text_of({.load = 0.9, .instances = 6, .balancer = "p2c"}));
  compared.expect_of(text_of({.instances = 300, .balancer = "{p2c: 3}", .requests = 200'000}));
  compared.expect_of(text_of({.instances = 2, .balancer = "p2c"}));
  compared.expect_of(text_of({.load = 0.9, .instances = 10, .balancer = "p2c"}));
  compared.expect_of(text_of({.instances = 8, .balancer = "{p2c: {replacement: true}}"}));
  compared.expect_of(text_of({.load = 0.5, .instances = 20, .balancer = "p2c"}));
}

// The limit of many servers and dispatchers, with 40 and 4, and with ten and one: it says itself
// that it is not exact.
TEST(ClosedForms, OfTheIdleQueueAgree) {
  auto compared = agreement();
  for (const double load : {0.5, 0.8, 0.9})
    compared.expect_of(text_of({.load = load,
                                .instances = 40,
                                .balancer = "join_idle_queue",
                                .requests = 150'000,
                                .callers = 4}));
  compared.expect_of(text_of({.load = 0.6, .instances = 10, .balancer = "join_idle_queue"}));
}

// Users who go round between two services and a pause, with few and with many of them: 20
// replications of 500 s.
TEST(ClosedForms, OfClosedNetworksAgree) {
  auto compared = agreement();
  for (const int users : {1, 8, 20})
    compared.expect_of(fmt::format(R"(
name: closed_network
run: {{seed: 5, duration: 500s, replications: 1}}
services:
  a: {{instances: 2, concurrency: 2, service_time: {{exponential: 30ms}}, calls: [b, {{b: {{probability: 0.5}}}}],
      holds_slot_during_calls: false}}
  b: {{instances: 1, concurrency: 2, service_time: {{exponential: 20ms}}}}
clients:
  x: {{calls: a, closed: {{users: {}, think_time: {{lognormal: {{median: 100ms, p99: 400ms}}}}}}}}
strategies: {{balancer: random}}
)",
                                   users));
}

}  // namespace
}  // namespace steelyard
