// `steelyard bench`: the strategies' micro-benchmarks, with Google Benchmark's own options.
#include <benchmark/benchmark.h>

#include "app/commands.h"
#include "tests/bench/balancers_bench.h"

namespace steelyard::app {

int bench(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "steelyard bench");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  benchmark::Initialize(&argc, argv.data());
  if (benchmark::ReportUnrecognizedArguments(argc, argv.data())) return kUsage;
  register_balancer_benchmarks();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return kOk;
}

}  // namespace steelyard::app
