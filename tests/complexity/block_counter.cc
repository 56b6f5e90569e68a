#include "tests/complexity/block_counter.h"

namespace steelyard::test {

std::uint64_t blocks_executed = 0;

}  // namespace steelyard::test

// Called at the start of every basic block that was compiled with -fsanitize-coverage=trace-pc.
extern "C" void __sanitizer_cov_trace_pc() {  // NOLINT: the compiler's name
  ++steelyard::test::blocks_executed;
}
