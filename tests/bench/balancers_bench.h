// Micro-benchmarks of every registered balancer: being registered is being measured.
#pragma once

#include <cstdint>

namespace steelyard {

// Registers, with Google Benchmark, for every balancer at its defaults and for 10, 100, 1000,
// 10,000 and 100,000 endpoints of equal weight:
//   NAME/pick/N      one pick, nothing under way changes
//   NAME/request/N   a pick, its request sent, and the answer to the oldest of N requests under way
//   NAME/weighted/N  as request, with weights from 1 to 5
//   NAME/change/N    one endpoint leaves or comes back, and the first pick after it
// Each reports nanoseconds and, if `allocations` says how many there have been so far in the
// program, the counter allocs: how many in an iteration.
void register_balancer_benchmarks(std::uint64_t (*allocations)() = nullptr);

}  // namespace steelyard
