// `steelyard bench`: every registered balancer and layer under Google Benchmark.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <sstream>

#include "app/bench_figures.h"
#include "app/commands.h"
#include "app/files.h"
#include "app/progress_bar.h"
#include "app/results.h"
#include "app/terminal.h"
#include "app/version.h"
#include "reports/page.h"
#include "reports/report_template.h"
#include "scenarios/problem.h"
#include "scenarios/strategy_codec.h"
#include "tests/bench/balancers_bench_load.h"

namespace steelyard::app {
namespace {

double counter(const benchmark::BenchmarkReporter::Run& run, const char* name) {
  const auto found = run.counters.find(name);
  return found == run.counters.end() ? std::numeric_limits<double>::quiet_NaN()
                                     : found->second.value;
}

// Keeps what was measured, both as figures and as Google Benchmark writes it, and shows how far it
// is.
class Collector : public benchmark::BenchmarkReporter {
 public:
  explicit Collector(std::size_t planned) : planned_(planned), bar_("bench", progress_wanted()) {
    json_.SetOutputStream(&json_text_);
  }

  bool ReportContext(const Context& context) override {
    bar_.show(0, planned_);
    return json_.ReportContext(context);
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    // A coefficient of variation is not a number where nothing is ever allocated, and JSON has
    // none.
    std::vector<Run> written = runs;
    std::erase_if(written, [](const Run& run) { return run.aggregate_name == "cv"; });
    json_.ReportRuns(written);
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      // In whatever unit was asked for; a figure is in nanoseconds.
      const double unit = benchmark::GetTimeUnitMultiplier(run.time_unit);
      figures_[run.run_name.function_name].push_back({run.GetAdjustedCPUTime() / unit * 1e9,
                                                      counter(run, "allocations"),
                                                      counter(run, "bytes_per_endpoint")});
    }
    bar_.show(static_cast<double>(figures_.size()) / static_cast<double>(planned_), planned_);
  }
  void Finalize() override {
    json_.Finalize();
    bar_.clear();
  }

  std::vector<BenchRow> rows() const { return bench_rows(figures_); }
  Json json() const {
    Json document = Json::parse(json_text_.str());
    // Says how Google Benchmark itself was compiled, and Debian's has its assertions. What is timed
    // is compiled here, the timed loop with it, for that is in its header.
    document.at("context").erase("library_build_type");
    return document;
  }

 private:
  std::size_t planned_;
  ProgressBar bar_;
  std::ostringstream json_text_;
  benchmark::JSONReporter json_;
  std::map<std::string, std::vector<BenchFigure>> figures_;
};

bool all_known(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (bench::measured(name) != nullptr) continue;
    fmt::print(stderr, "steelyard bench: unknown balancer or layer {}{}\n", in_quotes(name),
               strategy_suggestion(name, bench::measured()));
    return false;
  }
  return true;
}

// Hands Google Benchmark its options, after ours, so that the caller's win.
bool initialised(const BenchArguments& arguments) {
  std::vector<std::string> options;
  options.push_back(arguments.quick ? "--benchmark_min_time=0.01" : "--benchmark_min_time=0.05");
  options.push_back(arguments.quick ? "--benchmark_repetitions=1" : "--benchmark_repetitions=3");
  for (const std::string& option : arguments.passed_on) {
    if (!option.starts_with("--benchmark_")) {
      fmt::print(stderr, "steelyard bench: unknown option {}\n", in_quotes(option));
      return false;
    }
    options.push_back(option);
  }
  static char name[] = "steelyard bench";  // Google Benchmark keeps the pointer
  std::vector<char*> argv{name};
  for (std::string& option : options) argv.push_back(option.data());
  int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  benchmark::Initialize(&argc, argv.data());
  return !benchmark::ReportUnrecognizedArguments(argc, argv.data());
}

// As the kernel names it; empty where it does not.
std::string processor() {
  std::ifstream lines("/proc/cpuinfo");
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("model name"))
      return line.substr(std::min(line.size(), line.find(':') + 2));
  return {};
}

void add_context() {
  benchmark::AddCustomContext("steelyard", fmt::format("{} ({})", kVersion, kCommit));
  benchmark::AddCustomContext("compiler",
#ifdef __clang__
                              "clang " __clang_version__
#else
                              "g++ " __VERSION__
#endif
  );
  benchmark::AddCustomContext("processor", processor());
}

int print(const BenchArguments& arguments, const std::vector<BenchRow>& rows, const Json& json) {
  if (arguments.format == "csv") {
    fmt::print("{}", bench_csv(rows));
  } else if (arguments.format == "json") {
    write_json(std::cout, json);
  } else {
    fmt::print("{}", bench_table(rows, columns(), colour_wanted()));
  }
  if (arguments.output.empty()) return kOk;
  std::ostringstream text;
  write_json(text, json);
  if (const std::string error = write_files(
          arguments.output,
          {{"bench.json", text.str()},
           {"bench.html", fill_page(kBenchTemplate, "Steelyard: what a pick costs", json)}});
      !error.empty()) {
    fmt::print(stderr, "steelyard: cannot write results: {}\n", error);
    return kFailed;
  }
  fmt::print(stderr, "\nPage: {}/bench.html\n", arguments.output);
  return kOk;
}

}  // namespace

int bench(const BenchArguments& arguments) {
  if (!all_known(arguments.names) || !initialised(arguments)) return kUsage;
  if (const std::string objection = objection_to_folder(arguments.output); !objection.empty()) {
    fmt::print(stderr, "steelyard: cannot write results: {}\n", objection);
    return kFailed;
  }
  bench::Plan plan{.names = arguments.names, .heap = arguments.heap};
  if (arguments.quick) {
    plan.counts = {10, 1000, 100000};
    plan.kinds = {"pick", "request", "change"};
  }
  add_context();
  Collector collector(bench::register_balancers(plan));
  const std::size_t matched = benchmark::RunSpecifiedBenchmarks(&collector);
  benchmark::Shutdown();
  if (matched == 0) return kUsage;  // a filter, and it was said
  const std::vector<BenchRow> rows = collector.rows();
  if (rows.empty()) return kOk;  // they were only listed
  Json json = collector.json();
  add_bench_rows(json, rows);
  return print(arguments, rows, json);
}

}  // namespace steelyard::app
