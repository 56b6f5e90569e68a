// A scenario as the worlds run it: what the file said, checked, with every default filled in.
//
// Plain data. The loader (loader.h) guarantees every REQUIRES below, so nothing downstream checks
// again. docs/SCENARIOS.md describes the file format; the JSON Schema is generated.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/settings.h"
#include "core/time.h"
#include "resilience/policy.h"
#include "scenarios/gateway.h"

namespace steelyard {

// Replications: a fixed number, or as many as the interval needs (`auto`).
struct Replications {
  std::int64_t count = 10;  // fixed number; the first batch when `until` is set
  bool automatic = false;
  double relative_width = 0.02;  // auto: stop when the interval is within ± this share of p99
  std::int64_t limit = 100;      // auto: never more
};

struct RunSpec {
  std::uint64_t seed = 1;
  Duration duration = 60s;  // whole run, warm-up included; positive
  Duration warmup{};        // absent in the file: a tenth of the duration; below duration
  Replications replications;
};

// One-way delay of a message between two parties; zero if absent.
struct NetworkSpec {
  std::vector<std::string> zones;        // absent: one zone, "default"; never empty, unique
  std::optional<Named> latency_within;   // distribution; same zone
  std::optional<Named> latency_between;  // distribution; different zones
  double loss = 0;                       // probability that a message is lost on its way
  // A lost message is sent again after this long, doubling each time (TCP: RTO of 200 ms on
  // Linux); absent (`never`): it is gone and only a deadline ends the request.
  std::optional<Duration> retransmit = 200ms;
  double bandwidth_within = 0;   // bytes per second of each zone's own link; 0: unlimited
  double bandwidth_between = 0;  // of each ordered pair of zones; 0: unlimited
};

// What a caller's channels to a service go by.
struct ViewSpec {
  // Views that each calling process has side by side, each blind to what the others send: the
  // workers of a proxy that share nothing. 1: one view, shared by all of the process.
  std::int64_t workers = 1;
  double known = 1;    // share of the instances that a view knows, drawn for each; at least one
  Duration refresh{};  // how often a view looks who is there; 0: it learns of changes at once
  // How often servers make a new report of their load; 0: for every answer and probe.
  Duration report_interval{};
};

// What every channel to a service does.
struct StrategiesSpec {
  Named balancer;             // kind "balancer"
  std::vector<Named> layers;  // kind "layer"; in front of the balancer, outermost first
  std::string discovery = "static";
  ViewSpec view;
  ResiliencePolicy resilience;
};

struct CallSpec {
  std::size_t service = 0;  // index into Scenario::services
  double probability = 1;   // that the call is made at all
};
using ParallelCalls = std::vector<CallSpec>;  // made at once; done when all are

enum class Discipline { fifo, lifo, processor_sharing };

struct InstanceSpec {
  double speed = 1;          // service times are divided by it; positive
  std::uint32_t weight = 1;  // told to balancers
  std::uint16_t zone = 0;    // index into NetworkSpec::zones
  std::uint8_t priority = 0;
  std::vector<std::string> labels{};  // "key=value", sorted
};

// A live service of the user's own.
struct TargetSpec {
  std::string url;   // as written: "http://127.0.0.1:5001/api"
  std::string host;  // a name or an address; IPv6 without its brackets
  std::uint16_t port = 80;
  std::string path;  // put before every request's path; "" or begins with '/', ends without
};

struct ServiceSpec {
  std::string name;
  // `instances: 4` or a list of groups {count, speed, weight, zone}; without a zone they are dealt
  // to the zones in turn. Never empty.
  std::vector<InstanceSpec> instances;
  std::int64_t concurrency = 1;  // requests in service at once, per instance
  Discipline discipline = Discipline::fifo;
  std::optional<std::int64_t> queue_limit;  // waiting requests, per instance; absent: unlimited
  Named service_time;                       // distribution, at speed 1
  // False: it has targets, and the file does not say how long they take. The service time is then
  // constant and 0, and the scenario cannot be simulated.
  bool has_service_time = true;
  // After the own service time, in order; at most 255 calls in all.
  std::vector<ParallelCalls> calls;
  // Whether a request keeps its place in `concurrency` while it waits for its calls (a thread per
  // request) or gives it back (asynchronous servers).
  bool holds_slot_during_calls = true;
  std::int64_t request_bytes = 1024;
  std::int64_t response_bytes = 1024;
  StrategiesSpec strategies;  // of every channel to this service
  // Live: these instead of modelled instances, one for each of `instances`. Empty: modelled.
  std::vector<TargetSpec> targets;
};

struct KeysSpec {
  std::uint64_t count = 0;
  double zipf_exponent = 0;  // 0: uniform
};

struct ClosedLoopSpec {
  std::int64_t users = 1;
  std::optional<Named> think_time;  // distribution; absent: none
};

// What a client's requests look like on the wire; simulation does not look at it.
struct HttpRequestSpec {
  std::string method = "GET";
  std::string path = "/";  // "{key}" stands for the request's key, from 0
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct ClientSpec {
  std::string name;
  HttpRequestSpec request;
  std::size_t calls = 0;          // index into Scenario::services
  std::optional<Named> arrivals;  // open: kind "arrivals"; exactly one of the two is set
  std::optional<ClosedLoopSpec> closed;
  std::optional<KeysSpec> keys;  // absent: requests have no key
  std::uint16_t zone = 0;
  std::int64_t instances = 1;  // processes that share its requests, each with a view of its own
  std::vector<std::string> labels{};  // "key=value", sorted: what it asks of its endpoints
};

enum class FaultKind {
  slow,           // service takes `factor` times as long
  crash,          // the process is killed; new ones are refused until it is over
  pause,          // nothing is served, requests wait
  refuse,         // new attempts are refused; those under way go on
  reset,          // the connection is reset when an attempt arrives
  error,          // attempts are answered at once with `status`
  truncate,       // attempts are served, but their answer breaks off
  network_delay,  // messages to and from the target take `latency` longer
  bandwidth,      // messages to and from the target share a link of `rate`
  blackhole,      // messages to and from the target vanish
  slow_close,     // that a connection to or from the target was closed is heard `latency` later
  absent,         // not running and no member of the service; what is under way there goes on
};

// As files write them, in the order of FaultKind.
inline constexpr std::array<std::string_view, 12> kFaultKindNames{
    "slow",     "crash",         "pause",     "refuse",    "reset",      "error",
    "truncate", "network_delay", "bandwidth", "blackhole", "slow_close", "absent"};
constexpr std::string_view to_text(FaultKind kind) {
  return kFaultKindNames[static_cast<std::size_t>(kind)];
}
// What happens between parties rather than at one of them, and so to services of any make.
constexpr bool is_on_the_wire(FaultKind kind) {
  return kind == FaultKind::network_delay || kind == FaultKind::bandwidth ||
         kind == FaultKind::blackhole || kind == FaultKind::slow_close;
}

struct FaultSpec {
  FaultKind kind = FaultKind::slow;
  Duration at{};      // at or beyond the end of the run: it never happens (the run was shortened)
  Duration length{};  // cut at the end of the run
  // Instances hit, as (service, instance) pairs: a target is `orders/0`, `orders` (all its
  // instances) or `zone:west` (all instances in it). Never empty.
  struct Target {
    std::size_t service;
    std::size_t instance;
  };
  std::vector<Target> targets;
  double factor = 1;  // slow: service takes this many times as long
  // Distribution; network_delay: added to each message each way, slow_close: to each close.
  std::optional<Named> latency;
  double probability = 1;  // reset, error, truncate: that an attempt is hit
  int status = 503;        // error: 400 to 599
  double rate = 0;         // bandwidth: bytes per second, each way; positive
  std::string label;       // "slow ×10 on orders/0", for people
};

// `latency_ms.p99 < 100`, checked for every variant, or for those named by `variant`.
struct Expectation {
  std::string text;
  std::string metric;  // "latency_ms.p99"
  enum class Comparison { less, at_most, greater, at_least } comparison = Comparison::less;
  double limit = 0;
  // Empty: must hold for the best variant (the one the report recommends).
  std::string variant;
};

// What carries a client's requests to the instances.
enum class Via {
  channel,    // the client's own channel, straight to the instances
  steelyard,  // a proxy in front of each service: Steelyard's gateway, with the scenario's
              // balancers
  nginx,      // the same place taken by another program, live only
  haproxy,
  envoy,
};

// As files write them, in the order of Via.
inline constexpr std::array<std::string_view, 5> kViaNames{"channel", "steelyard", "nginx",
                                                           "haproxy", "envoy"};
constexpr std::string_view to_text(Via via) { return kViaNames[static_cast<std::size_t>(via)]; }

// How the live world plays instances that it models itself.
enum class Work {
  timer,      // a request waits for its service time
  processor,  // it burns its service time of processor time
};

struct Scenario {
  std::string name;
  std::string question;
  std::string description;
  RunSpec run;
  NetworkSpec network;
  std::vector<ServiceSpec> services;  // never empty; the call graph has no cycle
  std::vector<ClientSpec> clients;    // never empty
  std::vector<FaultSpec> faults;
  std::vector<Expectation> expect;
  std::optional<GatewaySpec> gateway;  // live only
  Via via = Via::channel;
  Work work = Work::timer;
};

// One column of a comparison.
struct Variant {
  std::string name;  // "balancer=p2c"; "default" if the file compares nothing
  struct Setting {
    std::string path;  // as written under compare: "balancer", "services.orders.instances"
    std::string value;
  };
  std::vector<Setting> settings;
  Scenario scenario;  // the file with this variant's settings applied
};

// A loaded file: at least one variant.
struct Comparison {
  std::string file;
  std::string text;    // the source, for the report
  std::string digest;  // of the source and the overrides, hexadecimal
  std::vector<std::string> overrides;
  std::vector<Variant> variants;  // the cross product of the axes in order, the last axis fastest
  const Scenario& base() const { return variants.front().scenario; }
};

}  // namespace steelyard
