// `steelyard compare`: result sets side by side.
#include "reports/compare.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "app/commands.h"
#include "app/files.h"
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

}  // namespace

int compare(const CompareArguments& arguments) {
  std::vector<ResultSet> sets;
  bool readable = true;
  for (const std::string& path : arguments.results) {
    const std::string file = results_file(path);
    const auto text = read_file(file);
    if (!text) {
      fmt::print(stderr, "{}: {}; expected a folder that `steelyard run` wrote\n", file, text.error());
      readable = false;
      continue;
    }
    auto set = read_result_set(path, text.value());
    if (!set) {
      fmt::print(stderr, "{}: {}\n", file, set.error());
      readable = false;
      continue;
    }
    sets.push_back(std::move(set.value()));
  }
  if (!readable) return kFailed;

  const Json combined = combined_results(sets);
  if (arguments.format == "json")
    std::cout << combined.dump(1) << "\n";
  else if (arguments.format == "csv")
    write_comparison_csv(std::cout, sets);
  else
    std::cout << comparison_report(sets, {.width = columns(), .colour = colour_wanted()});
  std::cout.flush();
  if (arguments.output.empty()) return kOk;
  for (const auto& [name, content] :
       {std::pair<std::string, std::string>{"report.html", render_html(kReportTemplate, combined)},
        {"results.json", combined.dump(1) + "\n"}})
    if (const std::string error = write_file(arguments.output + "/" + name, content);
        !error.empty()) {
      fmt::print(stderr, "steelyard: cannot write results: {}\n", error);
      return kFailed;
    }
  fmt::print(stderr, "\nReport: {}/report.html\n", arguments.output);
  return kOk;
}

}  // namespace steelyard::app
