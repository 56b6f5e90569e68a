#include "models/service_graph.h"

#include <algorithm>

#include "core/check.h"
#include "core/math.h"

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

namespace {

// If whatever different calls lead to is independent. Sums of logarithms, so that small chances
// keep their digits.
double chance_by_independent_ways(const ServiceCalls& calls,
                                  const std::vector<std::size_t>& callers_first,
                                  const std::vector<double>& down, std::size_t from) {
  std::vector<double> fails(calls.size(), 0);
  for (auto at = callers_first.rbegin(); at != callers_first.rend(); ++at) {
    bool surely = down[*at] >= 1;
    double log_spared = surely ? 0 : math::log1p(-down[*at]);
    for (const auto& stage : calls[*at])
      for (const ServiceCall& call : stage) {
        const double hit = call.probability * fails[call.to];
        surely |= hit >= 1;
        if (!surely) log_spared += math::log1p(-hit);
      }
    fails[*at] = surely ? 1 : -math::expm1(log_spared);
  }
  return fails[from];
}

// Those that more than one way leads to, and of which it is not certain whether they are up.
std::vector<std::size_t> shared_and_uncertain(const ServiceCalls& calls,
                                              const std::vector<std::size_t>& callers_first,
                                              const std::vector<double>& down, std::size_t from) {
  std::vector<int> ways(calls.size(), 0);  // more than two count as two
  ways[from] = 1;
  std::vector<std::size_t> shared;
  for (const std::size_t service : callers_first) {
    if (ways[service] > 1 && down[service] > 0 && down[service] < 1) shared.push_back(service);
    for (const auto& stage : calls[service])
      for (const ServiceCall& call : stage)
        if (call.probability > 0) ways[call.to] = std::min(2, ways[call.to] + ways[service]);
  }
  return shared;
}

}  // namespace

FailureChance chance_to_fail(const ServiceCalls& calls, const std::vector<double>& down,
                             std::size_t from) {
  constexpr std::size_t kSharedMax = 16;
  const std::vector<std::size_t> order = callers_first(calls);
  const std::vector<std::size_t> shared = shared_and_uncertain(calls, order, down, from);
  if (shared.size() > kSharedMax) {
    FailureChance chance{.low = 0, .high = chance_by_independent_ways(calls, order, down, from)};
    for (std::size_t lost = 0; lost < calls.size(); ++lost)
      chance.low = std::max(chance.low, chance_to_need(calls, lost)[from] * down[lost]);
    return chance;
  }
  double sum = 0;
  std::vector<double> known = down;
  for (std::size_t states = 0; states < std::size_t{1} << shared.size(); ++states) {
    double share = 1;
    for (std::size_t i = 0; i < shared.size(); ++i) {
      const bool is_down = (states >> i & 1) != 0;
      known[shared[i]] = is_down ? 1 : 0;
      share *= is_down ? down[shared[i]] : 1 - down[shared[i]];
    }
    sum += share * chance_by_independent_ways(calls, order, known, from);
  }
  return {sum, sum};
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
  for (const std::size_t service : order)
    for (const ServiceCall& call : waits_for[service])
      visits[call.to] += visits[service] * call.probability;

  // In the order in which a request first comes to them.
  std::vector<bool> listed(calls.size(), false);
  std::vector<std::size_t> to_come{from};
  while (!to_come.empty()) {
    const std::size_t service = to_come.back();
    to_come.pop_back();
    if (listed[service] || visits[service] == 0) continue;
    listed[service] = true;
    path.steps.push_back({service, visits[service], visits[service] * times[service]});
    const std::vector<ServiceCall>& next = waits_for[service];
    for (auto call = next.rbegin(); call != next.rend(); ++call) to_come.push_back(call->to);
  }
  return path;
}

}  // namespace steelyard::graph
