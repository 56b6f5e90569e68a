#include "tests/bench/balancers_bench.h"

#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <string>

#include "tests/bench/balancers_bench_load.h"

namespace steelyard::bench {
namespace {

class AlwaysFirst final : public Balancer {
 public:
  void on_endpoints(std::span<const Endpoint>, Instant, RandomStream&) override {}
  std::size_t pick(const Choice&) override { return 0; }
};

// As many requests under way as there are endpoints, unless a pick looks at all of them: a hundred
// thousand such picks would take longer than everything that is measured.
void fill(Load& load) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(250);
  while (load.fill())
    if (Clock::now() > end) return;
}

// Google Benchmark calls a benchmark several times, to find out how often to iterate: the load of
// the benchmark under way is kept from call to call.
struct Kept {
  std::string title;
  std::unique_ptr<Load> load;
};

struct Benchmark {
  std::string title;
  Load::Make make;
  std::size_t count = 0;
  std::uint32_t weight_max = 1;
  bool filled = false;
  void (*loop)(benchmark::State&, Load&) = nullptr;
  HeapMeter heap = nullptr;
  std::shared_ptr<Kept> kept;

  Load& load() const {
    if (kept->title == title) return *kept->load;
    kept->title = title;
    kept->load.reset();
    kept->load = std::make_unique<Load>(make, count, weight_max, [this] {
      return heap == nullptr ? std::int64_t{0} : heap().bytes;
    });
    if (filled) fill(*kept->load);
    return *kept->load;
  }

  void operator()(benchmark::State& state) const {
    Load& measured = load();
    const std::uint64_t before = heap == nullptr ? 0 : heap().allocations;
    loop(state, measured);
    if (heap == nullptr) return;
    state.counters["allocations"] =
        static_cast<double>(heap().allocations - before) / static_cast<double>(state.iterations());
    state.counters["bytes_per_endpoint"] =
        static_cast<double>(measured.heap_bytes()) / static_cast<double>(count);
  }
};

void pick(Load& load) { benchmark::DoNotOptimize(load.pick()); }
void request(Load& load) { load.request(); }
void change(Load& load) {
  load.change();
  benchmark::DoNotOptimize(load.pick());
}

// The step is known to the compiler, so that an iteration makes no call but the balancer's.
template <void (*step)(Load&)>
void loop(benchmark::State& state, Load& load) {
  for ([[maybe_unused]] auto _ : state) step(load);
}

Benchmark of_kind(const std::string& kind) {
  Benchmark made;
  if (kind == "pick") made.loop = loop<pick>;
  if (kind == "change") made.loop = loop<change>;
  if (kind == "request" || kind == "weighted") {
    made.loop = loop<request>;
    made.filled = true;
  }
  if (kind == "weighted") made.weight_max = 5;
  return made;
}

}  // namespace

std::size_t register_balancers(const Plan& plan) {
  std::vector<std::string> names = plan.names;
  if (names.empty())
    for (const StrategyInfo* info : measured()) names.push_back(info->name);
  names.insert(names.begin(), kBaseline);
  const auto kept = std::make_shared<Kept>();
  for (const std::string& name : names)
    for (const std::string& kind : plan.kinds)
      for (const std::size_t count : plan.counts) {
        Benchmark made = of_kind(kind);
        made.title = name + "/" + kind + "/" + std::to_string(count);
        made.make = name == kBaseline ? [] { return std::make_unique<AlwaysFirst>(); }
                                      : maker_of(*measured(name));
        made.count = count;
        made.heap = plan.heap;
        made.kept = kept;
        benchmark::RegisterBenchmark(made.title.c_str(), made);
      }
  return names.size() * plan.kinds.size() * plan.counts.size();
}

}  // namespace steelyard::bench
