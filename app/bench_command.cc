#include "app/bench_command.h"

namespace steelyard::app {
namespace {

constexpr const char* kFooter =
    "growth is k of the n^k that fits a request's time from 100 endpoints up; above 0.5 it\n"
    "contradicts a claimed O(1) or O(log n), and that is said. The baseline is a balancer that "
    "does\n"
    "nothing; layers stand in front of `random`. Google Benchmark's own options, --benchmark_*, "
    "are\n"
    "passed on. docs/BENCHMARKS.md tells more.\n"
    "\n"
    "Examples\n"
    "  steelyard bench -o out/bench\n"
    "  steelyard bench p2c least_request --quick\n"
    "  steelyard bench --benchmark_filter='/pick/1000$' --format csv";

}  // namespace

void BenchCommand::add(CLI::App& app, const Choose& choose) {
  CLI::App* command = app.add_subcommand(
      "bench",
      "Micro-benchmarks of every registered balancer and layer, 10 to 100,000 endpoints.\n"
      "A pick, a request's whole cycle, and a change of membership: "
      "nanoseconds, allocations, bytes "
      "per endpoint. All of them take some four minutes, with --quick a dozen seconds.");
  command->footer(kFooter);
  command->allow_extras();
  command
      ->add_option("NAME", arguments_.names,
                   "Balancers and layers, as in `steelyard list`. Default: all.")
      ->type_name("");
  command
      ->add_option("-o,--output", arguments_.output,
                   "Folder for bench.html, a page to compare them on, and bench.json, Google "
                   "Benchmark's with the medians added.")
      ->type_name("DIR");
  command->add_flag("--quick", arguments_.quick, "Three sizes, one short repetition.");
  command
      ->add_option("--format", arguments_.format,
                   "What standard output gets: table (default), json or csv.")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"table", "json", "csv"}));
  command->callback([this, command, choose] {
    arguments_.passed_on = command->remaining();
    choose([this] { return bench(arguments_); });
  });
}

}  // namespace steelyard::app
