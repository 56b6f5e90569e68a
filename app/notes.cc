// What is allowed in a scenario, and probably not meant.
#include <fmt/format.h>

#include <cmath>

#include "app/facts.h"
#include "app/traffic.h"
#include "balancers/layer.h"
#include "core/make.h"
#include "reports/format.h"

namespace steelyard::app {
namespace {

std::string per_second(double rate) { return grouped(rate, rate < 10 ? 2 : 0) + "/s"; }

std::vector<std::string> idle_layers(const Scenario& scenario) {
  std::vector<std::string> notes;
  for (const ServiceSpec& service : scenario.services) {
    const StrategiesSpec& strategies = service.strategies;
    const auto known = static_cast<std::size_t>(
        std::ceil(strategies.view.known * static_cast<double>(service.instances.size())));
    for (const Named& layer : strategies.layers)
      if (const std::string why = make_checked<Layer>(layer)->idle_with(known); !why.empty())
        notes.push_back(fmt::format("In front of {}, {} {}.", service.name, layer.name, why));
  }
  return notes;
}

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
  for (std::string& note : idle_layers(scenario)) notes.push_back(std::move(note));
  // Clients whose rate changes, or who wait for their answers, count as nothing: what is said of
  // the rest holds all the more.
  const Traffic traffic = traffic_of(scenario);
  for (const ServiceTraffic& service : traffic.services)
    if (service.rate > service.capacity())
      notes.push_back(
          fmt::format("{} is offered {}, but can serve {} at most: {}.", service.spec->name,
                      per_second(service.rate), per_second(service.capacity()),
                      service.spec->queue_limit ? "it refuses the rest"
                                                : "its queue grows for as long as the load lasts"));
  return notes;
}

}  // namespace steelyard::app
