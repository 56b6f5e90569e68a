// slow_start: an endpoint that is new, or healthy again, gets its share bit by bit.
#include <algorithm>

#include "balancers/grouped.h"
#include "balancers/known_endpoints.h"
#include "balancers/layers/scaled_weights.h"
#include "balancers/parameters.h"
#include "core/math.h"

namespace steelyard {
namespace {

class SlowStart final : public Grouped {
 public:
  SlowStart(const Settings& settings, BalancerMaker inner)
      : Grouped(std::move(inner)),
        window_(settings.duration("window")),
        exponent_(1 / settings.number("aggression")),
        least_(settings.number("min_weight")),
        refresh_(settings.duration("refresh")),
        at_start_(settings.flag("at_start")) {}

 private:
  struct Known {
    Instant since;  // when it joined, or was last found healthy again
    bool healthy = true;
    bool warm = false;  // was there from the start
  };

  std::vector<Group> arrange(std::span<const Endpoint> endpoints, Instant now,
                             RandomStream&) override {
    note_newcomers(endpoints, now);
    Group all = all_of(endpoints);
    shares_.assign(endpoints.size(), 1);
    if (std::any_of(known_.begin(), known_.end(),
                    [&](const Known& k) { return warms_up(k, now); })) {
      const std::uint64_t scale = weight_scale(endpoints);
      for (Member& member : all.members) {
        const Known& known = known_[member.position];
        double& share = shares_[member.position];
        if (warms_up(known, now)) share = factor(now - known.since);
        member.weight = scaled_weight(member.weight, share, scale);
      }
      wake_me(now + refresh_);
    } else {
      wake_me(kNever);
    }
    return {std::move(all)};
  }

  void explain(const Choice&, Insight& insight) const override {
    insight.add_each("weight_share", shares_.size(), [&](auto i) { return shares_[i]; });
  }

  void on_own_wake(Instant now) override { rearrange(now); }
  bool wakes_itself() const override { return true; }

  void note_newcomers(std::span<const Endpoint> endpoints, Instant now) {
    const std::vector<std::size_t> before = ids_.update(endpoints);
    std::vector<Known> known;
    known.reserve(endpoints.size());
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      Known each{.since = now, .healthy = endpoints[i].healthy, .warm = first_ && !at_start_};
      if (before[i] != KnownEndpoints::kNew) {
        const Known& old = known_[before[i]];
        if (old.healthy || !each.healthy) each = {old.since, each.healthy, old.warm};
      }
      known.push_back(each);
    }
    if (!endpoints.empty()) first_ = false;
    known_ = std::move(known);
  }

  bool warms_up(const Known& known, Instant now) const {
    return !known.warm && now - known.since < window_;
  }
  // At least a second counts as having passed, as Envoy's documentation has it.
  double factor(Duration since) const {
    const double passed = to_seconds(std::max<Duration>(since, 1s)) / to_seconds(window_);
    return std::clamp(math::pow(passed, exponent_), least_, 1.0);
  }

  Duration window_;
  double exponent_;
  double least_;
  Duration refresh_;
  bool at_start_;
  bool first_ = true;
  KnownEndpoints ids_;
  std::vector<Known> known_;    // by position
  std::vector<double> shares_;  // by position: of its weight, since the last refresh
};

const Registration<Layer> kRegistration{{
    .name = "slow_start",
    .summary = "A new endpoint gets its share bit by bit.",
    .doc =
        "Scales down the weight of an endpoint that joined, or was found healthy again, less than "
        "`window` ago: from `min_weight` of it up to all. Use it where caches, compilers or "
        "connection pools make the first requests slow, so that one start does not look like an "
        "outage. It works through weights, so the balancer behind must heed them (trait "
        "`weighted`); round_robin and peak_ewma do not. Do not use it where few requests come: an "
        "endpoint that gets none warms up by the clock alone. Endpoints that were there when the "
        "caller started count as warm. Weights are brought up to date every `refresh`, not at "
        "every pick: with 1s and 60s the weight is never more than a sixtieth of the whole too "
        "low, and a balancer whose tables are dear (maglev, ring_hash) rebuilds them no more "
        "often. Envoy has it for round robin and least request only, and counts at least a second "
        "as passed by its documentation, as here, but a millisecond by its code; HAProxy's "
        "slowstart rises in a straight line from the moment a server is up, nginx's (commercial) "
        "too; gRPC A100 has it for weighted_round_robin.",
    .formula = "w max(min_weight, (max(t, 1s) / window)^(1 / aggression))",
    .cost =
        "O(1); O(n) and the balancer's cost of a change every `refresh` while somebody warms up",
    .source = "Envoy, slow start mode",
    .also_known_as = {{"slowstart", "HAProxy's name for it"},
                      {"slow_start_window", "Envoy's name for its window"}},
    .parameters = {positive(parameter::duration("window", 60s, "How long warming up takes.",
                                                "none: Envoy's documentation has 60s as its "
                                                "example")),
                   parameter::number("aggression", 1.0, {0.01, 100},
                                     "1: the weight grows in a straight line; more: "
                                     "faster at first.",
                                     "Envoy"),
                   parameter::ratio("min_weight", 0.1, "Of its weight, at the very beginning.",
                                    "Envoy, min_weight_percent"),
                   interval("refresh", 1s, "How often weights are brought up to date.",
                            "none: Envoy does it when an endpoint's turn comes"),
                   parameter::boolean("at_start", false,
                                      "Whether endpoints that were there from the start warm up "
                                      "as well.",
                                      "HAProxy; Envoy: true, which makes no difference while all "
                                      "are equally new")},
    .make = layer_of<SlowStart>,
}};

}  // namespace
}  // namespace steelyard
