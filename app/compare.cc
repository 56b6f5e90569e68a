// `steelyard compare`: result sets side by side.
#include "reports/compare.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <set>
#include <sstream>

#include "app/commands.h"
#include "app/files.h"
#include "app/results.h"
#include "app/terminal.h"
#include "reports/combine.h"
#include "reports/page.h"
#include "reports/report_template.h"

namespace steelyard::app {
namespace {

std::string results_file(const std::string& path) {
  std::error_code code;
  return std::filesystem::is_directory(path, code) ? path + "/results.json" : path;
}

// The last parts of the paths where they tell the sets apart, else the paths.
std::vector<std::string> short_names(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const std::string& path : paths) {
    const std::filesystem::path folder = std::filesystem::path(path + "/").lexically_normal();
    names.push_back(folder.parent_path().filename().string());
  }
  const std::set<std::string> distinct(names.begin(), names.end());
  return distinct.size() == names.size() && !distinct.contains("") ? names : paths;
}

}  // namespace

int compare(const CompareArguments& arguments) {
  if (arguments.results.size() < 2) {
    fmt::print(stderr,
               "steelyard compare: got one set of results, {}, expected two or more to put side by "
               "side\n",
               arguments.results.front());
    return kUsage;
  }
  if (const std::string objection = objection_to_folder(arguments.output); !objection.empty()) {
    fmt::print(stderr, "steelyard: cannot write results: {}\n", objection);
    return kFailed;
  }
  std::vector<ResultSet> sets;
  bool readable = true;
  for (const std::string& path : arguments.results) {
    const std::string file = results_file(path);
    const auto text = read_file(file);
    if (!text) {
      fmt::print(stderr, "{}: {}; expected a folder that `steelyard run` wrote\n", file,
                 text.error());
      readable = false;
      continue;
    }
    auto set = read_result_set(file, text.value());
    if (!set) {
      fmt::print(stderr, "{}\n", set.error());
      readable = false;
      continue;
    }
    sets.push_back(std::move(set.value()));
  }
  if (!readable) return kFailed;
  const std::vector<std::string> labels = short_names(arguments.results);
  for (std::size_t i = 0; i < sets.size(); ++i) sets[i].label = labels[i];

  const Json combined = combined_results(sets);
  if (arguments.format == "json")
    write_json(std::cout, combined);
  else if (arguments.format == "csv")
    write_comparison_csv(std::cout, sets);
  else
    std::cout << comparison_report(sets, {.width = columns(), .colour = colour_wanted()});
  std::cout.flush();
  if (arguments.output.empty()) return kOk;
  std::ostringstream json;
  write_json(json, combined);
  if (const std::string error = write_files(
          arguments.output,
          {{"report.html", render_html(kReportTemplate, combined)}, {"results.json", json.str()}});
      !error.empty()) {
    fmt::print(stderr, "steelyard: cannot write results: {}\n", error);
    return kFailed;
  }
  fmt::print(stderr, "\nReport: {}/report.html\n", arguments.output);
  return kOk;
}

}  // namespace steelyard::app
