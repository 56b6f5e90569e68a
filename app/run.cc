// `steelyard run`: scenario files in, comparison reports out. `steelyard check`: only their
// mistakes.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/commands.h"
#include "app/facts.h"
#include "app/files.h"
#include "app/interrupt.h"
#include "app/progress_bar.h"
#include "app/results.h"
#include "app/runner.h"
#include "reports/format.h"
#include "scenarios/loader.h"
#include "sim/simulation.h"

namespace steelyard::app {
namespace {

// The variants that can be simulated; the others go into `skipped`, with the reason.
Comparison simulated_part(const Comparison& comparison,
                          std::vector<ComparisonRecord::Skipped>& skipped) {
  Comparison part = comparison;
  std::erase_if(part.variants, [&](const Variant& variant) {
    const std::optional<std::string> reason = why_not_simulated(variant.scenario);
    if (reason) skipped.push_back({variant.name, *reason});
    return reason.has_value();
  });
  return part;
}

bool simulated_whole(const Comparison& comparison) {
  return std::none_of(
      comparison.variants.begin(), comparison.variants.end(),
      [](const Variant& variant) { return why_not_simulated(variant.scenario).has_value(); });
}

// Each note once, with the variants it is about unless it is about all.
void print_notes(const std::string& file, const Comparison& comparison) {
  std::vector<std::pair<std::string, std::vector<std::string>>> notes;
  for (const Variant& variant : comparison.variants)
    for (std::string& text : notes_on(variant.scenario)) {
      const auto known = std::find_if(notes.begin(), notes.end(),
                                      [&](const auto& note) { return note.first == text; });
      if (known == notes.end())
        notes.push_back({std::move(text), {variant.name}});
      else
        known->second.push_back(variant.name);
    }
  for (const auto& [text, variants] : notes)
    fmt::print(stderr, "{}: note: {}{}\n", file,
               variants.size() == comparison.variants.size()
                   ? ""
                   : fmt::format("{}: ", fmt::join(variants, ", ")),
               text);
}

}  // namespace

int run(const RunArguments& arguments) {
  const std::vector<Comparison> comparisons = load_scenarios(arguments);
  if (comparisons.empty()) return kInvalidScenario;
  return for_each_comparison(
      comparisons, arguments, "out", [&](const Comparison& comparison, const std::string& folder) {
        std::vector<ComparisonRecord::Skipped> skipped;
        Comparison part;
        const bool whole = simulated_whole(comparison);
        if (!whole) part = simulated_part(comparison, skipped);
        if (!whole && part.variants.empty()) {
          for (const ComparisonRecord::Skipped& variant : skipped)
            fmt::print(stderr, "steelyard: {}: cannot simulate {}: {}\n", comparison.base().name,
                       variant.variant, variant.reason);
          return kInvalidScenario;
        }
        ProgressBar bar(comparison.base().name, progress_wanted() && !arguments.quiet);
        RunnerOptions options;
        options.jobs = arguments.jobs;
        options.stop = &interrupted();
        options.progress = [&](double share, std::uint64_t, std::uint64_t planned) {
          bar.show(share, planned);
        };
        RunnerResult result = run_comparison(whole ? comparison : part, options);
        result.skipped = std::move(skipped);
        bar.clear();
        return report_results(comparison, std::move(result), "sim", folder, arguments);
      });
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
    fmt::print("{}: fine: {}, {}, {}, {}, {} of virtual time\n", file,
               counted(scenario.services.size(), "service"), counted(instances, "instance"),
               counted(scenario.clients.size(), "client"),
               counted(loaded.comparison->variants.size(), "variant"),
               to_text(scenario.run.duration));
    print_notes(file, *loaded.comparison);
  }
  return valid ? kOk : kInvalidScenario;
}

}  // namespace steelyard::app
