// How many allocations there were so far, in a program one of whose source files includes
// count_allocations.h.
#pragma once

#include <atomic>
#include <cstdint>

namespace steelyard::test {

inline std::atomic<std::uint64_t> allocations_so_far{0};

inline std::uint64_t allocations() { return allocations_so_far.load(std::memory_order_relaxed); }

}  // namespace steelyard::test
