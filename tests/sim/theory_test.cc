// The simulated world beside queueing theory. Values: the validation table of the field's closed
// forms, which models/queueing.h computes too; here they are written out.
//
// A value counts as reproduced if it lies within the 95% interval over the replications or within
// 1%; where theory is for infinitely many servers, what finitely many add is stated.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "reports/statistics.h"
#include "tests/sim/scene.h"

namespace steelyard {
namespace {

using test::scenario_of;
using test::simulated;

// Mean response time in seconds, one sample a replication.
Estimate mean_response(const std::string& text, std::uint64_t replications) {
  const Scenario scenario = scenario_of(text);
  std::vector<double> means;
  for (std::uint64_t i = 0; i < replications; ++i)
    means.push_back(simulated(scenario, i).clients[0].latency_ns.mean() * 1e-9);
  return estimate_mean(means);
}

// `widest` is the widest interval, as a share, that still tells something.
void expect_theory(const Estimate& measured, double theory, double tolerance = 0.01,
                   double widest = 0.04) {
  ASSERT_TRUE(measured.ci95.has_value());
  const double half_width = measured.ci95->high - measured.value;
  EXPECT_NEAR(measured.value, theory, std::max(half_width, tolerance * theory))
      << "95% interval: +-" << half_width;
  EXPECT_LT(half_width, widest * theory);
}

// Requests come at `load` for each of the `servers`; their mean service time is 1 s. `requests` is
// about how many a replication has after the warm-up.
struct Queue {
  int servers = 1;
  double load = 0.9;
  double requests = 1e6;
  double warmup_seconds = 2000;
  std::string service_time = "{exponential: 1s}";
  std::string discipline = "fifo";
  std::string balancer = "random";
  int concurrency = 1;
};

std::string scenario_text(const Queue& queue) {
  const double rate = queue.load * queue.servers * queue.concurrency;
  return fmt::format(R"(
name: theory
run: {{seed: {}, duration: {}s, warmup: {}s, replications: 1}}
services:
  a: {{instances: {}, concurrency: {}, queue: {{discipline: {}}}, service_time: {}}}
clients:
  x: {{calls: a, arrivals: {{poisson: {}/s}}}}
strategies: {{balancer: {}}}
)",
                     std::lround(queue.servers + 1000 * queue.load),
                     queue.warmup_seconds + std::ceil(queue.requests / rate), queue.warmup_seconds,
                     queue.servers, queue.concurrency, queue.discipline, queue.service_time, rate,
                     queue.balancer);
}

// ---- One queue
// ------------------------------------------------------------------------------------------------

// T = 1/(1 - rho). The relative standard error of N requests is about 2/((1 - rho) sqrt(N)): for
// rho = .9 and 8 million 0.7%.
TEST(Mm1, MeanResponse) {
  expect_theory(mean_response(scenario_text({.load = 0.5}), 4), 2);
  expect_theory(mean_response(scenario_text({.load = 0.8}), 8), 5);
  expect_theory(mean_response(scenario_text({.load = 0.9}), 8), 10);
}

// The response time is exponential: ln(1/(1 - q)) means at quantile q, here with mean 5.
TEST(Mm1, ResponseIsExponential) {
  const Scenario scenario = scenario_of(scenario_text({.load = 0.8, .requests = 2e6}));
  const Histogram latency = simulated(scenario).clients[0].latency_ns;
  for (const double q : {0.1, 0.5, 0.9, 0.99})
    EXPECT_NEAR(static_cast<double>(latency.quantile(q)) * 1e-9, -5 * std::log(1 - q),
                -5 * std::log(1 - q) * 0.02)
        << "quantile " << q;
}

// 16,000 windows of 100 s, with 80 requests each: a mean that leaves out what is under way at their
// ends would be 25/100 too low. A standard error: windows are nearly independent, and the mean of
// one scatters by about 3.3, so five of them are 5 * 3.3 / sqrt(16,000) = .13.
TEST(Mm1, ShortRunsAreNotBiased) {
  const Scenario scenario =
      scenario_of(scenario_text({.load = 0.8, .requests = 80, .warmup_seconds = 400}));
  double sum = 0;
  double count = 0;
  for (std::uint64_t i = 0; i < 16'000; ++i) {
    const Histogram latency = simulated(scenario, i).clients[0].latency_ns;
    sum += latency.mean() * 1e-9 * static_cast<double>(latency.count());
    count += static_cast<double>(latency.count());
  }
  EXPECT_NEAR(sum / count, 5, 0.13);
}

// Little's law: busy time of the server is load times time, 0.8 here.
TEST(Mm1, Utilisation) {
  const RunRecord record = simulated(scenario_of(scenario_text({.load = 0.8})));
  EXPECT_NEAR(record.services[0].instances[0].busy_seconds / record.measured_seconds, 0.8, 0.004);
}

// Of 200 independent experiments the 95% intervals of about 95% cover the true mean of 2. That at
// least 180 and at most 198 do fails by chance in 1% of all seeds: P(X < 180) = .0016 and
// P(X > 198) = .0004 for a binomial of 200 and .95, and intervals are not quite exact.
TEST(Mm1, IntervalsCoverTheTruthAsOftenAsTheySay) {
  int covered = 0;
  for (std::uint64_t experiment = 0; experiment < 200; ++experiment) {
    const Estimate estimate = [&] {
      const Scenario scenario =
          scenario_of(scenario_text({.load = 0.5, .requests = 5e3, .warmup_seconds = 100}),
                      {fmt::format("run.seed={}", 1000 + experiment)});
      std::vector<double> means;
      for (std::uint64_t i = 0; i < 8; ++i)
        means.push_back(simulated(scenario, i).clients[0].latency_ns.mean() * 1e-9);
      return estimate_mean(means);
    }();
    covered += estimate.ci95->low <= 2 && 2 <= estimate.ci95->high ? 1 : 0;
  }
  EXPECT_GE(covered, 180);
  EXPECT_LE(covered, 198);
}

// Erlang C: n = 10, rho = .9: T = 1.66873 and P(wait) = .66873; n = 100: 1.02169 and .21694;
// rho = .99: 1.88277 and .88277.
TEST(Mmn, MeanResponse) {
  const auto queue = [](int places, double load, double requests) {
    return scenario_text({.load = load, .requests = requests, .concurrency = places});
  };
  expect_theory(mean_response(queue(10, 0.9, 1e6), 6), 1.66873);
  expect_theory(mean_response(queue(100, 0.9, 1e6), 3), 1.02169);
  expect_theory(mean_response(queue(100, 0.99, 4e6), 6), 1.88277, 0.01, 0.1);
}

// Nobody waits without a place: a full system of ten refuses Erlang B of all. B(10, 9) = .16796.
TEST(Mmn, LossWithoutAQueue) {
  const Scenario scenario =
      scenario_of(scenario_text({.load = 0.9, .requests = 2e6, .concurrency = 10}),
                  {"services.a.queue={limit: 0}"});
  const RunRecord record = simulated(scenario);
  EXPECT_NEAR(static_cast<double>(test::failed(record)) / static_cast<double>(record.offered),
              0.16796, 0.004);
}

// Arrivals see time averages, so P(wait) is the share of time with all ten busy: .66873.
TEST(Mmn, ProbabilityOfWaiting) {
  double busy = 0;
  double samples = 0;
  const Scenario scenario =
      scenario_of(scenario_text({.load = 0.9, .requests = 4e5, .concurrency = 10}));
  for (std::uint64_t i = 0; i < 20; ++i) {
    const RunRecord record = simulated(scenario, i);
    for (std::size_t s = 6; s < record.series.size(); ++s) {
      busy += record.services[0].outstanding[s] >= 10 ? 1 : 0;
      samples += 1;
    }
  }
  // 2,280 samples, nearly independent: five standard errors are 5 * sqrt(.67 * .33 / 2280) = .05.
  EXPECT_NEAR(busy / samples, 0.66873, 0.05);
}

// Pollaczek-Khinchine: T = 1 + rho (1 + scv)/(2 (1 - rho)), with rho = .8: 1 + 2 (1 + scv).
TEST(Mg1, MeanResponse) {
  const auto queue = [](const std::string& service_time, double requests) {
    return scenario_text({.load = 0.8, .requests = requests, .service_time = service_time});
  };
  expect_theory(mean_response(queue("{constant: 1s}", 1e6), 6), 3);
  // scv of a lognormal: exp(sigma^2) - 1 = 1.7183 for sigma = 1.
  expect_theory(mean_response(queue("{lognormal: {mean: 1s, sigma: 1}}", 2e6), 8), 1 + 2 * 2.71828);
  expect_theory(mean_response(queue("{hyperexponential: {mean: 1s, scv: 4}}", 2e6), 8), 11);
}

// Insensitive to the distribution: T = 1/(1 - rho) = 3.333 for rho = .7.
TEST(ProcessorSharingTheory, IsInsensitive) {
  for (const char* service_time :
       {"{constant: 1s}", "{exponential: 1s}", "{hyperexponential: {mean: 1s, scv: 4}}"}) {
    SCOPED_TRACE(service_time);
    expect_theory(mean_response(scenario_text({.load = 0.7,
                                               .requests = 1e6,
                                               .service_time = service_time,
                                               .discipline = "processor_sharing"}),
                                6),
                  1 / 0.3);
  }
}

// For exponential service, processor sharing by n processors is M/M/n in the number present, so
// T = 1.66873 for ten at .9.
TEST(ProcessorSharingTheory, OfManyProcessorsIsMmnOnAverage) {
  expect_theory(
      mean_response(
          scenario_text(
              {.load = 0.9, .requests = 1e6, .discipline = "processor_sharing", .concurrency = 10}),
          6),
      1.66873);
}

// Last come first served without preemption has the mean of first come first served.
TEST(Lifo, HasTheMeanOfFifo) {
  expect_theory(
      mean_response(scenario_text({.load = 0.8, .requests = 2e6, .discipline = "lifo"}), 8), 5);
}

// Jackson: each node is an M/M/n by itself. a: rho = .8, 5 s. b is called by 70% of requests:
// .56 / .8 = .7 with mean service .8: .8/.3 = 2.667; c: two places of 2 s, rho = .8: M/M/2 with
// T = 2/(1 - .64) = 5.556. Together 5 + .7 * 2.667 + 5.556 = 12.422.
TEST(Jackson, NodesAddUp) {
  expect_theory(mean_response(R"(
name: tandem
run: {seed: 11, duration: 1002000s, warmup: 2000s, replications: 1}
services:
  a: {instances: 1, service_time: {exponential: 1s}, calls: [{b: {probability: 70%}}, c],
      holds_slot_during_calls: false}
  b: {instances: 1, service_time: {exponential: 1.25s}}
  c: {instances: 1, concurrency: 2, service_time: {exponential: 2s}}
clients:
  x: {calls: a, arrivals: {poisson: 0.8/s}}
)",
                              6),
                5 + 0.7 * 1.25 / 0.3 + 2 / 0.36);
}

