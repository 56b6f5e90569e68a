#include "app/main.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>

#include "app/bench_command.h"
#include "app/commands.h"
#include "app/gateway_commands.h"
#include "app/options.h"
#include "app/pick_command.h"
#include "app/terminal.h"
#include "app/theory_command.h"
#include "app/version.h"
#include "scenarios/problem.h"

namespace steelyard::app {
namespace {

// CLI11's layout, with descriptions broken at the terminal's width instead of anywhere.
class HelpLayout : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    return entry(make_option_name(option, is_positional) + make_option_opts(option),
                 make_option_desc(option));
  }
  std::string make_subcommand(const CLI::App* command) const override {
    // The first sentence; the rest is in the command's own help.
    const std::string text = command->get_description();
    return entry(command->get_name(), text.substr(0, text.find('\n')));
  }
  std::string make_description(const CLI::App* app) const override {
    return wrapped(app->get_description(), 0, width()) + "\n";
  }
  std::string make_footer(const CLI::App* app) const override {
    return app->get_footer().empty() ? "" : app->get_footer() + "\n";
  }

 private:
  static std::size_t width() { return std::min<std::size_t>(columns(), 96); }
  static std::string entry(const std::string& name, const std::string& text) {
    static constexpr std::size_t kColumn = 26;
    std::string lines = wrapped(text, kColumn, width());
    const std::string head = "  " + name;
    if (head.size() + 2 > kColumn) return head + "\n" + lines;
    return head + lines.substr(std::min(head.size(), lines.size()));
  }
};

constexpr const char* kDescription =
    "Weighs load-balancing strategies, with deadlines, retries and failures, before they carry "
    "real traffic. A scenario file describes services, traffic, network and failures; `steelyard "
    "run` "
    "simulates every variant it compares and says which is best, how sure that is, and what theory "
    "says; `steelyard live` measures the same against real HTTP services.";

constexpr const char* kFooter =
    "`steelyard COMMAND --help` tells more. Data goes to standard output, progress and complaints\n"
    "to standard error. NO_COLOR is honoured.\n"
    "\n"
    "Exit codes\n"
    "   0  fine\n"
    "   1  failed while running\n"
    "   2  wrong usage\n"
    "   3  invalid scenario\n"
    "   4  the live load generator missed its schedule: the figures are not to be trusted\n"
    "  99  an `expect:` of the scenario was not met\n"
    " 130  interrupted; 143 if by SIGTERM (what was complete is kept)\n"
    "\n"
    "Examples\n"
    "  steelyard run scenarios/quickstart.yaml\n"
    "  steelyard run scenarios/flash_sale.yaml --set 'compare.balancer=[p2c, first]'\n"
    "  steelyard explain p2c\n"
    "  steelyard pick --balancer weighted_round_robin --endpoints a=5,b=1,c=1";

constexpr const char* kRunFooter =
    "Files, in the folder of each scenario's results\n"
    "  report.html   the report: one file, works offline, made for sharing\n"
    "  results.json  every figure of it, with intervals (reports/results.schema.json)\n"
    "  summary.csv   a row for each variant and metric\n"
    "  series.csv    rates and percentiles over time\n"
    "  latency.hgrm  percentiles for HdrHistogram's plotters, the best variant first\n"
    "Ctrl-C keeps the replications that every variant has completed; a second one stops at once.\n"
    "\n"
    "Examples\n"
    "  steelyard run scenarios/*.yaml -o out\n"
    "  steelyard run shop.yaml --set run.replications=auto --set services.orders.instances=6\n"
    "  steelyard run shop.yaml --set 'compare={balancer: [p2c], services.orders.instances: [4, "
    "6]}'\n"
    "  steelyard run shop.yaml --format json | jq .verdict.headline";

constexpr const char* kLiveFooter =
    "Latency counts from the planned time of each request, so a generator that falls behind shows "
    "in\n"
    "it; it is then said, and the exit code is 4. Compare with the simulation:\n"
    "\n"
    "  steelyard run shop.yaml --replications 3 -o out/sim\n"
    "  steelyard live shop.yaml --replications 3 -o out/live\n"
    "  steelyard compare out/sim out/live\n"
    "\n"
    "Your own services\n"
    "  steelyard live shop.yaml --set 'targets={orders: [http://127.0.0.1:8081, http://...]}'";

