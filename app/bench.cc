// `steelyard bench`: the strategies' micro-benchmarks, with Google Benchmark's own options.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <sstream>

#include "app/commands.h"
#include "app/terminal.h"
#include "tests/bench/balancers_bench.h"

namespace steelyard::app {
namespace {

// Google Benchmark warns that "Library was built as DEBUG" wherever it was itself compiled with its
// assertions, as Debian's package is. What is timed is compiled here, the timed loop with it (it is
// header code), so the warning would be about the wrong thing.
class Reporter : public benchmark::ConsoleReporter {
 public:
  using ConsoleReporter::ConsoleReporter;
  bool ReportContext(const Context& context) override {
    std::ostream& shown = GetErrorStream();
    std::stringstream text;
    SetErrorStream(&text);
    const bool go_on = ConsoleReporter::ReportContext(context);
    SetErrorStream(&shown);
    for (std::string line; std::getline(text, line);)
      if (line.find("Library was built as DEBUG") == std::string::npos) shown << line << '\n';
    return go_on;
  }
};

bool wants_console(const std::vector<std::string>& arguments) {
  return std::none_of(arguments.begin(), arguments.end(), [](const std::string& argument) {
    return argument.starts_with("--benchmark_format=") && !argument.ends_with("=console");
  });
}

}  // namespace

int bench(std::vector<std::string> arguments) {
  const bool console = wants_console(arguments);
  arguments.insert(arguments.begin(), "steelyard bench");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  benchmark::Initialize(&argc, argv.data());
  if (benchmark::ReportUnrecognizedArguments(argc, argv.data())) return kUsage;
  register_balancer_benchmarks();
  if (console) {
    Reporter reporter(colour_wanted() ? Reporter::OO_Color : Reporter::OO_None);
    benchmark::RunSpecifiedBenchmarks(&reporter);
  } else {
    benchmark::RunSpecifiedBenchmarks();
  }
  benchmark::Shutdown();
  return kOk;
}

}  // namespace steelyard::app
