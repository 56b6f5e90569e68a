// priority: endpoints of a lower priority are for when those of a higher one fail.
#include <map>

#include "balancers/grouped.h"
#include "balancers/layers/shares.h"
#include "balancers/layers/spill.h"
#include "balancers/parameters.h"

namespace steelyard {
namespace {

class Priority final : public Grouped {
 public:
  Priority(const Settings& settings, BalancerMaker inner)
      : Grouped(std::move(inner)),
        failover_(settings.text("mode") == "failover"),
        overprovisioning_percent_(
            static_cast<std::uint64_t>(settings.integer("overprovisioning_percent"))),
        panic_percent_(100 * settings.number("panic_threshold")),
        fails_(settings.flag("fail_traffic_on_panic")),
        failover_delay_(settings.duration("failover_delay")) {}

  bool wants_unhealthy() const override { return true; }
  Instant wait_until() const override {
    return waits_until_ != kNever ? waits_until_ : Grouped::wait_until();
  }

 private:
  struct Level {
    std::uint8_t priority = 0;
    bool usable = false;  // one of its endpoints is healthy
    Instant lost{};       // when the last healthy one was
  };

  std::vector<Group> arrange(std::span<const Endpoint> endpoints, Instant now,
                             RandomStream&) override {
    std::map<std::uint8_t, Group> by_priority;
    std::map<std::uint8_t, Availability> available;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      const std::uint8_t priority = endpoints[i].priority;
      by_priority[priority].members.push_back({i, endpoints[i].weight});
      ++available[priority].total;
      available[priority].healthy += endpoints[i].healthy ? 1 : 0;
    }
    std::vector<Availability> levels;
    std::vector<Group> groups;
    for (auto& [priority, group] : by_priority) {
      group.identity = priority;
      groups.push_back(std::move(group));
      levels.push_back(available[priority]);
    }
    note_losses(groups, levels, now);
    if (!failover_) spill(groups, levels);
    return groups;
  }

  void spill(std::vector<Group>& groups, std::span<const Availability> levels) {
    Spill spill = spill_of(levels, overprovisioning_percent_, panic_percent_);
    for (std::size_t i = 0; i < groups.size(); ++i) {
      groups[i].whatever_health = spill.panics[i];
      if (spill.panics[i] && fails_) groups[i].members.clear();
    }
    shares_.set(std::move(spill.load_percent));
  }

  void note_losses(const std::vector<Group>& groups, const std::vector<Availability>& levels,
                   Instant now) {
    std::vector<Level> noted;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      Level level{.priority = static_cast<std::uint8_t>(groups[i].identity),
                  .usable = levels[i].healthy > 0,
                  .lost = now};
      for (const Level& before : levels_)
        if (before.priority == level.priority && !before.usable) level.lost = before.lost;
      noted.push_back(level);
    }
    levels_ = std::move(noted);
  }

  std::size_t choose(const Choice& choice) override {
    waits_until_ = kNever;
    if (!failover_) return shares_.choose(choice, by_key());
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      if (levels_[i].usable) return i;
      if (choice.now - levels_[i].lost >= failover_delay_) continue;
      waits_until_ = levels_[i].lost + failover_delay_;
      return kWait;
    }
    return kNobody;
  }

  bool may_choose(std::size_t level) const override {
    return failover_ ? level == first_usable() : shares_.share_of(level) > 0;
  }
  std::size_t first_usable() const {
    const auto first = std::find_if(levels_.begin(), levels_.end(),
                                    [](const Level& level) { return level.usable; });
    return static_cast<std::size_t>(first - levels_.begin());
  }

  void explain(const Choice& choice, Insight& insight) const override {
    insight.add_each("level_share", choice.endpoints.size(), [&](auto i) {
      const std::size_t level = group_of(i);
      if (!failover_ || level == kNobody) return shares_.share_of(level);
      return level == first_usable() ? 1.0 : 0.0;
    });
  }

  bool failover_;
  std::uint64_t overprovisioning_percent_;
  double panic_percent_;
  bool fails_;
  Duration failover_delay_;
  Shares shares_{"priority"};
  std::vector<Level> levels_;
  Instant waits_until_ = kNever;
};

const Registration<Layer> kRegistration{{
    .name = "priority",
    .summary = "Endpoints of lower priority take over what those of higher priority cannot.",
    .doc =
        "Groups endpoints by their `priority`, 0 first, each level with a balancer of its own. In "
        "mode `spill` a level takes the share of the load that its healthy endpoints can carry, "
        "taken to be built 1.4 times as large as needed, and the rest goes to the next; if all "
        "levels together cannot carry it, each is loaded in proportion to its health, and one with "
        "less than `panic_threshold` healthy uses all its endpoints; if all levels panic, shares "
        "follow their numbers of endpoints instead, healthy or not, as in Envoy. Use it for a "
        "second site that should take over gradually. In mode `failover` everything goes to the "
        "first level that has a healthy endpoint, however few: simple to reason about, but the "
        "last survivor of a level gets all of its load. Do not use priorities to prefer the near "
        "when the far is as good; `zone_aware` does that without overload. Envoy spills; gRPC "
        "fails over whole, and lets requests wait for `failover_delay` while a level tries to "
        "connect; HAProxy's and nginx's backup servers are used when no other is left, as in "
        "failover with a delay of 0s.",
    .formula = "health = min(100, 140 healthy / n); load(p) = min(what is left, "
               "100 health(p) / min(100, sum of health))",
    .cost = "O(levels); O(n) when the set or somebody's health changes",
    .source = "Envoy, priority levels; gRPC A56",
    .also_known_as = {{"failover", "gRPC's mode of it: {priority: {mode: failover}}"},
                      {"backup", "nginx's and HAProxy's word for priority 1"},
                      {"priority_experimental", "gRPC's name for it"}},
    .parameters = {parameter::choice("mode", "spill", {"spill", "failover"},
                                     "Whether load moves bit by bit or all at once.",
                                     "Envoy spills; gRPC fails over"),
                   parameter::integer("overprovisioning_percent", 140, {100, 10000},
                                      "Spill: how much larger levels are than they have to be.",
                                      "Envoy, overprovisioning_factor"),
                   parameter::ratio("panic_threshold", 0.5,
                                    "Spill: share of healthy endpoints below which a level uses "
                                    "all, if the levels together cannot carry the load; 0: never.",
                                    "Envoy, healthy_panic_threshold"),
                   parameter::boolean("fail_traffic_on_panic", false,
                                      "Spill: requests to a level that panics fail instead.",
                                      "Envoy"),
                   at_most_a_day(parameter::duration(
                       "failover_delay", 10s,
                       "Failover: for so long requests wait for a level that has lost its last "
                       "healthy endpoint.",
                       "gRPC A56's failover timer; 0s for nginx and HAProxy"))},
    .traits = {"health"},
    .make = layer_of<Priority>,
}};

}  // namespace
}  // namespace steelyard