// ---- Many servers
// ------------------------------------------------------------------------------------------------

struct Case {
  int servers;
  int choices;
  double load;
  double theory;     // of infinitely many servers
  double allowance;  // of these: how much more, as a share
  double requests;   // in all replications
};

// [Mitzenmacher 2001; Vvedenskaya, Dobrushin, Karpelevich 1996]
class Supermarket : public testing::TestWithParam<Case> {};

TEST_P(Supermarket, MeanTimeInSystem) {
  const auto& [servers, choices, load, theory, allowance, requests] = GetParam();
  constexpr int kReplications = 6;
  // Queues forget at the rate (1 - sqrt(load))^2; of two choices and more long before.
  const double relaxation = 1 / std::pow(1 - std::sqrt(load), 2);
  const double warmup = std::ceil(choices == 1 ? 5 * relaxation : std::min(relaxation, 400.0) + 50);
  const Estimate measured =
      mean_response(scenario_text({.servers = servers,
                                   .load = load,
                                   .requests = requests / kReplications,
                                   .warmup_seconds = warmup,
                                   .balancer = choices == 1 ? std::string("random")
                                                            : fmt::format("{{p2c: {}}}", choices)}),
                    kReplications);
  // Queues at .99 change too slowly for narrow intervals.
  expect_theory(measured, theory, allowance, load > 0.98 ? 0.1 : 0.05);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Supermarket,
    testing::Values(
        // One choice: independent M/M/1 queues, whatever their number.
        Case{100, 1, 0.5, 2.0, 0.01, 1e6}, Case{100, 1, 0.7, 10 / 3.0, 0.01, 2e6},
        Case{100, 1, 0.8, 5.0, 0.01, 4e6}, Case{100, 1, 0.9, 10.0, 0.01, 8e6},
        Case{100, 1, 0.95, 20.0, 0.01, 16e6}, Case{1000, 1, 0.5, 2.0, 0.01, 1e6},
        Case{1000, 1, 0.8, 5.0, 0.01, 4e6}, Case{1000, 1, 0.9, 10.0, 0.01, 8e6},
        Case{100, 2, 0.5, 1.2657, 0.01, 1e6}, Case{100, 2, 0.7, 1.6145, 0.01, 1e6},
        Case{100, 2, 0.8, 1.9474, 0.01, 1e6}, Case{100, 2, 0.9, 2.6141, 0.02, 2e6},
        Case{100, 2, 0.95, 3.3830, 0.05, 4e6}, Case{1000, 2, 0.5, 1.2657, 0.01, 1e6},
        Case{1000, 2, 0.7, 1.6145, 0.01, 1e6}, Case{1000, 2, 0.8, 1.9474, 0.01, 1e6},
        Case{1000, 2, 0.9, 2.6141, 0.01, 2e6}, Case{1000, 2, 0.95, 3.3830, 0.01, 4e6},
        Case{1000, 2, 0.99, 5.4320, 0.01, 8e6}, Case{100, 3, 0.5, 1.1252, 0.01, 1e6},
        Case{100, 3, 0.7, 1.3568, 0.01, 1e6}, Case{100, 3, 0.8, 1.5809, 0.01, 1e6},
        Case{100, 3, 0.9, 2.0279, 0.02, 2e6}, Case{100, 3, 0.95, 2.5351, 0.05, 4e6},
        Case{1000, 3, 0.5, 1.1252, 0.01, 1e6}, Case{1000, 3, 0.7, 1.3568, 0.01, 1e6},
        Case{1000, 3, 0.8, 1.5809, 0.01, 1e6}, Case{1000, 3, 0.9, 2.0279, 0.01, 2e6},
        Case{1000, 3, 0.95, 2.5351, 0.01, 4e6}, Case{1000, 3, 0.99, 3.8578, 0.01, 8e6}),
    [](const auto& of) {
      return fmt::format("{}servers_{}choices_load{}", of.param.servers, of.param.choices,
                         std::lround(of.param.load * 100));
    });

