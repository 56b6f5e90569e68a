// What the test program has allocated; counted in memory_test.cc, which replaces operator new.
#pragma once

#include <cstdint>

namespace steelyard::test {

std::uint64_t allocations();  // so far
std::int64_t live_bytes();    // allocated and not yet freed
std::int64_t peak_bytes();    // most live_bytes() since reset_peak()
void reset_peak();

}  // namespace steelyard::test
