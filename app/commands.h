// The commands of `steelyard`, one function each. They return the exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/balancers_bench.h"

namespace steelyard::app {

inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kInvalidScenario = 3;
inline constexpr int kGeneratorBehind = 4;  // the live load generator missed its schedule
inline constexpr int kExpectationMissed = 99;

struct RunArguments {
  std::vector<std::string> scenarios;
  std::string output;  // empty: out/<scenario's name>
  std::vector<std::string> overrides;
  std::optional<std::uint64_t> seed;
  std::optional<std::int64_t> replications;
  unsigned jobs = 0;
  std::string format = "table";  // table, json or csv, to standard output
  bool quiet = false;            // no progress
};
int run(const RunArguments& arguments);

struct LiveArguments : RunArguments {
  std::string record_folder;  // of the channels' logs; empty: nothing is recorded
};
int live(const LiveArguments& arguments);

struct CheckArguments {
  std::vector<std::string> scenarios;
  std::vector<std::string> overrides;
};
int check(const CheckArguments& arguments);

struct TheoryArguments {
  std::vector<std::string> scenarios;
  std::vector<std::string> overrides;
  std::string format = "table";  // table or json
  // Durations, as scenarios write them; empty: not asked for.
  std::string p99;
  std::string mean_time_to_failure;  // both or none of the two
  std::string mean_time_to_repair;
  std::optional<std::int64_t> repairers;  // absent: one for each instance
};
int theory(const TheoryArguments& arguments);

int list(const std::string& kind, const std::string& format);
int explain(const std::string& name);
int schema();

struct PickArguments {
  std::string balancer;
  std::string layers;       // "[slow_start, {panic: 0.3}]"; empty: none
  std::string caller;       // "7/300@east"; empty: the only one
  std::string callers;      // "east=40,west=20"; empty: not told
  std::string endpoints;    // "a=5,b=1@east#1,c!"
  std::uint64_t count = 0;  // 0: seven, or one for each key
  std::string key;
  std::string keys_file;
  std::string key_hash = "xxhash64";  // or crc32, as nginx has it, or number
  std::string in_flight;              // "2,0,1"
  bool hold = false;                  // attempts stay outstanding
  std::string history;  // "answer a 1s; wait 10s; answer a 100ms"; empty: nothing happened before
  bool why = false;     // what the balancer went by, too
  std::uint64_t seed = 1;
};
int pick(const PickArguments& arguments);

struct CompareArguments {
  std::vector<std::string> results;  // folders or results.json files
  std::string output;                // empty: only standard output
  std::string format = "table";
};
int compare(const CompareArguments& arguments);

struct ReplayArguments {
  std::vector<std::string> logs;  // files, or folders of them
  bool timeline = false;          // a line for every input
};
int replay(const ReplayArguments& arguments);

struct FitArguments {
  std::vector<std::string> urls;
  std::string output = "fitted.yaml";  // "-": standard output
  bool force = false;                  // writes over a file that is there
  double seconds = 20;
  std::uint64_t requests_max = 0;  // 0: by where the service is
  int users_max = 0;               // the same
  std::string method = "GET";
  std::vector<std::string> headers;  // "name: value"
  std::string body;
  bool quiet = false;
};
int fit(const FitArguments& arguments);

struct GatewayArguments {
  std::string scenario;
  std::vector<std::string> overrides;
  std::string listen;         // empty: as the scenario says
  std::string admin;          // empty: nowhere
  bool serve = false;         // starts modelled instances, too
  double drain_seconds = 30;  // at most, for requests under way at the end
};
int gateway(const GatewayArguments& arguments);

struct ServeArguments {
  std::string scenario;
  std::vector<std::string> overrides;
};
int serve(const ServeArguments& arguments);

struct BenchArguments {
  std::vector<std::string> names;  // of balancers; empty: all
  std::string output;              // empty: only standard output
  bool quick = false;              // fewer sizes and repetitions
  std::string format = "table";
  std::vector<std::string> passed_on;  // Google Benchmark's own options
  bench::HeapMeter heap = nullptr;     // none: allocations are not counted
};
int bench(const BenchArguments& arguments);

}  // namespace steelyard::app
