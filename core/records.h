// What a world reports about one run: the same from simulation and from live services. Reports read
// nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/histogram.h"
#include "core/outcome.h"
#include "core/time.h"

namespace steelyard {

using OutcomeCounts = std::array<std::uint64_t, kOutcomes>;  // indexed by Outcome

constexpr std::uint64_t total(const OutcomeCounts& counts) {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts) sum += count;
  return sum;
}

// One client's requests that ended after the warm-up.
struct ClientRecord {
  Histogram latency_ns;        // of those that succeeded, from the planned send to the answer
  OutcomeCounts finished{};    // by outcome
  std::uint64_t attempts = 0;  // sent for them
};

// Everything that happened in one slice of time, warm-up included. Requests are counted where they
// ended, offers where they began.
struct SeriesBucket {
  std::uint64_t offered = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  Histogram latency_ns{5};  // of the succeeded
};

// One instance, after the warm-up.
struct InstanceRecord {
  std::uint64_t attempts = 0;  // received
  std::uint64_t failed = 0;    // of those, not answered with ok
  double busy_seconds = 0;     // integral of (requests in service / concurrency) over time
};

struct ServiceRecord {
  std::vector<InstanceRecord> instances;
  // Attempts outstanding (queued and in service), sampled at the middle of every series bucket;
  // row major, one row for each of `sampled`. At most kSampledInstances rows: evenly spread ones.
  std::vector<std::uint32_t> sampled;  // instance indices
  std::vector<std::uint32_t> outstanding;
};

inline constexpr std::size_t kSampledInstances = 48;
inline constexpr std::size_t kSeriesBuckets = 120;

// What only live runs have: how well the load generator and the machine kept to the plan, without
// which live latencies cannot be trusted. Of requests after the warm-up, unless it says otherwise.
struct LiveRecord {
  Histogram send_delay_ns;    // from the planned to the actual first send
  Histogram service_time_ns;  // of those that succeeded: from the first send to the answer. Latency
                              // counts from the planned send; the difference is what a generator
                              // that omits its own delays would hide
  Histogram hiccup_ns;        // how much later than asked a thread of its own woke, every
                              // millisecond of the whole run: what the machine does to everybody
  std::uint64_t sends = 0;
  std::uint64_t timely = 0;           // of those, sent within kTimely of the plan
  double generator_cpu_seconds = 0;   // of its thread, over the whole run
  double generator_wall_seconds = 0;  // of the same
  struct Proxy {
    double cpu_seconds = 0;  // of its processes, or of all if there are several proxies
    std::uint64_t requests = 0;
  };
  std::optional<Proxy> proxy;  // of runs through one
};
inline constexpr Duration kTimely = 100us;

// One replication of one variant.
struct RunRecord {
  // The whole run, warm-up included: offered = total(finished) + unfinished, exactly.
  std::uint64_t offered = 0;
  OutcomeCounts finished{};
  std::uint64_t unfinished = 0;
  // Connections that all callers opened, clients and instances; most of them at the beginning.
  // Absent if somebody else's proxy opened them.
  std::optional<std::uint64_t> connections;

  // After the warm-up.
  double measured_seconds = 0;
  std::uint64_t answered = 0;           // requests that ended in this time, however they ended
  std::uint64_t succeeded = 0;          // of those, the ok ones
  std::vector<ClientRecord> clients;    // as in the scenario
  std::vector<ServiceRecord> services;  // as in the scenario

  Duration bucket_length{};
  std::vector<SeriesBucket> series;

  std::optional<LiveRecord> live;  // of the live world

  // What the run cost; the only part that may differ between two runs of one seed.
  std::uint64_t events = 0;
  double cpu_seconds = 0;
  double wall_seconds = 0;
};

// What the report says about the scenario; plain facts, because reports do not know the loader.
struct ScenarioFacts {
  std::string name;
  std::string file;
  std::string digest;
  std::string question;
  std::string description;
  std::string text;  // the YAML source
  std::vector<std::string> overrides;
  Duration duration{};
  Duration warmup{};

  struct Node {
    std::string name;
    bool client = false;
    std::string detail;  // of a client: its arrivals
    std::uint64_t instances = 0;
    std::int64_t concurrency = 0;
    std::string discipline;
    std::int64_t queue_limit = -1;  // -1: unlimited
    std::string service_time;
    std::vector<std::uint32_t> weights;  // of its instances
  };
  struct Edge {
    std::string from;
    std::string to;
    double probability = 1;
    std::uint64_t stage = 0;  // calls of one stage are made in parallel, stages in order
    bool parallel = false;
  };
  struct Fault {
    Duration from{};
    Duration to{};
    std::string kind;
    std::string label;
  };
  std::vector<Node> clients;   // in the order of RunRecord::clients
  std::vector<Node> services;  // in the order of RunRecord::services
  std::vector<Edge> edges;
  std::vector<Fault> faults;
};

// One prediction of queueing theory for one variant.
struct TheoryValue {
  std::string metric;  // "latency_ms.mean"
  std::string model;   // "M/M/1", "supermarket, n -> infinity"
  double value = 0;    // in the metric's unit
  // How far the model itself is from the simulated system, as a share of what it says.
  double tolerance = 0.01;
  // Where theory only knows bounds; `value` is then their middle. Equal: it knows the value.
  double low = 0;
  double high = 0;

  bool is_range() const { return low < high; }
};

struct ExpectationFacts {
  std::string text;
  std::string metric;
  enum class Comparison { less, at_most, greater, at_least } comparison = Comparison::less;
  double limit = 0;
  std::string variant;  // empty: the best one
};

struct VariantRecord {
  std::string name;
  struct Setting {
    std::string path;
    std::string value;
  };
  std::vector<Setting> settings;
  std::vector<RunRecord> runs;  // one a replication, in order; variants share random numbers
  // What else belongs to the results: the generated configuration of a proxy.
  struct Attachment {
    std::string name;  // "nginx.conf"
    std::string text;
  };
  std::vector<Attachment> attachments;
  std::vector<TheoryValue> theory;
};

// All that a report is made of.
struct ComparisonRecord {
  std::string version;
  std::string commit;
  std::string world;  // "sim" or "live"
  std::uint64_t seed = 0;
  ScenarioFacts scenario;
  std::vector<VariantRecord> variants;
  std::vector<ExpectationFacts> expectations;
  std::vector<std::string> limitations;  // what the model leaves out
  struct Skipped {
    std::string variant;
    std::string reason;  // "envoy is not installed"
  };
  std::vector<Skipped> skipped;  // variants that could not run here
  double peak_rss_mib = 0;
};

}  // namespace steelyard
