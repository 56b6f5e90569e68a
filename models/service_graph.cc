#include "models/service_graph.h"

#include <algorithm>

#include "core/check.h"

namespace steelyard::graph {

std::vector<OneCall> calls_one_by_one(const ServiceCalls& calls) {
  std::vector<OneCall> all;
  for (std::size_t caller = 0; caller < calls.size(); ++caller)
    for (const auto& stage : calls[caller])
      for (const ServiceCall& call : stage) all.push_back({caller, call.to, call.probability});
  return all;
}

Edges edges_of(const ServiceCalls& calls) {
  Edges edges;
  for (const OneCall& call : calls_one_by_one(calls)) edges.emplace_back(call.from, call.to);
  return edges;
}

std::vector<std::size_t> callers_first(const ServiceCalls& calls) {
  auto order = topological_order(calls.size(), edges_of(calls));
  STEELYARD_CHECK(order.has_value(), "no service calls itself by any way");
  return std::move(*order);
}

// A request is spared if none of its calls is made and needs it; calls are drawn independently.
std::vector<double> chance_to_need(const ServiceCalls& calls, std::size_t lost) {
  std::vector<double> chance(calls.size(), 0);
  std::vector<std::size_t> order = callers_first(calls);
  std::reverse(order.begin(), order.end());
  for (const std::size_t service : order) {
    double spared = service == lost ? 0 : 1;
    for (const auto& stage : calls[service])
      for (const ServiceCall& call : stage) spared *= 1 - call.probability * chance[call.to];
    chance[service] = 1 - spared;
  }
  return chance;
}

CriticalPath critical_path(const ServiceCalls& calls, const std::vector<double>& times,
                           std::size_t from) {
  const std::vector<std::size_t> order = callers_first(calls);
  std::vector<double> total(calls.size(), 0);
  std::vector<std::vector<ServiceCall>> waits_for(calls.size());  // the slowest call of each stage
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    total[*at] = times[*at];
    for (const auto& stage : calls[*at]) {
      const auto time_of = [&](const ServiceCall& call) {
        return call.probability * total[call.to];
      };
      const auto slowest = std::max_element(
          stage.begin(), stage.end(),
          [&](const ServiceCall& a, const ServiceCall& b) { return time_of(a) < time_of(b); });
      if (slowest == stage.end()) continue;
      waits_for[*at].push_back(*slowest);
      total[*at] += time_of(*slowest);
    }
  }
  CriticalPath path{.steps = {}, .total = total[from]};
  std::vector<double> visits(calls.size(), 0);
  visits[from] = 1;
  for (const std::size_t service : order) {
    if (visits[service] == 0) continue;
    path.steps.push_back({service, visits[service], visits[service] * times[service]});
    for (const ServiceCall& call : waits_for[service])
      visits[call.to] += visits[service] * call.probability;
  }
  return path;
}

}  // namespace steelyard::graph
