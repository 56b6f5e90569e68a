#include "app/capacity_plan.h"

#include <algorithm>
#include <cmath>

#include "models/capacity.h"
#include "models/service_graph.h"

namespace steelyard::app {
namespace {

// For how long a place is taken at least: as if nobody waited anywhere.
std::vector<double> held_at_least(const Traffic& traffic) {
  std::vector<double> own;
  for (const ServiceTraffic& service : traffic.services) own.push_back(service.mean_service);
  std::vector<double> held = own;
  for (std::size_t i = 0; i < held.size(); ++i)
    if (traffic.services[i].spec->holds_slot_during_calls)
      held[i] = graph::critical_path(traffic.calls, own, i).total;
  return held;
}

}  // namespace

CapacityPlan capacity_plan(const Traffic& traffic, const ResponseTimes& times,
                           std::optional<double> p99_seconds) {
  CapacityPlan plan;
  const std::vector<double> least = held_at_least(traffic);
  double highest = 0;
  for (std::size_t i = 0; i < traffic.services.size(); ++i) {
    const ServiceTraffic& service = traffic.services[i];
    const ServiceTimes& of = times.services[i];
    ServicePlan& services = plan.services.emplace_back();
    // Where waiting for calls alone takes all places, that is what gives way; else with more
    // traffic it is known only that they are taken for as long as if nobody waited.
    const double kept = std::isfinite(of.held) ? of.rate * of.held : 0;
    const auto places = static_cast<double>(service.places());
    const double share = std::max(of.rate * least[i], kept >= places ? kept : 0) / places;
    if (share > highest) {
      highest = share;
      plan.bottleneck = i;
    }
    const std::int64_t servers = service.spec->concurrency;
    // With too few instances for its callers' calls, a place would be held for ever.
    const double held = std::isfinite(of.held) ? of.held : least[i];
    services.keep_up = queueing::instances_to_keep_up({of.rate, held, servers});
    services.knows_percentiles = service.exponential;
    if (!services.knows_percentiles) continue;
    if (!p99_seconds || !(of.rate > 0) || !(held > 0)) continue;
    const queueing::Demand demand{of.rate, held, servers};
    services.at_best =
        queueing::instances_for(demand, 0.99, *p99_seconds, queueing::Sharing::one_queue);
    services.at_random =
        queueing::instances_for(demand, 0.99, *p99_seconds, queueing::Sharing::random);
  }
  if (plan.bottleneck) plan.growth = 1 / highest;
  return plan;
}

AvailabilityPlan availability_plan(const Traffic& traffic, const CapacityPlan& plan,
                                   const FailureAssumptions& failures) {
  AvailabilityPlan found;
  std::vector<double> down;
  for (std::size_t i = 0; i < traffic.services.size(); ++i) {
    AvailabilityPlan::Service& service = found.services.emplace_back();
    const std::int64_t instances = traffic.services[i].instances();
    service.needed = plan.services[i].keep_up;
    if (service.needed <= instances)
      service.availability =
          queueing::availability({.parts = instances,
                                  .needed = service.needed,
                                  .repairers = failures.repairers.value_or(instances),
                                  .mean_time_to_failure = failures.mean_time_to_failure,
                                  .mean_time_to_repair = failures.mean_time_to_repair});
    down.push_back(service.availability ? service.availability->unavailable : 1);
  }
  for (const ClientTraffic& client : traffic.clients)
    found.of_clients.push_back(graph::chance_to_fail(traffic.calls, down, client.spec->calls));
  return found;
}

}  // namespace steelyard::app
