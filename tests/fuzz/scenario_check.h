// What must hold of the loader for any input. Used by the fuzz target and by a bounded run in the
// tests.
#pragma once

#include <string>

#include "core/check.h"
#include "scenarios/loader.h"

namespace steelyard {

inline void check_problem(const Problem& problem) {
  STEELYARD_CHECK(problem.line >= 1 && problem.column >= 1, "a problem without a place");
  STEELYARD_CHECK(!problem.file.empty() && !problem.message.empty(), "a problem without words");
  STEELYARD_CHECK(problem.message.find('\n') == std::string::npos, "a message of many lines");
  STEELYARD_CHECK(to_text(problem).size() < 4096, "a problem without end");
}

// REQUIRES of the worlds, as scenario.h states them.
inline void check_scenario(const Scenario& scenario) {
  STEELYARD_CHECK(!scenario.services.empty() && !scenario.clients.empty(), "an empty scenario");
  STEELYARD_CHECK(!scenario.network.zones.empty(), "no zone");
  STEELYARD_CHECK(scenario.run.duration > scenario.run.warmup, "nothing to measure");
  for (const ServiceSpec& service : scenario.services) {
    STEELYARD_CHECK(!service.instances.empty() && service.concurrency >= 1, "no capacity");
    STEELYARD_CHECK(!service.service_time.name.empty(), "no service time");
    STEELYARD_CHECK(!service.strategies.balancer.name.empty(), "no balancer");
    for (const InstanceSpec& instance : service.instances)
      STEELYARD_CHECK(instance.zone < scenario.network.zones.size() && instance.speed > 0,
                      "an impossible instance");
    STEELYARD_CHECK(service.targets.empty() || service.targets.size() == service.instances.size(),
                    "targets for other instances");
    STEELYARD_CHECK(service.has_service_time || !service.targets.empty(), "nothing to serve with");
    for (const TargetSpec& target : service.targets)
      STEELYARD_CHECK(!target.host.empty() && target.port > 0 &&
                          (target.path.empty() || target.path.starts_with('/')),
                      "an impossible target");
    for (const ParallelCalls& calls : service.calls)
      for (const CallSpec& call : calls)
        STEELYARD_CHECK(call.service < scenario.services.size(), "a dangling call");
  }
  for (const ClientSpec& client : scenario.clients)
    STEELYARD_CHECK(client.calls < scenario.services.size() &&
                        client.arrivals.has_value() != client.closed.has_value(),
                    "an impossible client");
  for (const ClientSpec& client : scenario.clients) {
    STEELYARD_CHECK(client.request.path.starts_with('/'), "a request without a path");
    for (const auto& [name, value] : client.request.headers)
      STEELYARD_CHECK(!name.empty() && value.find_first_of(std::string("\r\n\0", 3)) == value.npos,
                      "a header that splits a request");
  }
  for (const FaultSpec& fault : scenario.faults) {
    STEELYARD_CHECK(!fault.targets.empty(), "an idle fault");
    STEELYARD_CHECK(fault.probability > 0 && fault.probability <= 1 && fault.status >= 400 &&
                        fault.status <= 599 &&
                        (fault.kind != FaultKind::bandwidth || fault.rate > 0),
                    "an impossible fault");
    for (const FaultSpec::Target& target : fault.targets)
      STEELYARD_CHECK(target.service < scenario.services.size() &&
                          target.instance < scenario.services[target.service].instances.size(),
                      "a dangling target");
  }
}

inline void check_load(const std::string& text, LoadOptions options) {
  // One file exists, so that the way to tables is open.
  options.read_file = [](const std::string& path) -> Result<std::string> {
    if (path.ends_with("table.csv")) return std::string("second,requests\n0,3\n1,4\n2,5\n");
    return Error{"there is no such file"};
  };
  const LoadResult result = load_scenario_text(text, "fuzz.yaml", options);
  STEELYARD_CHECK(result.comparison.has_value() == result.problems.empty(),
                  "neither a comparison nor a problem, or both");
  for (const Problem& problem : result.problems) check_problem(problem);
  if (!result.comparison) return;
  STEELYARD_CHECK(!result.comparison->variants.empty(), "a comparison of nothing");
  for (const Variant& variant : result.comparison->variants) check_scenario(variant.scenario);
}

}  // namespace steelyard
