// balancers_bench [--benchmark_filter='p2c/pick'] …: see docs/BALANCERS.md for figures.
#include <benchmark/benchmark.h>

#include "tests/balancers/count_allocations.h"
#include "tests/bench/balancers_bench.h"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  steelyard::register_balancer_benchmarks(&steelyard::test::allocations);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