// A hundred servers, two distinct choices, .9: 2.65, known from simulations.
TEST(SupermarketOfAHundred, LiesALittleAboveTheLimit) {
  const Estimate measured = mean_response(
      scenario_text(
          {.servers = 100, .load = 0.9, .requests = 2e6, .warmup_seconds = 400, .balancer = "p2c"}),
      4);
  EXPECT_NEAR(measured.value, 2.65, 0.02);
}

// The least loaded of all: about 1.911 for ten and 1.067 for a hundred at .9, known from
// simulations.
TEST(JoinTheShortestQueue, MeanResponse) {
  const auto queue = [](int servers) {
    return scenario_text({.servers = servers,
                          .load = 0.9,
                          .requests = 8e5,
                          .warmup_seconds = 500,
                          .balancer = "least_request"});
  };
  expect_theory(mean_response(queue(10), 6), 1.911);
  expect_theory(mean_response(queue(100), 4), 1.067);
}

// At least one of 100 answers is beyond its own p99 with probability 1 - .99^100 = .634: of 20,000
// the share has standard deviation .0034. The p99 of an exponential of 10 ms is 46.05 ms.
TEST(FanOut, MeetsTheTail) {
  std::string calls = "b";
  for (int i = 1; i < 100; ++i) calls += ", b";
  const RunRecord record = simulated(scenario_of(R"(
name: fan_out
run: {duration: 200s, warmup: 0s, replications: 1}
services:
  a: {instances: 1, concurrency: 1000000, service_time: {constant: 0ms}, calls: [[)" +
                                                 calls + R"(]]}
  b: {instances: 1, concurrency: 1000000, service_time: {exponential: 10ms}}
clients:
  x: {calls: a, arrivals: {constant: 100/s}}
)"));
  EXPECT_NEAR(1 - record.clients[0].latency_ns.share_at_or_below(46'051'702), 0.634, 5 * 0.0034);
}

}  // namespace
}  // namespace steelyard
