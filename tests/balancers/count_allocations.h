// Counts every allocation of the program that includes it, by replacing operator new. Include it
// from exactly one source file of a program.
#pragma once

#include <cstdlib>
#include <new>

#include "tests/balancers/allocations.h"

namespace steelyard::test {

inline void* allocate_counted(std::size_t size) {
  allocations_so_far.fetch_add(1, std::memory_order_relaxed);
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace steelyard::test

// NOLINTBEGIN(misc-definitions-in-headers): replacements cannot be inline, hence the rule above.
void* operator new(std::size_t size) { return steelyard::test::allocate_counted(size); }
void* operator new[](std::size_t size) { return steelyard::test::allocate_counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
// NOLINTEND(misc-definitions-in-headers)