constexpr const char* kCompareFooter =
    "Variants are matched by name, and every set is held against the first; simulated ones\n"
    "against the live one, in any order. Differences are judged by t-tests of replications, in\n"
    "pairs where both sets faced the same requests, corrected for the number of variants.\n"
    "\n"
    "Example\n"
    "  steelyard run shop.yaml -o out/before; steelyard run shop.yaml --set ... -o out/after\n"
    "  steelyard compare out/before out/after -o out/change";

constexpr const char* kReplayFooter =
    "A log holds what each channel was told, what it asked for, and how many random numbers it\n"
    "drew. The same code is told the same again, offline, and has to ask for the same, byte for\n"
    "byte; the first difference is shown in words. Exit code 1: it differs, or is damaged.\n"
    "\n"
    "Examples\n"
    "  steelyard live shop.yaml --record channels -o out/live; steelyard replay out/live\n"
    "  steelyard replay --timeline clients.channels | grep -B20 connection_refused";

constexpr const char* kFitFooter =
    "One request at a time gives response times without a queue; ever more users, each with one\n"
    "request at a time, give the throughput at which it stops growing. From both come the service\n"
    "time with its distribution, the concurrency, and what of a response is network. Rising ends\n"
    "where throughput does, or where requests fail. Several URLs are instances of one service:\n"
    "each gets its speed, and the first one the rising load.\n"
    "\n"
    "The service is put under full load for some seconds. On this machine 50,000 requests and 128\n"
    "users are the limit, elsewhere 5,000 and 16, unless you say otherwise.\n"
    "\n"
    "Examples\n"
    "  steelyard fit http://127.0.0.1:5001/users/7 -o users.yaml\n"
    "  steelyard fit http://10.0.0.1:8080/cart http://10.0.0.2:8080/cart -H 'accept: text/html'\n"
    "  steelyard run users.yaml -o out/sim; steelyard live users.yaml -o out/live\n"
    "  steelyard compare out/sim out/live     how well it predicts a load it was not fitted to";

void add_format(CLI::App& command, std::string& format) {
  command
      .add_option("--format", format, "What standard output gets: table (default), json or csv.")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"table", "json", "csv"}));
}

// What `run` and `live` have in common; they differ in where results go by default and in how often
// they repeat.
void add_run_arguments(CLI::App& command, RunArguments& arguments, const std::string& folder,
                       const std::string& repetitions) {
  command.add_option("SCENARIO", arguments.scenarios, "Scenario files; - is standard input.")
      ->type_name("")
      ->required();
  command
      .add_option("-o,--output", arguments.output,
                  "Folder for the results; with several scenarios, a folder for each in it. "
                  "Default: " +
                      folder + " and the scenario's name.")
      ->type_name("DIR");
  add_overrides(command, arguments.overrides);
  command.add_option("--seed", arguments.seed, "Short for --set run.seed=N.")
      ->type_name("N")
      ->check(seed_range());
  command
      .add_option("--replications", arguments.replications,
                  "Independent repetitions. Default: " + repetitions)
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000}).description(""));
  add_format(command, arguments.format);
  command.add_flag("-q,--quiet", arguments.quiet, "No progress bar.");
}

// The command line, declared: each sub-command fills its arguments and says what to call.
class Commands {
 public:
  Commands(CLI::App& app, bench::HeapMeter heap) : bench_(heap) {
    const auto choose = [this](std::function<int()> call) { chosen_ = std::move(call); };
    add_run(app);
    add_live(app);
    add_check(app);
    theory_.add(app, choose);
    add_compare(app);
    add_catalogue(app);
    pick_.add(app, choose);
    add_replay(app);
    gateway_.add(app, choose);
    add_fit(app);
    bench_.add(app, choose);
  }
  int call() { return chosen_(); }

