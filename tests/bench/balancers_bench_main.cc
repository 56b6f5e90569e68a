// balancers_bench [--benchmark_filter='p2c/pick'] …: docs/BENCHMARKS.md says how to read it.
#include <benchmark/benchmark.h>

#include "tests/balancers/count_allocations.h"
#include "tests/bench/balancers_bench.h"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  steelyard::bench::Plan plan;
  plan.heap = [] {
    return steelyard::bench::HeapUse{steelyard::test::allocations(), steelyard::test::heap_bytes()};
  };
  steelyard::bench::register_balancers(plan);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
