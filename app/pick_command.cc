#include "app/pick_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>

#include "app/options.h"
#include "core/outcome.h"

namespace steelyard::app {
namespace {

constexpr const char* kFooter =
    "Examples\n"
    "  steelyard pick -b weighted_round_robin -e a=5,b=1,c=1 | paste -sd' '    a a b a c a a\n"
    "  steelyard pick -b least_request -e a,b,c --in-flight 2,0,1 --hold\n"
    "  steelyard pick -b '{maglev: {table_size: 7}}' -e a,b,c --key user-17 -n 1\n"
    "  seq 1000 | steelyard pick -b ring_hash -e a,b,c --keys - | sort | uniq -c\n"
    "  steelyard pick -b p2c -l '[priority]' -e a,b!,c#1,d#1 -n 1000 | sort | uniq -c\n"
    "  steelyard pick -b round_robin -l '[{deterministic_subset: 2}]' -e a,b,c,d --caller 1/2\n"
    "  steelyard pick -b peak_ewma -e a,b -n 1 --history 'answer a 1s; wait 10s' --why";

}  // namespace

void PickCommand::add(CLI::App& app, const Choose& choose) {
  CLI::App* command = app.add_subcommand(
      "pick",
      "Show which endpoints a balancer picks, one name a line.\n"
      "One pick a millisecond; each attempt is answered before the next pick, unless --hold. "
      "A dash: no endpoint may have it.");
  command->footer(kFooter);
  add_stack(*command);
  add_requests(*command);
  add_past(*command);
  command->add_flag("--why", arguments_.why, "After each pick, what the balancer went by.");
  command->add_option("--seed", arguments_.seed, "Seed of the balancer's randomness. Default: 1.")
      ->type_name("N")
      ->check(seed_range());
  command->callback([this, choose] { choose([this] { return pick(arguments_); }); });
}

void PickCommand::add_stack(CLI::App& command) {
  command
      .add_option("-b,--balancer", arguments_.balancer, "A name, or '{NAME: {PARAMETER: VALUE}}'.")
      ->type_name("BALANCER")
      ->required();
  command
      .add_option("-e,--endpoints", arguments_.endpoints,
                  "Names with weights (1 if not given): a=5,b=1,c=1. Then, in any order, "
                  "@ZONE, #PRIORITY, +LABEL=VALUE, and ! for one that is not healthy: "
                  "a=5@east,b#1+version=v2,c!. From a file, one a line or with commas: @FILE; "
                  "@- is standard input.")
      ->type_name("LIST")
      ->required();
  command
      .add_option("-l,--layers", arguments_.layers,
                  "What stands in front of the balancer, outermost first, as a scenario has "
                  "it: '[{deterministic_subset: 10}, panic]'.")
      ->type_name("LIST");
  command
      .add_option("--caller", arguments_.caller,
                  "Who picks, for layers that ask: INDEX/COUNT@ZONE+LABEL=VALUE, index from 0; "
                  "each part may be left out. Default: the only one.")
      ->type_name("CALLER");
  command
      .add_option("--callers", arguments_.callers,
                  "How many callers each zone has, for zone_aware: east=40,west=20.")
      ->type_name("LIST");
}

void PickCommand::add_requests(CLI::App& command) {
  command
      .add_option("-n,--count", arguments_.count,
                  "How many picks. Default: 7, or one for each key of --keys.")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}).description(""));
  CLI::Option* key =
      command
          .add_option("--key", arguments_.key,
                      "The key of every request; an IPv4 address is also the caller's.")
          ->type_name("KEY");
  command
      .add_option("--keys", arguments_.keys_file, "A file with a key a line; - is standard input.")
      ->type_name("FILE")
      ->excludes(key);
  command
      .add_option("--key-hash", arguments_.key_hash,
                  "How keys are hashed: xxhash64, as requests are; crc32, as nginx does for "
                  "ketama; number: the key is the hash itself. Default: xxhash64.")
      ->type_name("HASH")
      ->check(CLI::IsMember({"xxhash64", "crc32", "number"}).description(""));
}

void PickCommand::add_past(CLI::App& command) {
  command
      .add_option("--in-flight", arguments_.in_flight,
                  "Attempts outstanding at each endpoint before the first pick: 2,0,1.")
      ->type_name("LIST");
  command.add_flag("--hold", arguments_.hold, "Attempts stay outstanding.");
  command
      .add_option(
          "--history", arguments_.history,
          fmt::format("What happened before, in order, with semicolons between: wait 10s; "
                      "answer a 20ms [OUTCOME]; load a queued=2 service_time=5ms (what a says "
                      "of itself from now on); join d=2@east; leave d; sick b; well b. "
                      "Outcomes: {}. Fields of load: in_flight, queued, utilisation, "
                      "cpu_utilisation, requests_per_second, errors_per_second, latency, "
                      "service_time.",
                      fmt::join(kOutcomeNames, ", ")))
      ->type_name("EVENTS");
}

}  // namespace steelyard::app
