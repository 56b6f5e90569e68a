#include "app/results.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <set>
#include <sstream>

#include "app/facts.h"
#include "app/files.h"
#include "app/interrupt.h"
#include "app/terminal.h"
#include "app/version.h"
#include "reports/page.h"
#include "reports/report_template.h"
#include "reports/tables.h"
#include "reports/terminal.h"
#include "scenarios/loader.h"

namespace steelyard::app {
namespace {

double peak_rss_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

std::vector<std::string> overrides_of(const RunArguments& arguments) {
  std::vector<std::string> overrides = arguments.overrides;
  if (arguments.seed) overrides.push_back(fmt::format("run.seed={}", *arguments.seed));
  if (arguments.replications)
    overrides.push_back(fmt::format("run.replications={}", *arguments.replications));
  return overrides;
}

ComparisonRecord record_of(const Comparison& comparison, RunnerResult result,
                           const std::string& world) {
  ComparisonRecord record;
  record.version = kVersion;
  record.commit = kCommit;
  record.world = world;
  record.seed = comparison.base().run.seed;
  record.scenario = facts_of(comparison);
  record.variants = std::move(result.variants);
  record.skipped = std::move(result.skipped);
  for (VariantRecord& variant : record.variants)
    for (const Variant& known : comparison.variants)
      if (known.name == variant.name) variant.theory = theory_of(known.scenario);
  record.expectations = expectations_of(comparison.base());
  record.limitations = limitations_of(comparison.base(), world);
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
  const std::vector<NamedContent> files{
      {"summary.csv", written([&](std::ostream& out) { write_summary_csv(out, report); })},
      {"series.csv", written([&](std::ostream& out) { write_series_csv(out, report); })},
      {"latency.hgrm", written([&](std::ostream& out) { write_latency_hgrm(out, report); })},
      {"report.html", render_html(kReportTemplate, results)},
      // Last: whoever finds results.json finds the rest as well.
      {"results.json", written([&](std::ostream& out) { write_json(out, results); })}};
  const WritingResults undisturbed;
  return write_files(folder, files);
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

}  // namespace

std::string objection_to_folder(const std::string& folder) {
  if (folder.empty()) return {};
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) return fmt::format("{}: {}", folder, code.message());
  if (access(folder.c_str(), W_OK) != 0) return fmt::format("{}: {}", folder, std::strerror(errno));
  const std::string file = folder + "/results.json";
  if (!std::filesystem::is_regular_file(file, code)) return {};
  const auto text = read_file(file);
  const Json json = text ? Json::parse(text.value(), nullptr, false) : Json();
  if (json.is_object() && json.contains("schema")) return {};
  return file + " is not Steelyard's, expected another folder, or one without such a file";
}

std::vector<Comparison> load_scenarios(const RunArguments& arguments) {
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
  if (!valid) comparisons.clear();
  return comparisons;
}

int for_each_comparison(
    const std::vector<Comparison>& comparisons, const RunArguments& arguments,
    const std::string& default_folder,
    const std::function<int(const Comparison& comparison, const std::string& folder)>& one) {
  const auto folder_of = [&](const Comparison& comparison) {
    const std::string& name = comparison.base().name;
    if (arguments.output.empty()) return default_folder + "/" + name;
    return comparisons.size() == 1 ? arguments.output : arguments.output + "/" + name;
  };
  std::set<std::string> folders;
  for (const Comparison& comparison : comparisons) {
    if (folders.insert(folder_of(comparison)).second) continue;
    fmt::print(stderr, "steelyard: two scenarios are named '{}'; run them apart\n",
               comparison.base().name);
    return kUsage;
  }
  for (const std::string& folder : folders)
    if (const std::string objection = objection_to_folder(folder); !objection.empty()) {
      fmt::print(stderr, "steelyard: cannot write results: {}\n", objection);
      return kFailed;
    }
  listen_for_interrupts();
  int code = kOk;
  for (const Comparison& comparison : comparisons) {
    const int result = one(comparison, folder_of(comparison));
    if (result != kOk) code = result;
    if (result == interrupted_code()) break;
  }
  return code;
}

int report_results(const Comparison& comparison, RunnerResult result, const std::string& world,
                   const std::string& folder, const RunArguments& arguments) {
  if (!result.error.empty()) {
    fmt::print(stderr, "steelyard: {}: {}\nNothing was written to {}.\n", comparison.base().name,
               result.error, folder);
    return kFailed;
  }
  const std::size_t complete = result.variants.empty() ? 0 : result.variants.front().runs.size();
  const bool stopped = result.stopped;
  const std::uint64_t planned = result.replications_planned;
  if (stopped && complete == 0) {
    fmt::print(stderr,
               "steelyard: interrupted before a single replication of every variant was complete; "
               "nothing was written to {}\n",
               folder);
    return interrupted_code();
  }
  ComparisonRecord record = record_of(comparison, std::move(result), world);
  if (stopped)
    record.limitations.insert(record.limitations.begin(),
                              fmt::format("The run was interrupted: {} of {} replications of every "
                                          "variant are kept.",
                                          complete, planned));
  Report report = make_report(record);
  for (std::string& note : late_faults(comparison.base()))
    report.verdict.warnings.push_back(std::move(note));
  const Json results = results_json(report);
  if (const std::string error = write_results(folder, report, results); !error.empty()) {
    fmt::print(stderr, "steelyard: cannot write results: {}\n", error);
    return kFailed;
  }
  print_report(report, results, arguments.format);
  fmt::print(stderr, "\nReport: {}/report.html   Data: {}/results.json\n", folder, folder);
  if (stopped) {
    fmt::print(stderr,
               "steelyard: interrupted; kept {} of {} replications of every variant, whole ones "
               "only\n",
               complete, planned);
    return interrupted_code();
  }
  if (!report.generator.trustworthy) {
    // The table has the whole of it.
    fmt::print(
        stderr, "steelyard: these figures are not to be trusted{}\n",
        arguments.format == "table" ? ", for the reason above" : ": " + report.generator.sentence);
    return kGeneratorBehind;
  }
  return report.expectations_met() ? kOk : kExpectationMissed;
}

}  // namespace steelyard::app