 private:
  void add_run(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "run",
        "Simulate scenarios and write comparison reports.\n"
        "The same scenario, seed and version give the same results, whatever --jobs is.");
    command->footer(kRunFooter);
    add_run_arguments(*command, run_, "out/", "what the scenario says.");
    command->add_option("-j,--jobs", run_.jobs, "Threads. Default: one for each core.")
        ->check(CLI::Range(1U, 4096U))
        ->type_name("N");
    command->callback([this] { chosen_ = [this] { return run(run_); }; });
  }

  void add_live(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "live",
        "Run scenarios against live HTTP services, and write the same reports.\n"
        "Modelled services run as processes of their own on loopback; services with `targets` are "
        "yours. Every variant takes its duration in real time, one after the other, and faces the "
        "very requests of the simulation.");
    command->footer(kLiveFooter);
    add_run_arguments(*command, live_, "out/live/",
                      "what the scenario says, but at most 3, since they take real time.");
    command
        ->add_option("--record", live_.record_folder,
                     "Keep all inputs of all channels in folders of this name beside the results, "
                     "for `steelyard replay`.")
        ->type_name("NAME");
    command->callback([this] { chosen_ = [this] { return live(live_); }; });
  }

  void add_check(CLI::App& app) {
    CLI::App* command =
        app.add_subcommand("check", "Say what is wrong with scenario files, without running them.");
    command->add_option("SCENARIO", check_.scenarios, "Scenario files; - is standard input.")
        ->type_name("")
        ->required();
    add_overrides(*command, check_.overrides);
    command->callback([this] { chosen_ = [this] { return check(check_); }; });
  }

  void add_catalogue(CLI::App& app) {
    CLI::App* list_command =
        app.add_subcommand("list", "List the strategies and models there are, a line each.");
    list_command
        ->add_option("KIND", kind_,
                     "Only this kind, such as balancer or layer; all if none is given.")
        ->type_name("");
    add_format(*list_command, list_format_);
    list_command->callback([this] { chosen_ = [this] { return list(kind_, list_format_); }; });

    CLI::App* explain_command = app.add_subcommand(
        "explain",
        "Explain a strategy: what it does, its parameters, when to use it and when not.\n"
        "With its formula, the defaults and where they come from, its cost, and its source.");
    explain_command->add_option("NAME", name_, "As in `steelyard list`.")
        ->type_name("")
        ->required();
    explain_command->callback([this] { chosen_ = [this] { return explain(name_); }; });

    CLI::App* schema_command = app.add_subcommand(
        "schema", "Print the JSON Schema (draft-07) of scenario files, for editors.");
    schema_command->callback([this] { chosen_ = [] { return schema(); }; });
  }

  void add_compare(CLI::App& app) {
    CLI::App* command =
        app.add_subcommand("compare", "Put results side by side: two versions, two settings.");
    command->footer(kCompareFooter);
    command
        ->add_option("RESULTS", compare_.results,
                     "Two or more folders that `steelyard run` wrote, or results.json files.")
        ->type_name("")
        ->required()
        ->expected(1, 16);
    command
        ->add_option("-o,--output", compare_.output,
                     "Folder for a report.html and a results.json of all of them.")
        ->type_name("DIR");
    add_format(*command, compare_.format);
    command->callback([this] { chosen_ = [this] { return compare(compare_); }; });
  }

  void add_replay(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "replay",
        "Prove that the channels of a recorded live run do the same offline.\n"
        "Feeds what `steelyard live --record` kept to fresh channels and compares all they ask "
        "for.");
    command->footer(kReplayFooter);
    command->add_option("LOG", replay_.logs, "Logs, or folders: all *.channels files below them.")
        ->type_name("")
        ->required();
    command->add_flag("--timeline", replay_.timeline,
                      "Print every input and what the channel did about it, a line each, with the "
                      "load its balancer saw.");
    command->callback([this] { chosen_ = [this] { return replay(replay_); }; });
  }

  void add_fit(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "fit",
        "Measure a live service, and write the scenario that behaves like it.\n"
        "At low load and at rising load, within bounds; and says how sure each estimate is.");
    command->footer(kFitFooter);
    command->add_option("URL", fit_.urls, "http://host:port/path of each instance.")
        ->type_name("")
        ->required();
    command
        ->add_option("-o,--output", fit_.output,
                     "The scenario. Default: fitted.yaml; - is standard output, and the table goes "
                     "to standard error.")
        ->type_name("FILE");
    command->add_flag("--force", fit_.force, "Write over a file that is there.");
    command->add_option("--seconds", fit_.seconds, "How long to measure at most. Default: 20.")
        ->type_name("N")
        ->check(CLI::Range(0.5, 3600.0).description(""));
    command->add_option("--requests", fit_.requests_max, "How many requests to send at most.")
        ->type_name("N")
        ->check(CLI::Range(std::uint64_t{100}, std::uint64_t{100'000'000}).description(""));
    command->add_option("--users", fit_.users_max, "How many of them at once at most.")
        ->type_name("N")
        ->check(CLI::Range(1, 1536).description(""));
    command->add_option("-X,--method", fit_.method, "Of the requests. Default: GET.")
        ->type_name("METHOD");
    command->add_option("-H,--header", fit_.headers, "A header of the requests: 'name: value'.")
        ->type_name("HEADER")
        ->take_all()
        ->allow_extra_args(false);
    command->add_option("--body", fit_.body, "What the requests send. Default: nothing.")
        ->type_name("TEXT");
    command->add_flag("-q,--quiet", fit_.quiet, "Do not say what is being done.");
    command->callback([this] { chosen_ = [this] { return fit(fit_); }; });
  }

  std::function<int()> chosen_;
  RunArguments run_;
  LiveArguments live_;
  CheckArguments check_;
  TheoryCommand theory_;
  std::string kind_;
  std::string list_format_ = "table";
  std::string name_;
  PickCommand pick_;
  CompareArguments compare_;
  ReplayArguments replay_;
  GatewayCommands gateway_;
  FitArguments fit_;
  BenchCommand bench_;
};

