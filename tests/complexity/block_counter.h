// How many basic blocks have run: work without a clock, the same on a busy machine as on an idle
// one. The balancers and the tests of this folder are compiled to count theirs; what the C library
// does within one call, such as memset, counts as nothing.
#pragma once

#include <cstdint>

namespace steelyard::test {

extern std::uint64_t blocks_executed;

}  // namespace steelyard::test
