#include "app/main.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "app/commands.h"
#include "app/version.h"

namespace steelyard::app {
namespace {

constexpr const char* kDescription =
    "Weighs load-balancing, discovery, failover and consistency strategies before they carry real\n"
    "traffic. A scenario file describes services, traffic, network and failures; `steelyard run`\n"
    "simulates every variant it compares and says which is best, how sure that is, and what theory\n"
    "says.";

constexpr const char* kFooter =
    "Exit codes: 0 fine, 1 failed while running, 2 wrong usage, 3 invalid scenario,\n"
    "            4 the live load generator missed its schedule, 99 an `expect:` was not met.\n"
    "Data goes to standard output, progress to standard error. NO_COLOR is honoured.\n"
    "\n"
    "Examples:\n"
    "  steelyard run scenarios/quickstart.yaml\n"
    "  steelyard run scenarios/flash_sale.yaml --set run.duration=10s --set 'compare.balancer=[p2c]'\n"
    "  steelyard explain p2c\n"
    "  steelyard pick --balancer weighted_round_robin --endpoints a=5,b=1,c=1";

void add_overrides(CLI::App& command, std::vector<std::string>& overrides) {
  command
      .add_option("--set", overrides,
                  "Replace a value of the file: run.duration=10s, services.orders.instances=8, "
                  "'compare.balancer=[p2c, random]'. May be given several times.")
      ->type_name("PATH=VALUE")
      ->take_all()
      ->allow_extra_args(false);
}

void add_format(CLI::App& command, std::string& format) {
  command.add_option("--format", format, "What standard output gets: table, json or csv.")
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->capture_default_str();
}

// The command line, declared: each sub-command fills its arguments and says what to call.
class Commands {
 public:
  explicit Commands(CLI::App& app) {
    add_run(app);
    add_check(app);
    add_catalogue(app);
    add_pick(app);
    add_compare(app);
    add_bench(app);
  }
  int call() { return chosen_(); }

 private:
  void add_run(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "run", "Simulate scenarios and write comparison reports.\n"
               "Each folder of results gets report.html (self-contained), results.json,\n"
               "summary.csv, series.csv and latency.hgrm. The same scenario, seed and version\n"
               "give the same results, whatever --jobs is.");
    command->add_option("SCENARIO", run_.scenarios, "Scenario files; - is standard input.")->required();
    command->add_option("-o,--output", run_.output,
                        "Folder for the results; with several scenarios, a folder for each in it. "
                        "Default: out/ and the scenario's name.");
    add_overrides(*command, run_.overrides);
    command->add_option("--seed", run_.seed, "Short for --set run.seed=N.");
    command->add_option("--replications", run_.replications,
                        "Independent repetitions; short for --set run.replications=N.");
    command->add_option("-j,--jobs", run_.jobs, "Threads. Default: one a core.")
        ->check(CLI::Range(1U, 4096U));
    add_format(*command, run_.format);
    command->add_flag("-q,--quiet", run_.quiet, "No progress bar.");
    command->callback([this] { chosen_ = [this] { return run(run_); }; });
  }

  void add_check(CLI::App& app) {
    CLI::App* command =
        app.add_subcommand("check", "Say what is wrong with scenario files, without running them.");
    command->add_option("SCENARIO", check_.scenarios, "Scenario files; - is standard input.")->required();
    add_overrides(*command, check_.overrides);
    command->callback([this] { chosen_ = [this] { return check(check_); }; });
  }

  void add_catalogue(CLI::App& app) {
    CLI::App* list_command =
        app.add_subcommand("list", "List the strategies and models there are, a line each.");
    list_command->add_option("KIND", kind_, "Only this kind: balancers, distributions, arrivals, ...");
    add_format(*list_command, list_format_);
    list_command->callback([this] { chosen_ = [this] { return list(kind_, list_format_); }; });

    CLI::App* explain_command = app.add_subcommand(
        "explain", "Explain a strategy: what it does, formula, parameters with their defaults and\n"
                   "where those come from, cost, when to use it and when not, source.");
    explain_command->add_option("NAME", name_, "As in `steelyard list`.")->required();
    explain_command->callback([this] { chosen_ = [this] { return explain(name_); }; });

    CLI::App* schema_command = app.add_subcommand(
        "schema", "Print the JSON Schema (draft-07) of scenario files, for editors.");
    schema_command->callback([this] { chosen_ = [] { return schema(); }; });
  }

  void add_pick(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "pick", "Show which endpoints a balancer picks, one name a line.\n"
                "An attempt is answered before the next pick, unless --hold.");
    command->add_option("-b,--balancer", pick_.balancer, "NAME or '{NAME: {PARAMETER: VALUE}}'.")
        ->required();
    command->add_option("-e,--endpoints", pick_.endpoints, "NAME[=WEIGHT],... such as a=5,b=1,c=1.")
        ->required();
    command->add_option("-n,--count", pick_.count,
                        "How many picks. Default: 7, or one for each key of --keys.")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}));
    CLI::Option* key = command->add_option(
        "--key", pick_.key, "The key of every request; an IPv4 address is also the caller's.");
    command->add_option("--keys", pick_.keys_file, "A file with one key a line; - is standard input.")
        ->excludes(key);
    command->add_option("--in-flight", pick_.in_flight,
                        "Attempts outstanding at each endpoint before the first pick: 2,0,1.");
    command->add_flag("--hold", pick_.hold, "Attempts stay outstanding.");
    command->add_option("--seed", pick_.seed, "Seed of the balancer's randomness.")
        ->capture_default_str();
    command->callback([this] { chosen_ = [this] { return pick(pick_); }; });
  }

  void add_compare(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "compare", "Put results side by side: two versions, two scenarios, simulated and live.");
    command->add_option("RESULTS", compare_.results,
                        "Folders that `steelyard run` wrote, or results.json files.")
        ->required()
        ->expected(2, 16);
    command->add_option("-o,--output", compare_.output,
                        "Folder for a report.html and results.json of all of them.");
    add_format(*command, compare_.format);
    command->callback([this] { chosen_ = [this] { return compare(compare_); }; });
  }

  void add_bench(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "bench", "Micro-benchmarks of every registered strategy.\n"
                 "Arguments are Google Benchmark's: --benchmark_filter=p2c, --benchmark_format=json, ...");
    command->prefix_command();
    command->callback([this, command] {
      bench_ = command->remaining();
      chosen_ = [this] { return bench(bench_); };
    });
  }

  std::function<int()> chosen_;
  RunArguments run_;
  CheckArguments check_;
  std::string kind_;
  std::string list_format_ = "table";
  std::string name_;
  PickArguments pick_;
  CompareArguments compare_;
  std::vector<std::string> bench_;
};

}  // namespace

int main(int argc, const char* const* argv) {
  CLI::App app(kDescription, "steelyard");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("steelyard ") + kVersion + " (" + kCommit + ")");
  app.require_subcommand(1);
  Commands commands(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  try {
    return commands.call();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "steelyard: %s\n", error.what());
    return kFailed;
  }
}

}  // namespace steelyard::app
