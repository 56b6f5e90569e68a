// A scenario as its file says it: shapes and units checked, names not yet looked up.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/codec.h"
#include "scenarios/gateway_draft.h"
#include "scenarios/scenario.h"

namespace steelyard {

using Reference = Located<std::string>;  // the name of a service or a zone

struct RunDraft {
  std::uint64_t seed = RunSpec{}.seed;
  Located<Duration> duration{RunSpec{}.duration, {}, false};
  std::optional<Located<Duration>> warmup;
  Replications replications;
};

struct LatencyDraft {
  std::optional<Named> within;
  std::optional<Named> between;
};

struct BandwidthDraft {
  double within = 0;
  double between = 0;
};

struct NetworkDraft {
  std::vector<Reference> zones;
  LatencyDraft latency;
  double loss = 0;
  std::optional<Duration> retransmit = NetworkSpec{}.retransmit;
  BandwidthDraft bandwidth;
};

struct CallDraft {
  Reference service;
  double probability = 1;
};

struct GroupDraft {
  std::int64_t count = 1;
  double speed = 1;
  std::int64_t weight = 1;
  Reference zone;
  std::int64_t priority = 0;
  std::vector<std::string> labels{};
};

struct QueueDraft {
  Discipline discipline = Discipline::fifo;
  std::optional<std::int64_t> limit;
};

struct ServiceDraft {
  Reference name;
  Located<std::vector<GroupDraft>> instances;
  std::int64_t concurrency = ServiceSpec{}.concurrency;
  QueueDraft queue;
  std::optional<Named> service_time;
  std::vector<std::vector<CallDraft>> calls;
  bool holds_slot_during_calls = ServiceSpec{}.holds_slot_during_calls;
  std::int64_t request_bytes = ServiceSpec{}.request_bytes;
  std::int64_t response_bytes = ServiceSpec{}.response_bytes;
  // Read on top of the scenario's own strategies once those are known. Lives as long as the tree.
  Located<const Node*> strategies{nullptr, {}, false};
  Located<const Node*> node{nullptr, {}, false};  // the service itself
};

// The live services of `name`.
struct TargetsDraft {
  Reference name;
  std::vector<TargetSpec> urls;
};

struct LiveDraft {
  Work work = Scenario{}.work;
};

struct ClientDraft {
  Reference name;
  HttpRequestSpec request;
  Reference calls;
  std::optional<Named> arrivals;
  std::optional<ClosedLoopSpec> closed;
  std::optional<KeysSpec> keys;
  Reference zone;
  std::int64_t instances = ClientSpec{}.instances;
  std::vector<std::string> labels;
};

// What one kind of fault is told; each kind uses its part.
struct HitDraft {
  Reference target;
  double factor = FaultSpec{}.factor;
  std::optional<Named> latency;
  double probability = FaultSpec{}.probability;
  std::int64_t status = FaultSpec{}.status;
  double rate = FaultSpec{}.rate;
};

struct FaultDraft {
  Located<Duration> at;
  std::optional<Duration> length;
  // Exactly one of these.
  std::optional<HitDraft> slow;
  std::optional<HitDraft> crash;
  std::optional<HitDraft> pause;
  std::optional<HitDraft> refuse;
  std::optional<HitDraft> reset;
  std::optional<HitDraft> error;
  std::optional<HitDraft> truncate;
  std::optional<HitDraft> network_delay;
  std::optional<HitDraft> bandwidth;
  std::optional<HitDraft> blackhole;
  std::optional<HitDraft> slow_close;
  std::optional<HitDraft> absent;
};

struct FaultMember {
  FaultKind kind;
  std::optional<HitDraft> FaultDraft::*hit;
};
inline constexpr std::array<FaultMember, kFaultKindNames.size()> kFaultMembers{{
    {FaultKind::slow, &FaultDraft::slow},
    {FaultKind::crash, &FaultDraft::crash},
    {FaultKind::pause, &FaultDraft::pause},
    {FaultKind::refuse, &FaultDraft::refuse},
    {FaultKind::reset, &FaultDraft::reset},
    {FaultKind::error, &FaultDraft::error},
    {FaultKind::truncate, &FaultDraft::truncate},
    {FaultKind::network_delay, &FaultDraft::network_delay},
    {FaultKind::bandwidth, &FaultDraft::bandwidth},
    {FaultKind::blackhole, &FaultDraft::blackhole},
    {FaultKind::slow_close, &FaultDraft::slow_close},
    {FaultKind::absent, &FaultDraft::absent},
}};

struct ExpectationDraft {
  Expectation expectation;
  Spot variant;  // where its variant was named
};

struct ScenarioDraft {
  std::string name;
  std::string question;
  std::string description;
  RunDraft run;
  NetworkDraft network;
  std::vector<ServiceDraft> services;
  std::vector<ClientDraft> clients;
  std::vector<FaultDraft> faults;
  StrategiesSpec strategies;
  std::vector<ExpectationDraft> expect;
  std::optional<GatewayDraft> gateway;
  std::vector<TargetsDraft> targets;
  LiveDraft live;
  Via via = Scenario{}.via;
};

}  // namespace steelyard
