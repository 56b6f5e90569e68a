// zone_aware: requests stay in the caller's zone as far as that leaves every endpoint its share.
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "balancers/grouped.h"
#include "balancers/layers/shares.h"
#include "balancers/layers/zone_routing.h"

namespace steelyard {
namespace {

class ZoneAware final : public Grouped {
 public:
  ZoneAware(const Settings& settings, BalancerMaker inner)
      : Grouped(std::move(inner)),
        min_cluster_size_(static_cast<std::uint64_t>(settings.integer("min_cluster_size"))),
        routes_some_(settings.number("routing_enabled") < 1) {
    const double routed = settings.number("routing_enabled") * kZoneWhole;
    const auto by_zone = static_cast<std::uint64_t>(std::lround(routed));
    rule_.set({by_zone, kZoneWhole - by_zone});
  }

  bool wants_unhealthy() const override { return true; }

  static std::string idle_with(const Settings& settings, std::size_t endpoints) {
    const std::int64_t least = settings.integer("min_cluster_size");
    if (std::cmp_greater_equal(endpoints, least)) return {};
    return fmt::format("ignores zones, as there are {} endpoints and its min_cluster_size is {}",
                       endpoints, least);
  }

 private:
  std::vector<Group> arrange(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    std::size_t zones = std::max<std::size_t>(caller().count_by_zone.size(), caller().zone + 1u);
    for (const Endpoint& endpoint : endpoints)
      zones = std::max<std::size_t>(zones, endpoint.zone + 1u);
    std::vector<std::uint64_t> healthy(zones, 0);
    for (const Endpoint& endpoint : endpoints) healthy[endpoint.zone] += endpoint.healthy ? 1 : 0;
    std::vector<std::uint64_t> callers(caller().count_by_zone.begin(),
                                       caller().count_by_zone.end());
    callers.resize(zones, 0);
    const auto usable = std::accumulate(healthy.begin(), healthy.end(), std::uint64_t{0});
    routes_ = usable > 0 && usable >= min_cluster_size_ && callers[caller().zone] > 0;
    if (!routes_) {
      Group all = all_of(endpoints);
      all.identity = zones;  // no zone's
      return {std::move(all)};
    }
    share_out(callers, healthy);
    std::vector<Group> groups(zones);
    for (std::size_t zone = 0; zone < zones; ++zone) groups[zone].identity = zone;
    for (std::size_t i = 0; i < endpoints.size(); ++i)
      groups[endpoints[i].zone].members.push_back({i, endpoints[i].weight});
    return groups;
  }

  void share_out(const std::vector<std::uint64_t>& callers,
                 const std::vector<std::uint64_t>& healthy) {
    const std::size_t own = caller().zone;
    ZoneRouting routing = zone_routing(callers, healthy, own);
    std::vector<std::uint64_t>& residual = routing.residual;
    std::uint64_t rest = std::accumulate(residual.begin(), residual.end(), std::uint64_t{0});
    if (rest == 0 && routing.stays < kZoneWhole) {  // rounding left nobody with room
      for (std::size_t zone = 0; zone < residual.size(); ++zone)
        residual[zone] = zone == own ? 0 : healthy[zone];
      rest = std::accumulate(residual.begin(), residual.end(), std::uint64_t{0});
    }
    for (std::uint64_t& share : residual) share *= kZoneWhole - routing.stays;
    residual[own] = routing.stays * std::max<std::uint64_t>(rest, 1);
    by_zone_.set(std::move(residual));
    by_size_.set(healthy);
  }

  std::size_t choose(const Choice& choice) override {
    if (!routes_) return 0;
    const bool routed = !routes_some_ || rule_.choose(choice, by_key()) == 0;
    return (routed ? by_zone_ : by_size_).choose(choice, by_key());
  }

  bool may_choose(std::size_t zone) const override {
    return !routes_ || by_zone_.share_of(zone) > 0 || (routes_some_ && by_size_.share_of(zone) > 0);
  }

  void explain(const Choice& choice, Insight& insight) const override {
    if (!routes_) return;
    insight.add_each("zone_share", choice.endpoints.size(),
                     [&](auto i) { return by_zone_.share_of(group_of(i)); });
  }

  std::uint64_t min_cluster_size_;
  bool routes_some_;
  Shares rule_{"zone_aware, routing_enabled"};  // by zone, by size
  bool routes_ = false;
  Shares by_zone_{"zone_aware"};
  Shares by_size_{"zone_aware"};
};

const Registration<Layer> kRegistration{{
    .name = "zone_aware",
    .summary = "Requests stay in the caller's zone as far as every endpoint keeps its share.",
    .doc =
        "Compares the caller's zone's part of all callers with its part of all healthy endpoints. "
        "If the endpoints' part is no smaller, everything stays; otherwise only as much as they "
        "can take without getting more than others, and the rest goes to zones with endpoints to "
        "spare, in proportion to what they can spare. Use it where traffic between zones is slow "
        "or paid for. It takes for granted that all callers send the same; where one zone is "
        "busier than its number of callers tells, its endpoints get more. Do not use it for few "
        "endpoints: below `min_cluster_size` healthy ones all are used alike, as they are when "
        "nobody told how many callers each zone has; when the own zone has none healthy, "
        "everything goes to zones with endpoints to spare. Within a zone the balancer behind only "
        "sees that zone's endpoints. Envoy has the rule; Istio prefers the "
        "locality whole and fails over by priority, as does Kubernetes' PreferClose; Linkerd "
        "leaves the zone by load.",
    .formula = "stays = min(1, e / c), e, c: the zone's share of endpoints, callers; rest by "
               "max(0, e(z) - c(z))",
    .cost = "O(zones); O(n) when the set or somebody's health changes",
    .source = "Envoy, zone aware routing",
    .also_known_as = {{"zone_aware_lb_config", "Envoy's name for it"},
                      {"topology_aware_routing", "Kubernetes' name for its own"}},
    .parameters = {parameter::integer("min_cluster_size", 6, {0, 1e6},
                                      "With fewer healthy endpoints zones play no part.", "Envoy"),
                   parameter::ratio("routing_enabled", 1.0,
                                    "Of the requests so many; the others draw their zone by its "
                                    "number of healthy endpoints.",
                                    "Envoy")},
    .traits = {"locality"},
    .make = layer_of<ZoneAware>,
}};

}  // namespace
}  // namespace steelyard
