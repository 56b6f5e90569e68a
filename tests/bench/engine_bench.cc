// What the engine costs beside a loop that can do nothing else (bespoke_loop.h), and what its
// features cost. Every row runs both in turn and reports, per simulated request:
//   steelyard_ns, bespoke_ns   processor time
//   ratio                      of the two: the figure to quote, whatever the machine
//   requests_per_second        simulated, of processor time on one core
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <time.h>

#include "scenarios/loader.h"
#include "sim/simulation.h"
#include "tests/bench/bespoke_loop.h"

namespace steelyard {
namespace {

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// n instances of one place each, exponential service, two choices, 90% load.
Scenario two_choices(std::int64_t instances, const std::string& more) {
  const std::string text = fmt::format(
      "name: engine\n"
      "run: {{duration: {}ms, warmup: 0s}}\n"
      "services:\n"
      "  queue: {{instances: {}, service_time: {{exponential: {{mean: 1ms}}}}}}\n"
      "clients:\n"
      "  all: {{calls: queue, arrivals: {{poisson: {{rate: {}/s}}}}}}\n"
      "{}",
      2'000'000 / instances, instances, 900 * instances, more);
  LoadResult loaded = load_scenario_text(text, "engine.yaml", {});
  if (!loaded.comparison) {
    for (const Problem& problem : loaded.problems) fmt::print(stderr, "{}", to_text(problem));
    std::abort();
  }
  return loaded.comparison->base();
}

void compare(benchmark::State& state, const std::string& more) {
  const Scenario scenario = two_choices(state.range(0), more);
  double ours = 0;
  double bespoke = 0;
  double requests = 0;
  double mean = 0;
  std::uint64_t replication = 0;
  for (auto _ : state) {
    const double start = cpu_seconds();
    const auto record = simulate(scenario, replication++);
    const double middle = cpu_seconds();
    mean += bench::bespoke_two_choices(static_cast<int>(state.range(0)), 0.9,
                                       static_cast<std::int64_t>(record->offered), replication);
    bespoke += cpu_seconds() - middle;
    ours += middle - start;
    requests += static_cast<double>(record->offered);
  }
  benchmark::DoNotOptimize(mean);
  state.counters["steelyard_ns"] = ours / requests * 1e9;
  state.counters["bespoke_ns"] = bespoke / requests * 1e9;
  state.counters["ratio"] = ours / bespoke;
  state.counters["requests_per_second"] = requests / ours;
}

constexpr const char* kTwoChoices = "strategies: {balancer: p2c}\n";
constexpr const char* kDeadline =
    "strategies: {balancer: p2c, resilience: {timeout: 1s, retry: {attempts_max: 2}}}\n";
constexpr const char* kEverything =
    "strategies: {balancer: p2c, resilience: {timeout: 1s, retry: {attempts_max: 2}}}\n"
    "network: {latency: {exponential: {mean: 200us}}}\n";
constexpr const char* kConstantLatency =
    "strategies: {balancer: p2c, resilience: {timeout: 1s, retry: {attempts_max: 2}}}\n"
    "network: {latency: 200us}\n";

BENCHMARK_CAPTURE(compare, two_choices, kTwoChoices)
    ->Arg(100)
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compare, with_deadline_and_retry, kDeadline)
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compare, with_deadline_retry_and_constant_latency, kConstantLatency)
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compare, with_deadline_retry_and_random_latency, kEverything)
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace steelyard

BENCHMARK_MAIN();
