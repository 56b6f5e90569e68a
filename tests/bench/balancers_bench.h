// Micro-benchmarks of every registered balancer and layer: being registered is being measured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace steelyard::bench {

// What this thread has taken from the heap: how often, and how much of it is in use. A program that
// wants to know replaces operator new (tests/balancers/count_allocations.h).
struct HeapUse {
  std::uint64_t allocations = 0;
  std::int64_t bytes = 0;
};
using HeapMeter = HeapUse (*)();

struct Plan {
  std::vector<std::string> names;  // registered ones; empty: all
  std::vector<std::size_t> counts{10, 100, 1000, 10000, 100000};
  std::vector<std::string> kinds{"pick", "request", "weighted", "change"};
  HeapMeter heap = nullptr;  // none: the counters below are not reported
};

// A balancer that always returns 0 and learns nothing: what the loop around a balancer costs.
inline constexpr const char* kBaseline = "baseline";

// Registers with Google Benchmark, for the baseline and every balancer and layer of the plan at its
// defaults, layers in front of `random`, and for every number N of endpoints:
//   NAME/pick/N      one pick, nothing under way changes
//   NAME/request/N   a pick, its request sent, and the answer to the oldest of N requests under way
//                    (of fewer, where sending N takes longer than a quarter of a second)
//   NAME/weighted/N  as request, with weights from 1 to 5
//   NAME/change/N    one endpoint leaves or comes back, and the first pick after it
// Equal weights but for `weighted`. Each reports nanoseconds of processor time and the counters
//   allocations         in an iteration
//   bytes_per_endpoint  on the heap for the balancer with its endpoints, the set itself not counted
// Returns how many there are.
std::size_t register_balancers(const Plan& plan);

}  // namespace steelyard::bench