bool is_unknown_command(const CLI::App& app, std::string_view word) {
  if (word.starts_with('-')) return false;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), word) != names.end()) return false;
  fmt::print(stderr, "steelyard: unknown command {}{}\n", in_quotes(word), suggestion(word, names));
  return true;
}

// What was printed may be in a buffer still, or may have been refused: a disk is full. Whoever
// closed the pipe (`| head -1`) has seen enough, and that is no failure.
int with_output_delivered(int code) {
  errno = 0;
  std::cout.flush();
  const bool delivered = std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
  const int error = errno;
  pollfd reader{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  if (delivered || (poll(&reader, 1, 0) == 1 && (reader.revents & POLLERR) != 0)) return code;
  fmt::print(stderr, "steelyard: cannot write to standard output{}{}\n", error == 0 ? "" : ": ",
             error == 0 ? "" : std::strerror(error));
  return code == kOk ? kFailed : code;
}

int parsed_and_called(int argc, const char* const* argv, bench::HeapMeter heap) {
  CLI::App app(kDescription, "steelyard");
  app.formatter(std::make_shared<HelpLayout>());
  app.set_version_flag("--version", fmt::format("steelyard {} ({})", kVersion, kCommit));
  app.require_subcommand(1);
  Commands commands(app, heap);
  app.footer(kFooter);  // after the commands, which would inherit it
  if (argc < 2) {
    fmt::print("{}", app.help());
    return kUsage;
  }
  if (is_unknown_command(app, argv[1])) return kUsage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  try {
    return commands.call();
  } catch (const std::exception& error) {
    // Of what cannot be printed is told below.
    if (std::ferror(stdout) == 0) fmt::print(stderr, "steelyard: {}\n", error.what());
    return kFailed;
  }
}

}  // namespace

int main(int argc, const char* const* argv, bench::HeapMeter heap) {
  return with_output_delivered(parsed_and_called(argc, argv, heap));
}

}  // namespace steelyard::app
