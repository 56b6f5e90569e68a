// The `steelyard` command.
#pragma once

#include "tests/bench/balancers_bench.h"

namespace steelyard::app {

// Returns the exit code: 0 fine, 1 failed while running, 2 usage, 3 invalid scenario, 99 an
// `expect:` was not met. Without `heap`, `steelyard bench` counts no allocations.
int main(int argc, const char* const* argv, bench::HeapMeter heap = nullptr);

}  // namespace steelyard::app
