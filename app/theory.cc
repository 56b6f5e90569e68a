// What theory says beside measurements: only where it is exact, or its own error is known.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/assumptions.h"
#include "app/closed_forms.h"
#include "app/facts.h"
#include "app/networks.h"

namespace steelyard::app {
namespace {

using Values = std::vector<TheoryValue>;

void add(Values& values, const std::string& metric, const std::string& model, const Range& range,
         double factor = 1, double tolerance = 0.01) {
  if (!range.known() || !std::isfinite(range.high)) return;
  values.push_back({.metric = metric,
                    .model = model,
                    .value = (range.low + range.high) / 2 * factor,
                    .tolerance = tolerance,
                    .low = range.low * factor,
                    .high = range.high * factor});
}

// One service that calls nobody: much is known about it.
Values single_service(const ServiceTraffic& service) {
  Values values;
  for (const ClosedForm& form : closed_forms(service)) {
    add(values, "latency_ms.mean", form.model, form.mean, 1e3, form.tolerance);
    add(values, "latency_ms.p50", form.model, form.p50, 1e3, form.tolerance);
    add(values, "latency_ms.p90", form.model, form.p90, 1e3, form.tolerance);
    add(values, "latency_ms.p99", form.model, form.p99, 1e3, form.tolerance);
    if (service.spec->queue_limit) add(values, "error_ratio", form.model, form.block_probability);
  }
  return values;
}

// A metric of one client, by the name under which reports have it.
std::string metric_of(const Traffic& traffic, const ClientTraffic& client, const char* metric) {
  return traffic.clients.size() == 1 ? metric
                                     : fmt::format("clients.{}.{}", client.spec->name, metric);
}

Values jackson_network(const Traffic& traffic) {
  const auto solved = jackson_network_of(traffic);
  if (!solved || !solved->ergodic()) return {};
  const char* model = "Jackson network";
  Values values;
  add(values, "latency_ms.mean", model, solved->mean_response(), 1e3);
  if (traffic.clients.size() > 1)
    for (const ClientTraffic& client : traffic.clients)
      add(values, metric_of(traffic, client, "latency_ms.mean"), model,
          solved->mean_response_from(client.spec->calls), 1e3);
  for (const ServiceTraffic& service : traffic.services)
    if (service.rate > 0)
      add(values, fmt::format("services.{}.utilisation", service.spec->name), model,
          service.utilisation());
  return values;
}

Values closed_network(const Traffic& traffic) {
  const ClientTraffic& client = traffic.clients.front();
  const auto solved = closed_network_of(traffic);
  if (!solved) return {};
  const char* model = "closed network";
  Values values;
  add(values, "throughput_rps", model, solved->throughput);
  add(values, "latency_ms.mean", model, solved->mean_response, 1e3);
  for (std::size_t i = 0; i < traffic.services.size(); ++i)
    if (client.visits[i] > 0)
      add(values, fmt::format("services.{}.utilisation", traffic.services[i].spec->name), model,
          solved->stations[i].utilisation);
  return values;
}

}  // namespace

Values theory_of(const Scenario& scenario) {
  const Traffic traffic = traffic_of(scenario);
  if (scenario.services.size() == 1 && left_out_of_arrivals(traffic).empty() &&
      left_out_between(scenario).empty() && left_out_at(traffic.services.front()).empty())
    return single_service(traffic.services.front());
  if (left_out_of_jackson(scenario, traffic).empty()) return jackson_network(traffic);
  if (left_out_of_closed_network(scenario, traffic).empty()) return closed_network(traffic);
  return {};
}

}  // namespace steelyard::app
