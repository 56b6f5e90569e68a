#include "app/capacity_plan.h"

#include <algorithm>
#include <cmath>

#include "app/closed_forms.h"
#include "app/instance_kinds.h"
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

// How much more of its places are taken at the busiest instance than on average, where nobody
// looks.
double crowding_of(const ServiceTraffic& service) {
  if (!splits_at_random(service) || !(service.utilisation() > 0)) return 1;
  return busiest_of(service).utilisation() / service.utilisation();
}

// Sets the last of `services`, which is that of this index; a twin needs the same.
void plan_for_target(const Traffic& traffic, std::size_t index, queueing::Demand demand,
                     double p99_seconds, std::vector<ServicePlan>& services) {
  const ServiceTraffic& service = traffic.services[index];
  ServicePlan& plan = services.back();
  for (std::size_t i = 0; i < index; ++i)
    if (are_twins(traffic.services[i], service)) {
      plan.at_best = services[i].at_best;
      plan.at_random = services[i].at_random;
      return;
    }
  if (!service.exponential && !plan.held_as_exponential)
    demand.service = service.distribution.get();
  // As if all instances had the speed 1, by a clock that is so much faster.
  const auto instances = [&](double load, double speed, queueing::Sharing sharing) {
    queueing::Demand at_speed_1 = demand;
    at_speed_1.arrival_rate *= load / speed;
    at_speed_1.mean_service *= service.speed;
    return queueing::instances_for(at_speed_1, 0.99, p99_seconds * speed, sharing);
  };
  if (plan.knows_at_best) plan.at_best = instances(1, service.speed, queueing::Sharing::one_queue);
  if (!plan.knows_at_random) return;
  const ServiceTraffic busiest = busiest_of(service);
  plan.at_random = instances(busiest.rate / service.rate, busiest.speed, queueing::Sharing::random);
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
    const double crowding = crowding_of(service);
    const double share =
        crowding * std::max(of.rate * least[i], kept >= places ? kept : 0) / places;
    if (share > highest) {
      highest = share;
      plan.bottleneck = i;
    }
    const std::int64_t servers = service.spec->concurrency;
    // With too few instances for its callers' calls, a place would be held for ever.
    const double held = std::isfinite(of.held) ? of.held : least[i];
    services.keep_up = queueing::instances_to_keep_up({of.rate, held * crowding, servers});
    services.held_as_exponential =
        service.spec->holds_slot_during_calls && !traffic.calls[i].empty();
    const bool in_order = service.spec->discipline == Discipline::fifo;
    const bool varies = services.held_as_exponential || std::isfinite(service.variance);
    services.knows_at_best = in_order && varies;
    services.knows_at_random = in_order && (varies || servers == 1);
    if (!p99_seconds || !(of.rate > 0) || !(held > 0)) continue;
    plan_for_target(traffic, i, {of.rate, held, servers}, *p99_seconds, plan.services);
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
