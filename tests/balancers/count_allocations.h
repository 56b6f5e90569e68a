// Counts what every thread of the program that includes it takes from the heap, by replacing
// operator new. Include it from exactly one source file of a program.
#pragma once

#include <malloc.h>

#include <cstdlib>
#include <new>

#include "tests/balancers/allocations.h"

namespace steelyard::test {

inline void* allocate_counted(std::size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  ++allocations_so_far;
  bytes_in_use += static_cast<std::int64_t>(malloc_usable_size(memory));
  return memory;
}

inline void free_counted(void* memory) {
  bytes_in_use -= static_cast<std::int64_t>(malloc_usable_size(memory));  // of null: 0
  std::free(memory);
}

}  // namespace steelyard::test

// NOLINTBEGIN(misc-definitions-in-headers): replacements cannot be inline, hence the rule above.
void* operator new(std::size_t size) { return steelyard::test::allocate_counted(size); }
void* operator new[](std::size_t size) { return steelyard::test::allocate_counted(size); }
void operator delete(void* memory) noexcept { steelyard::test::free_counted(memory); }
void operator delete[](void* memory) noexcept { steelyard::test::free_counted(memory); }
void operator delete(void* memory, std::size_t) noexcept { steelyard::test::free_counted(memory); }
void operator delete[](void* memory, std::size_t) noexcept {
  steelyard::test::free_counted(memory);
}
// NOLINTEND(misc-definitions-in-headers)
