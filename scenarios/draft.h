// A scenario as its file says it: shapes and units checked, names not yet looked up.
#pragma once

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
  Named service_time;
  std::vector<std::vector<CallDraft>> calls;
  bool holds_slot_during_calls = ServiceSpec{}.holds_slot_during_calls;
  std::int64_t request_bytes = ServiceSpec{}.request_bytes;
  std::int64_t response_bytes = ServiceSpec{}.response_bytes;
  // Read on top of the scenario's own strategies once those are known. Lives as long as the tree.
  Located<const Node*> strategies{nullptr, {}, false};
};

struct ClientDraft {
  Reference name;
  Reference calls;
  std::optional<Named> arrivals;
  std::optional<ClosedLoopSpec> closed;
  std::optional<KeysSpec> keys;
  Reference zone;
};

// What one kind of fault is told; each kind uses its part.
struct HitDraft {
  Reference target;
  double factor = 1;
  std::optional<Named> latency;
};

struct FaultDraft {
  Located<Duration> at;
  std::optional<Duration> length;
  std::optional<HitDraft> slow;
  std::optional<HitDraft> crash;
  std::optional<HitDraft> pause;
  std::optional<HitDraft> network_delay;
};

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
};

}  // namespace steelyard
