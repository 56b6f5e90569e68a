// How many instances each service of a scenario needs, which service gives way first, and how often
// what is needed is there.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "app/response_times.h"
#include "app/traffic.h"
#include "models/markov_chain.h"
#include "models/service_graph.h"

namespace steelyard::app {

struct ServicePlan {
  // Instances below which it is overloaded, or has to refuse; queueing::kNeverEnough if any are.
  std::int64_t keep_up = 1;
  // For the target, if there is one and it can be met: with one queue for all instances, and with a
  // queue for each and requests that go to any (models/capacity.h).
  std::optional<std::int64_t> at_best;
  std::optional<std::int64_t> at_random;
  // Whether these two can be told: nothing is known of percentiles where processors are shared, or
  // the last comes first; nor of several places in a queue and service times of infinite variance.
  bool knows_at_best = true;
  bool knows_at_random = true;
  // Places are kept during calls, for times of which only the mean is known: taken as exponential.
  bool held_as_exponential = false;
};

struct CapacityPlan {
  std::vector<ServicePlan> services;
  std::optional<std::size_t> bottleneck;  // the service that gives way first
  double growth = 0;  // all traffic times this, and it has: nothing beyond can be sustained
};

// `p99_seconds`: of the time from arrival at a service until its place is free again.
CapacityPlan capacity_plan(const Traffic& traffic, const ResponseTimes& times,
                           std::optional<double> p99_seconds);

struct FailureAssumptions {
  double mean_time_to_failure = 0;  // seconds, of an instance
  double mean_time_to_repair = 0;
  std::optional<std::int64_t> repairers;  // at once, for each service; absent: as many as instances
};

struct AvailabilityPlan {
  struct Service {
    std::int64_t needed = 1;  // instances that carry the load
    // Nothing: those it has do not suffice.
    std::optional<queueing::Availability> availability;
  };
  std::vector<Service> services;
  // Share of a client's requests that call a service that is down.
  std::vector<graph::FailureChance> of_clients;
};
AvailabilityPlan availability_plan(const Traffic& traffic, const CapacityPlan& plan,
                                   const FailureAssumptions& failures);

}  // namespace steelyard::app
