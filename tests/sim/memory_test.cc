// What a run allocates: nothing per event, and little per idle instance.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/sim/allocations.h"
#include "tests/sim/scene.h"

namespace steelyard::test {
namespace {

std::atomic<std::uint64_t> allocations_so_far{0};
std::atomic<std::int64_t> live{0};
std::atomic<std::int64_t> peak{0};

void* allocate(std::size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  allocations_so_far.fetch_add(1, std::memory_order_relaxed);
  const auto bytes = static_cast<std::int64_t>(malloc_usable_size(memory));
  const std::int64_t now = live.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (now > peak.load(std::memory_order_relaxed)) peak.store(now, std::memory_order_relaxed);
  return memory;
}

void release(void* memory) {
  if (memory == nullptr) return;
  live.fetch_sub(static_cast<std::int64_t>(malloc_usable_size(memory)), std::memory_order_relaxed);
  std::free(memory);
}

}  // namespace

std::uint64_t allocations() { return allocations_so_far.load(); }
std::int64_t live_bytes() { return live.load(); }
std::int64_t peak_bytes() { return peak.load(); }
void reset_peak() { peak.store(live.load()); }

}  // namespace steelyard::test

void* operator new(std::size_t size) { return steelyard::test::allocate(size); }
void* operator new[](std::size_t size) { return steelyard::test::allocate(size); }
void operator delete(void* memory) noexcept { steelyard::test::release(memory); }
void operator delete[](void* memory) noexcept { steelyard::test::release(memory); }
void operator delete(void* memory, std::size_t) noexcept { steelyard::test::release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { steelyard::test::release(memory); }

namespace steelyard {
namespace {

// Allocations in the second half of a run, and events in all.
struct Half {
  std::uint64_t allocations = 0;
  std::uint64_t events = 0;
};
Half second_half(const std::string& text) {
  const Scenario scenario = test::scenario_of(text);
  std::uint64_t at_half = 0;
  std::uint64_t at_last = 0;
  const auto record = simulate(scenario, 0, [&](double share) {
    if (share >= 0.5 && at_half == 0) at_half = test::allocations();
    at_last = test::allocations();
    return true;
  });
  return {at_last - at_half, record->events};
}

// Everything at once: network, deadlines, retries, nested calls, keys, every discipline. Only the
// series allocates: each of its 60 slices of the second half has a histogram that widens to the
// latencies it meets, by powers of two, so at most a dozen times.
TEST(Memory, NoAllocationPerEventOnceWarm) {
  const Half half = second_half(R"(
name: everything
run: {duration: 400s, warmup: 10s, replications: 1}
network: {zones: [east, west], latency: {within: {exponential: 100us}, between: 2ms}, loss: 0.1%}
services:
  a: {instances: 4, concurrency: 8, service_time: {exponential: 4ms}, calls: [b, [b, c]]}
  b: {instances: 3, concurrency: 8, service_time: {lognormal: {median: 1ms, p99: 9ms}},
      queue: {discipline: processor_sharing}}
  c: {instances: 2, concurrency: 4, service_time: {exponential: 1ms}, queue: {discipline: lifo}}
clients:
  x: {calls: a, arrivals: {poisson: 800/s}, keys: {count: 1000, zipf: 1}}
  y: {calls: b, closed: {users: 20, think_time: {exponential: 50ms}}}
strategies:
  balancer: p2c
  resilience: {timeout: 1s, retry: {attempts_max: 3}}
)");
  EXPECT_GT(half.events, 1'000'000u);
  EXPECT_LE(half.allocations, 60u * 12u);
}

// A million instances that nobody asks for anything. DESIGN.md, section 9: 1 KiB each.
TEST(Memory, AnIdleInstanceTakesAtMostAKibibyte) {
  constexpr std::int64_t kInstances = 1'000'000;
  const Scenario scenario = test::scenario_of(R"(
name: idle
run: {duration: 1s, warmup: 0s, replications: 1}
services:
  inventory: {instances: 1000000, concurrency: 8, service_time: {exponential: 4ms}}
clients:
  x: {calls: inventory, arrivals: {poisson: 100/s}}
strategies: {balancer: p2c}
)");
  const std::int64_t of_the_scenario = kInstances * static_cast<std::int64_t>(sizeof(InstanceSpec));
  const std::int64_t before = test::live_bytes();
  test::reset_peak();
  const RunRecord record = test::simulated(scenario);
  const std::int64_t of_the_run = test::peak_bytes() - before;
  EXPECT_EQ(record.services[0].instances.size(), static_cast<std::size_t>(kInstances));
  RecordProperty("bytes_per_instance", static_cast<int>(of_the_run / kInstances));
  EXPECT_LE((of_the_scenario + of_the_run) / kInstances, 1024);
}

// Instances that call others have a channel to each service they call.
TEST(Memory, AnIdleCallerTakesAtMostAKibibyte) {
  constexpr std::int64_t kInstances = 100'000;
  const Scenario scenario = test::scenario_of(R"(
name: idle
run: {duration: 1s, warmup: 0s, replications: 1}
services:
  orders: {instances: 100000, service_time: 4ms, calls: [inventory]}
  inventory: {instances: 4, concurrency: 8, service_time: 4ms}
clients:
  x: {calls: orders, arrivals: {poisson: 100/s}}
strategies: {balancer: p2c}
)");
  const std::int64_t before = test::live_bytes();
  test::reset_peak();
  (void)test::simulated(scenario);
  const std::int64_t of_the_run = test::peak_bytes() - before;
  RecordProperty("bytes_per_instance", static_cast<int>(of_the_run / kInstances));
  EXPECT_LE(of_the_run / kInstances, 1024);
}

}  // namespace
}  // namespace steelyard
