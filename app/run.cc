// `steelyard run`: scenario files in, comparison reports out.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <set>
#include <sstream>

#include "app/commands.h"
#include "app/facts.h"
#include "app/files.h"
#include "app/runner.h"
#include "app/terminal.h"
#include "app/version.h"
#include "reports/page.h"
#include "reports/progress.h"
#include "reports/report_template.h"
#include "reports/results_json.h"
#include "reports/tables.h"
#include "reports/terminal.h"
#include "scenarios/loader.h"

namespace steelyard::app {
namespace {

constexpr int kInterrupted = 128 + SIGINT;  // as shells report it

std::atomic<bool> interrupted{false};
std::atomic<bool> writing{false};

// The first Ctrl-C ends the runs in an orderly way, the second one at once; but never in the middle
// of the files, which takes an instant.
extern "C" void on_interrupt(int signal) {
  if (interrupted.exchange(true) && !writing) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

double peak_rss_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// Draws one line on standard error again and again, with the time left.
class ProgressBar {
 public:
  ProgressBar(std::string label, bool shown)
      : label_(std::move(label)), shown_(shown), started_(std::chrono::steady_clock::now()) {}

  void show(double share, std::uint64_t planned) {
    if (!shown_) return;
    const double elapsed =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    const auto total = static_cast<double>(planned);
    const std::string line = progress_line(share * total, total, elapsed, label_,
                                           std::max<std::size_t>(20, columns() - 1));
    fmt::print(stderr, "\r\x1b[K{}", line);
    std::fflush(stderr);
  }
  void clear() {
    if (!shown_) return;
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
  }

 private:
  std::string label_;
  bool shown_;
  std::chrono::steady_clock::time_point started_;
};

std::vector<std::string> overrides_of(const RunArguments& arguments) {
  std::vector<std::string> overrides = arguments.overrides;
  if (arguments.seed) overrides.push_back(fmt::format("run.seed={}", *arguments.seed));
  if (arguments.replications)
    overrides.push_back(fmt::format("run.replications={}", *arguments.replications));
  return overrides;
}

ComparisonRecord record_of(const Comparison& comparison, std::vector<VariantRecord> variants) {
  ComparisonRecord record;
  record.version = kVersion;
  record.commit = kCommit;
  record.world = "sim";
  record.seed = comparison.base().run.seed;
  record.scenario = facts_of(comparison);
  record.variants = std::move(variants);
  for (std::size_t i = 0; i < record.variants.size(); ++i)
    record.variants[i].theory = theory_of(comparison.variants[i].scenario);
  record.expectations = expectations_of(comparison.base());
  record.limitations = limitations_of(comparison.base());
  record.peak_rss_mib = peak_rss_mib();
  return record;
}

template <class Writer>
std::string written(const Writer& writer) {
  std::ostringstream out;
  writer(out);
  return out.str();
}

// The error is empty on success.
std::string write_results(const std::string& folder, const Report& report, const Json& results) {
  const std::vector<std::pair<const char*, std::string>> files{
      {"summary.csv", written([&](std::ostream& out) { write_summary_csv(out, report); })},
      {"series.csv", written([&](std::ostream& out) { write_series_csv(out, report); })},
      {"latency.hgrm", written([&](std::ostream& out) { write_latency_hgrm(out, report); })},
      {"report.html", render_html(kReportTemplate, results)},
      // Last: whoever finds results.json finds the rest as well.
      {"results.json", written([&](std::ostream& out) { write_json(out, results); })}};
  writing = true;
  std::string error;
  for (const auto& [name, content] : files)
    if (error.empty()) error = write_file(folder + "/" + name, content);
  writing = false;
  return error;
}

void print_report(const Report& report, const Json& results, const std::string& format) {
  if (format == "json") {
    write_json(std::cout, results);
  } else if (format == "csv") {
    write_summary_csv(std::cout, report);
  } else {
    std::cout << terminal_report(report, {.width = columns(), .colour = colour_wanted()});
  }
  std::cout.flush();
}

int run_one(const Comparison& comparison, const std::string& folder,
            const RunArguments& arguments) {
  ProgressBar bar(comparison.base().name, progress_wanted() && !arguments.quiet);
  RunnerOptions options;
  options.jobs = arguments.jobs;
  options.stop = &interrupted;
  options.progress = [&](double share, std::uint64_t, std::uint64_t planned) {
    bar.show(share, planned);
  };
  RunnerResult result = run_comparison(comparison, options);
  bar.clear();
  if (!result.error.empty()) {
    fmt::print(stderr, "steelyard: {}: {}\nNothing was written to {}.\n", comparison.base().name,
               result.error, folder);
    return kFailed;
  }
  const std::size_t complete = result.variants.front().runs.size();
  if (result.stopped && complete == 0) {
    fmt::print(stderr,
               "steelyard: interrupted before a single replication of every variant was complete; "
               "nothing was written to {}\n",
               folder);
    return kInterrupted;
  }
  ComparisonRecord record = record_of(comparison, std::move(result.variants));
  if (result.stopped)
    record.limitations.insert(record.limitations.begin(),
                              fmt::format("The run was interrupted: {} of {} replications of every "
                                          "variant are kept.",
                                          complete, result.replications_planned));
  const Report report = make_report(record);
  const Json results = results_json(report);
  if (const std::string error = write_results(folder, report, results); !error.empty()) {
    fmt::print(stderr, "steelyard: cannot write results: {}\n", error);
    return kFailed;
  }
  print_report(report, results, arguments.format);
  fmt::print(stderr, "\nReport: {}/report.html   Data: {}/results.json\n", folder, folder);
  if (result.stopped) {
    fmt::print(stderr,
               "steelyard: interrupted; kept {} of {} replications of every variant, whole ones "
               "only\n",
               complete, result.replications_planned);
    return kInterrupted;
  }
  return report.expectations_met() ? kOk : kExpectationMissed;
}

}  // namespace

int run(const RunArguments& arguments) {
  std::vector<Comparison> comparisons;
  bool valid = true;
  for (const std::string& file : arguments.scenarios) {
    LoadResult loaded =
        load_scenario(file, {.overrides = overrides_of(arguments), .read_file = read_file});
    for (const Problem& problem : loaded.problems) std::cerr << to_text(problem);
    if (loaded.comparison)
      comparisons.push_back(std::move(*loaded.comparison));
    else
      valid = false;
  }
  if (!valid) return kInvalidScenario;

  const auto folder_of = [&](const Comparison& comparison) {
    const std::string& name = comparison.base().name;
    if (arguments.output.empty()) return "out/" + name;
    return comparisons.size() == 1 ? arguments.output : arguments.output + "/" + name;
  };
  std::set<std::string> folders;
  for (const Comparison& comparison : comparisons) {
    if (folders.insert(folder_of(comparison)).second) continue;
    fmt::print(stderr, "steelyard: two scenarios are named '{}'; run them apart\n",
               comparison.base().name);
    return kUsage;
  }
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  int code = kOk;
  for (const Comparison& comparison : comparisons) {
    const int result = run_one(comparison, folder_of(comparison), arguments);
    if (result != kOk) code = result;
    if (result == kInterrupted) break;
  }
  return code;
}

int check(const CheckArguments& arguments) {
  bool valid = true;
  for (const std::string& file : arguments.scenarios) {
    const LoadResult loaded =
        load_scenario(file, {.overrides = arguments.overrides, .read_file = read_file});
    for (const Problem& problem : loaded.problems) std::cerr << to_text(problem);
    if (!loaded.comparison) {
      valid = false;
      continue;
    }
    const Scenario& scenario = loaded.comparison->base();
    std::uint64_t instances = 0;
    for (const ServiceSpec& service : scenario.services) instances += service.instances.size();
    fmt::print("{}: fine: {} services, {} instances, {} clients, {} variants, {} of virtual time\n",
               file, scenario.services.size(), instances, scenario.clients.size(),
               loaded.comparison->variants.size(), to_text(scenario.run.duration));
  }
  return valid ? kOk : kInvalidScenario;
}

}  // namespace steelyard::app
