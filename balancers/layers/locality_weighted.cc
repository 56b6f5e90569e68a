// locality_weighted: zones get shares of their own, less what their sick endpoints cannot take.
#include <map>

#include "balancers/grouped.h"
#include "balancers/layers/shares.h"
#include "balancers/layers/spill.h"

namespace steelyard {
namespace {

class LocalityWeighted final : public Grouped {
 public:
  LocalityWeighted(const Settings& settings, BalancerMaker inner)
      : Grouped(std::move(inner)),
        overprovisioning_percent_(
            static_cast<std::uint64_t>(settings.integer("overprovisioning_percent"))) {
    for (const Value& weight : settings.list("weights"))
      weights_.push_back(static_cast<std::uint64_t>(std::get<std::int64_t>(weight.held)));
  }

  bool wants_unhealthy() const override { return true; }

 private:
  struct Zone {
    Group group;
    Availability available;
    std::uint64_t weight = 0;  // of its endpoints
  };

  std::vector<Group> arrange(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    std::map<std::uint16_t, Zone> zones;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      Zone& zone = zones[endpoints[i].zone];
      zone.group.identity = endpoints[i].zone;
      zone.group.members.push_back({i, endpoints[i].weight});
      zone.weight += endpoints[i].weight;
      ++zone.available.total;
      zone.available.healthy += endpoints[i].healthy ? 1 : 0;
    }
    std::vector<Group> groups;
    std::vector<std::uint64_t> shares;
    std::vector<std::uint64_t> shares_if_all_are_sick;
    for (auto& [number, zone] : zones) {
      const std::uint64_t weight = weight_of(number, zone);
      shares.push_back(weight * health_percent(zone.available, overprovisioning_percent_));
      shares_if_all_are_sick.push_back(weight);
      groups.push_back(std::move(zone.group));
    }
    shares_.set(std::move(shares));
    if (shares_.total() == 0) shares_.set(std::move(shares_if_all_are_sick));
    return groups;
  }

  std::uint64_t weight_of(std::uint16_t number, const Zone& zone) const {
    if (weights_.empty()) return zone.weight;
    return number < weights_.size() ? weights_[number] : 0;
  }

  std::size_t choose(const Choice& choice) override { return shares_.choose(choice, by_key()); }

  bool may_choose(std::size_t zone) const override { return shares_.share_of(zone) > 0; }

  void explain(const Choice& choice, Insight& insight) const override {
    insight.add_each("zone_share", choice.endpoints.size(),
                     [&](auto i) { return shares_.share_of(group_of(i)); });
  }

  std::uint64_t overprovisioning_percent_;
  std::vector<std::uint64_t> weights_;
  Shares shares_{"locality_weighted"};
};

const Registration<Layer> kRegistration{{
    .name = "locality_weighted",
    .summary = "Zones get traffic by weights of their own, less where endpoints are sick.",
    .doc =
        "Each zone has a weight and a balancer of its own; a request draws its zone by weight, and "
        "the zone's balancer does the rest. A zone keeps its whole weight until fewer than 71% of "
        "its endpoints are healthy, taken to be built 1.4 times as large as needed, and then "
        "loses it in proportion. Use it where a control plane decides how much each zone or region "
        "takes: to drain one, or to pay for less traffic between them. Do not use it to prefer the "
        "caller's own zone: weights are the same for all callers; that is `zone_aware`. Weights "
        "are in the order of the scenario's `network.zones`; a zone without one gets nothing. "
        "Envoy takes zones in turns by deadline and gRPC (weighted_target) draws, as here; over a "
        "hashing balancer the key decides, and a change of health then moves keys between zones.",
    .formula = "P(zone) = w min(100, 140 healthy / n), over their sum",
    .cost = "O(zones); O(n) when the set or somebody's health changes",
    .source = "Envoy, locality weighted load balancing",
    .also_known_as = {{"locality_weighted_lb_config", "Envoy's name for it"},
                      {"weighted_target", "gRPC's name for it"}},
    .parameters = {[] {
                     Parameter weights = parameter::integer(
                         "weights", 0, {0, 1e9},
                         "Of the zones, in the order of `network.zones`; none: each has the sum of "
                         "its endpoints' weights.",
                         "Envoy's and gRPC's come from the control plane");
                     weights.list = true;
                     weights.fallback = {Value::List{}};
                     return weights;
                   }(),
                   parameter::integer("overprovisioning_percent", 140, {100, 10000},
                                      "How much larger zones are than they have to be.",
                                      "Envoy, overprovisioning_factor")},
    .traits = {"locality"},
    .make = layer_of<LocalityWeighted>,
}};

}  // namespace
}  // namespace steelyard
