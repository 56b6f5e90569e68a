#include "tests/bench/balancers_bench.h"

#include <benchmark/benchmark.h>

#include <string>
#include <utility>
#include <vector>

#include "balancers/balancer.h"

namespace steelyard {
namespace {

using AllocationCount = std::uint64_t (*)();

// A channel's part and the servers': endpoints, counts, and as many requests under way as there
// are endpoints. Probes are answered at once; that an endpoint is idle, when its last request ends.
class Load {
 public:
  Load(const std::string& name, std::size_t count, std::uint32_t weight_max)
      : balancer_(std::move(Registration<Balancer>::make(defaults(Balancer::kKind, name)).value())),
        wants_feedback_(balancer_->wants_feedback()),
        wants_reports_(balancer_->wants_reports()),
        asks_(balancer_->asks()),
        in_flight_(count, 0) {
    for (std::uint32_t i = 0; i < count; ++i)
      endpoints_.push_back({.name = "10.0.0.1:" + std::to_string(i),
                            .id = i,
                            .weight = static_cast<std::uint32_t>(1 + mix64(i) % weight_max)});
    set_endpoints();
    // The rest stand where chance put them, as others' requests: a balancer that looks at all
    // endpoints would take minutes to place them.
    for (std::size_t i = 0; i < count; ++i) under_way_.push_back(i < kPicked ? send() : place());
  }

  std::size_t pick() {
    now_ += 1us;
    ++caller_;
    std::size_t position = try_pick();
    while (position == Balancer::kWait) {
      now_ = balancer_->wait_until();
      position = try_pick();
    }
    if (asks_) carry_out_asked();
    return position;
  }
  void request() {
    finish(under_way_[oldest_]);
    under_way_[oldest_] = send();
    oldest_ = oldest_ + 1 == under_way_.size() ? 0 : oldest_ + 1;
  }
  // The last endpoint leaves, or comes back, with nothing under way anywhere.
  void change() {
    if (spare_.name.empty()) {
      spare_ = std::move(endpoints_.back());
      endpoints_.pop_back();
    } else {
      endpoints_.push_back(std::move(spare_));
      spare_.name.clear();
    }
    in_flight_.assign(endpoints_.size(), 0);
    set_endpoints();
  }

 private:
  std::size_t try_pick() {
    return balancer_->pick({.now = now_,
                            .endpoints = endpoints_,
                            .in_flight = in_flight_,
                            .key_hash = mix64(caller_),
                            .has_key = true,
                            .source_ipv4 = static_cast<std::uint32_t>(mix64(caller_)),
                            .random = random_});
  }
  void set_endpoints() {
    waits_for_idle_.assign(endpoints_.size(), 0);
    balancer_->on_endpoints(endpoints_, now_, random_);
    if (asks_) carry_out_asked();
  }

  LoadReport report_of(std::size_t position) const {
    return {.in_flight = in_flight_[position],
            .utilisation = 0.5,
            .cpu_utilisation = 0.5,
            .requests_per_second = 1000,
            .latency = Duration(static_cast<std::int64_t>(1000000 + mix64(caller_) % 1000000)),
            .service_time = 1ms};
  }
  void carry_out_asked() {
    std::vector<Probe>& probes = balancer_->asked().probes;
    for (std::size_t i = 0; i < probes.size(); ++i) {  // an answer may ask more
      const Probe probe = probes[i];
      if (probe.kind == Probe::Kind::load)
        answer(probe);
      else
        waits_for_idle_[probe.position] = probe.tag;
    }
    probes.clear();
  }
  void answer(const Probe& probe) {
    const LoadReport report = report_of(probe.position);
    balancer_->on_probe({.position = probe.position,
                         .kind = probe.kind,
                         .tag = probe.tag,
                         .now = now_,
                         .report = &report});
  }

  static constexpr std::size_t kPicked = 1000;

  std::size_t place() {
    const std::size_t position = random_.below(endpoints_.size());
    ++in_flight_[position];
    balancer_->on_in_flight(position);
    return position;
  }
  std::size_t send() {
    const std::size_t position = pick();
    ++in_flight_[position];
    return position;
  }
  void finish(std::size_t position) {
    --in_flight_[position];
    if (wants_feedback_) {
      const LoadReport report = wants_reports_ ? report_of(position) : LoadReport{};
      balancer_->on_feedback(
          {.position = position,
           .now = now_,
           .latency = Duration(static_cast<std::int64_t>(1000000 + mix64(caller_) % 1000000)),
           .outcome = Outcome::ok,
           .report = wants_reports_ ? &report : nullptr});
    }
    if (asks_ && in_flight_[position] == 0 && waits_for_idle_[position] != 0) {
      answer({.position = position,
              .kind = Probe::Kind::idle,
              .tag = std::exchange(waits_for_idle_[position], 0)});
      carry_out_asked();
    }
  }

  std::unique_ptr<Balancer> balancer_;
  bool wants_feedback_;
  bool wants_reports_;
  bool asks_;
  std::vector<Endpoint> endpoints_;
  std::vector<std::uint32_t> in_flight_;
  std::vector<std::uint32_t> waits_for_idle_;  // the tag of whoever asked; 0: nobody did
  std::vector<std::size_t> under_way_;
  std::size_t oldest_ = 0;
  std::uint64_t caller_ = 0;
  Endpoint spare_;
  Instant now_;
  RandomStream random_{1};
};

template <class Step>
void measure(benchmark::State& state, Load& load, AllocationCount allocations, Step step) {
  const std::uint64_t before = allocations != nullptr ? allocations() : 0;
  for ([[maybe_unused]] auto _ : state) step(load);
  if (allocations != nullptr)
    state.counters["allocs"] = benchmark::Counter(static_cast<double>(allocations() - before),
                                                  benchmark::Counter::kAvgIterations);
}

void register_one(const std::string& name, std::size_t count, AllocationCount allocations) {
  const auto title = [&](const char* what) {
    return name + "/" + what + "/" + std::to_string(count);
  };
  benchmark::RegisterBenchmark(title("pick").c_str(), [=](benchmark::State& state) {
    Load load(name, count, 1);
    measure(state, load, allocations, [](Load& l) { benchmark::DoNotOptimize(l.pick()); });
  });
  for (const std::uint32_t weight_max : {1u, 5u})
    benchmark::RegisterBenchmark(title(weight_max == 1 ? "request" : "weighted").c_str(),
                                 [=](benchmark::State& state) {
                                   Load load(name, count, weight_max);
                                   measure(state, load, allocations, [](Load& l) { l.request(); });
                                 });
  benchmark::RegisterBenchmark(title("change").c_str(), [=](benchmark::State& state) {
    Load load(name, count, 1);
    measure(state, load, allocations, [](Load& l) {
      l.change();
      benchmark::DoNotOptimize(l.pick());
    });
  });
}

}  // namespace

void register_balancer_benchmarks(AllocationCount allocations) {
  for (const StrategyInfo* info : Catalogue::of_kind(Balancer::kKind))
    for (const std::size_t count : {10, 100, 1000, 10000, 100000})
      register_one(info->name, count, allocations);
}

}  // namespace steelyard
