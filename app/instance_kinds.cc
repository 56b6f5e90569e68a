#include "app/instance_kinds.h"

#include <algorithm>
#include <map>
#include <utility>

#include "balancers/balancer.h"

namespace steelyard::app {

std::vector<InstanceKind> kinds_of(const ServiceTraffic& service) {
  const std::vector<InstanceSpec>& instances = service.spec->instances;
  double total_weight = 0;
  for (const InstanceSpec& instance : instances) total_weight += instance.weight;
  const StrategyInfo* balancer =
      Catalogue::find(Balancer::kKind, service.spec->strategies.balancer.name);
  const bool weighted = balancer->has_trait("weighted") && total_weight > 0;

  std::map<std::pair<double, double>, double> counts;  // by speed and weight as it is heeded
  for (const InstanceSpec& instance : instances)
    if (!weighted || instance.weight > 0)
      ++counts[{instance.speed, weighted ? instance.weight : 1}];
  const auto all = static_cast<double>(instances.size());
  std::vector<InstanceKind> kinds;
  for (const auto& [kind, count] : counts) {
    const auto& [speed, weight] = kind;
    const double probability = weight / (weighted ? total_weight : all);  // of each
    InstanceKind& added = kinds.emplace_back();
    added.share = count * probability;
    added.service = service;
    added.service.alike = true;
    added.service.rate = service.rate * probability * all;
    const double slower = service.speed / speed;
    added.service.speed = speed;
    added.service.mean_service *= slower;
    added.service.variance *= slower * slower;
    if (added.service.phases) added.service.phases->rates /= slower;
  }
  return kinds;
}

ServiceTraffic busiest_of(const ServiceTraffic& service) {
  std::vector<InstanceKind> kinds = kinds_of(service);
  return std::move(std::max_element(kinds.begin(), kinds.end(),
                                    [](const InstanceKind& a, const InstanceKind& b) {
                                      return a.service.utilisation() < b.service.utilisation();
                                    })
                       ->service);
}

}  // namespace steelyard::app
