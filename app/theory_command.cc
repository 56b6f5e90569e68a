#include "app/theory_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <utility>

#include "app/options.h"
#include "app/results.h"
#include "app/terminal.h"
#include "app/theory_report.h"
#include "reports/layout.h"
#include "scenarios/quantities.h"

namespace steelyard::app {
namespace {

constexpr const char* kTheoryFooter =
    "docs/THEORY.md says which model applies when. Variants of a comparison are told apart where\n"
    "theory differs.\n"
    "\n"
    "Examples\n"
    "  steelyard theory scenarios/quickstart.yaml --p99 50ms\n"
    "  steelyard theory shop.yaml --mttf 720h --mttr 10min --repairers 1\n"
    "  steelyard theory shop.yaml --format json | jq '.[0].variants[0].bottleneck'";

const CLI::Validator kPositiveDuration(
    [](std::string& text) {
      const auto duration = parse_duration(text);
      if (!duration) return duration.error();
      return duration.value() > 0s ? std::string() : "got '" + text + "', expected more than 0s";
    },
    "");

// The command line has been checked: these are durations, or empty.
std::optional<double> seconds_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return to_seconds(parse_duration(text).value());
}

TheoryOptions options_of(const TheoryArguments& arguments) {
  TheoryOptions options{.p99_seconds = seconds_of(arguments.p99), .failures = {}};
  if (!arguments.mean_time_to_failure.empty())
    options.failures = {.mean_time_to_failure = *seconds_of(arguments.mean_time_to_failure),
                        .mean_time_to_repair = *seconds_of(arguments.mean_time_to_repair),
                        .repairers = arguments.repairers};
  return options;
}

std::string heading(const std::string& text, const char* style) {
  return colour_wanted() ? style + text + "\x1b[0m\n" : text + "\n";
}

// A text, and the variants it is about.
struct Shared {
  std::string text;
  std::vector<std::string> variants;
};

void print(const Comparison& comparison, const TheoryOptions& options) {
  const Scenario& base = comparison.base();
  const std::string title = base.question.empty() ? base.name : base.name + ": " + base.question;
  std::cout << wrap(title, std::min<std::size_t>(columns(), 100));
  std::vector<std::pair<std::string, std::vector<Shared>>> sections;
  for (const Variant& variant : comparison.variants) {
    std::vector<TheorySection> all =
        theory_sections(theory_report(variant.scenario, options), columns());
    sections.resize(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      sections[i].first = all[i].title;
      std::vector<Shared>& texts = sections[i].second;
      const auto known = std::find_if(texts.begin(), texts.end(), [&](const Shared& shared) {
        return shared.text == all[i].text;
      });
      if (known == texts.end())
        texts.push_back({std::move(all[i].text), {variant.name}});
      else
        known->variants.push_back(variant.name);
    }
  }
  for (const auto& [name, texts] : sections) {
    std::cout << "\n" << heading(name, "\x1b[1m");
    for (const Shared& shared : texts) {
      // Variants are named where they differ.
      if (texts.size() > 1)
        std::cout << wrap(fmt::format("{}:", fmt::join(shared.variants, "; ")), columns());
      std::cout << shared.text;
      if (&shared != &texts.back()) std::cout << "\n";
    }
  }
}

Json json_of(const Comparison& comparison, const TheoryOptions& options) {
  Json variants = Json::array();
  for (const Variant& variant : comparison.variants) {
    Json json{{"name", variant.name}};
    json.update(theory_json(theory_report(variant.scenario, options)));
    variants.push_back(std::move(json));
  }
  return {{"scenario", comparison.base().name},
          {"file", comparison.file},
          {"variants", std::move(variants)}};
}

}  // namespace

void TheoryCommand::add(CLI::App& app, const Choose& choose) {
  CLI::App* command = app.add_subcommand(
      "theory",
      "Say what can be known of scenarios without running them.\n"
      "Traffic and utilisation of every service, response times by closed forms, what is lost "
      "with which service, and how many instances it takes. What theory leaves out is named.");
  command->footer(kTheoryFooter);
  command->add_option("SCENARIO", arguments_.scenarios, "Scenario files; - is standard input.")
      ->type_name("")
      ->required();
  add_overrides(*command, arguments_.overrides);
  command
      ->add_option("--format", arguments_.format,
                   "What standard output gets: table (default) or json.")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"table", "json"}));
  const auto add_duration = [&](const char* name, std::string& into, const char* text) {
    command->add_option(name, into, text)->type_name("DURATION")->check(kPositiveDuration);
  };
  add_duration("--p99", arguments_.p99,
               "How many instances each service needs to answer 99% of its requests within this.");
  add_duration("--mttf", arguments_.mean_time_to_failure,
               "How long an instance works until it fails, on average; with --mttr: how often "
               "enough instances are up.");
  add_duration("--mttr", arguments_.mean_time_to_repair,
               "How long the repair of an instance takes, on average.");
  command
      ->add_option("--repairers", arguments_.repairers,
                   "How many instances of a service are repaired at once. Default: all.")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}).description(""));
  command->callback([this, choose] { choose([this] { return theory(arguments_); }); });
}

int theory(const TheoryArguments& arguments) {
  if (arguments.mean_time_to_failure.empty() != arguments.mean_time_to_repair.empty()) {
    fmt::print(stderr,
               "steelyard theory: got one of --mttf and --mttr, expected both: how often an "
               "instance fails, and how long its repair takes\n");
    return kUsage;
  }
  RunArguments files;
  files.scenarios = arguments.scenarios;
  files.overrides = arguments.overrides;
  const std::vector<Comparison> comparisons = load_scenarios(files);
  if (comparisons.empty()) return kInvalidScenario;
  const TheoryOptions options = options_of(arguments);
  if (arguments.format == "json") {
    Json all = Json::array();
    for (const Comparison& comparison : comparisons) all.push_back(json_of(comparison, options));
    write_json(std::cout, all);
    return kOk;
  }
  for (const Comparison& comparison : comparisons) {
    if (&comparison != &comparisons.front()) std::cout << "\n";
    print(comparison, options);
  }
  return kOk;
}

}  // namespace steelyard::app
