// What is allowed in a scenario, and probably not meant.
#include <fmt/format.h>

#include <cmath>

#include "app/facts.h"
#include "core/make.h"
#include "models/arrivals.h"
#include "models/distribution.h"
#include "models/graph.h"
#include "reports/format.h"

namespace steelyard::app {
namespace {

// Requests per second that reach each service, retries not counted. Clients whose rate changes, or
// who wait for their answers, count as nothing: what is said of the rest holds all the more.
std::vector<double> offered_rates(const Scenario& scenario) {
  std::vector<double> rates(scenario.services.size());
  for (const ClientSpec& client : scenario.clients) {
    if (!client.arrivals) continue;
    rates[client.calls] += std::max(0.0, make_checked<Arrivals>(*client.arrivals)->constant_rate());
  }
  graph::Edges edges;
  for (std::size_t caller = 0; caller < scenario.services.size(); ++caller)
    for (const ParallelCalls& together : scenario.services[caller].calls)
      for (const CallSpec& call : together) edges.emplace_back(caller, call.service);
  const auto order = graph::topological_order(scenario.services.size(), edges);
  if (!order) return rates;
  for (const std::size_t caller : *order)
    for (const ParallelCalls& together : scenario.services[caller].calls)
      for (const CallSpec& call : together) rates[call.service] += rates[caller] * call.probability;
  return rates;
}

// Requests per second that all instances together can serve; infinity if service takes no time.
double capacity(const ServiceSpec& service) {
  const double mean_seconds = make_checked<Distribution>(service.service_time)->mean_seconds();
  if (!(mean_seconds > 0)) return HUGE_VAL;
  double speed = 0;
  for (const InstanceSpec& instance : service.instances) speed += instance.speed;
  // Those who share an instance's processor are no faster for being many.
  const double places = service.discipline == Discipline::processor_sharing
                            ? 1
                            : static_cast<double>(service.concurrency);
  return speed * places / mean_seconds;
}

std::string per_second(double rate) { return grouped(rate, rate < 10 ? 2 : 0) + "/s"; }

}  // namespace

std::vector<std::string> late_faults(const Scenario& scenario) {
  std::vector<std::string> notes;
  for (const FaultSpec& fault : scenario.faults)
    if (fault.at >= scenario.run.duration)
      notes.push_back(
          fmt::format("The fault \"{}\" would begin at {}, after the end of the run ({}): it never "
                      "happens.",
                      fault.label, to_text(fault.at), to_text(scenario.run.duration)));
  return notes;
}

std::vector<std::string> notes_on(const Scenario& scenario) {
  std::vector<std::string> notes = late_faults(scenario);
  const std::vector<double> offered = offered_rates(scenario);
  for (std::size_t i = 0; i < scenario.services.size(); ++i) {
    const double most = capacity(scenario.services[i]);
    if (offered[i] > most)
      notes.push_back(
          fmt::format("{} is offered {}, but can serve {} at most: its queue grows for "
                      "as long as the load lasts.",
                      scenario.services[i].name, per_second(offered[i]), per_second(most)));
  }
  return notes;
}

}  // namespace steelyard::app
