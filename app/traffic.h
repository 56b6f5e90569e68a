// A scenario as queueing theory sees it: who sends how much, how much of it reaches each service,
// and how much that can do. The command's `theory`, the theory beside measurements and the notes of
// `check` are made of this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/distribution.h"
#include "models/phase_type.h"
#include "models/service_graph.h"
#include "scenarios/scenario.h"

namespace steelyard::app {

struct ClientTraffic {
  const ClientSpec* spec = nullptr;
  std::optional<double> rate;  // requests per second in the long run, if there is such a number
  std::optional<double> peak;  // else the highest of the run, if it follows a schedule
  bool poisson = false;        // it never changes, and the gaps are exponential and independent
  std::vector<double> visits;  // requests to each service for each of the client's
};

struct ServiceTraffic {
  const ServiceSpec* spec = nullptr;
  double rate = 0;         // requests per second, retries not counted, of clients with a known rate
  bool rate_known = true;  // of every client whose requests come here
  double mean_service = 0;  // seconds, its calls not included; at the instances' mean speed
  double variance = 0;      // seconds^2, the same
  std::shared_ptr<const Distribution> distribution;  // of service times at speed 1
  double speed = 1;                                  // mean of the instances'
  bool exponential = false;
  std::optional<queueing::PhaseType> phases;
  bool alike = true;        // instances have one speed and one weight
  std::size_t callers = 0;  // of it: channels, each with a view of its own

  std::int64_t instances() const { return static_cast<std::int64_t>(spec->instances.size()); }
  std::int64_t places() const { return instances() * spec->concurrency; }
  // Requests per second that all places together can serve; infinity if service takes no time.
  double capacity() const;
  double utilisation() const { return rate / capacity(); }
};

// Services that call nobody, and of which theory knows the same: shards, mostly.
bool are_twins(const ServiceTraffic& a, const ServiceTraffic& b);

struct Traffic {
  std::vector<ClientTraffic> clients;
  std::vector<ServiceTraffic> services;
  graph::ServiceCalls calls;

  bool rates_known() const;  // of every client
};

// Points into the scenario. Needs no service times of services that have none.
Traffic traffic_of(const Scenario& scenario);

// The same as if peaks lasted.
Traffic at_peak(Traffic traffic);

}  // namespace steelyard::app
