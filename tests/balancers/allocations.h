// What this thread has taken from the heap so far, in a program one of whose source files includes
// count_allocations.h: how often it allocated, and how many bytes more it allocated than it freed,
// as the heap rounds them up.
#pragma once

#include <cstdint>

namespace steelyard::test {

inline thread_local std::uint64_t allocations_so_far = 0;
inline thread_local std::int64_t bytes_in_use = 0;

inline std::uint64_t allocations() { return allocations_so_far; }
inline std::int64_t heap_bytes() { return bytes_in_use; }

}  // namespace steelyard::test
