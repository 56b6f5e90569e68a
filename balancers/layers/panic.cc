// panic: too few endpoints are healthy, so health is not heeded any more.
#include "balancers/grouped.h"
#include "balancers/layers/spill.h"

namespace steelyard {
namespace {

constexpr std::uint64_t kOverprovisioningPercent = 140;

class Panic final : public Grouped {
 public:
  Panic(const Settings& settings, BalancerMaker inner)
      : Grouped(std::move(inner)),
        threshold_percent_(100 * settings.number("threshold")),
        fails_(settings.flag("fail_traffic_on_panic")) {}

  bool wants_unhealthy() const override { return true; }

 private:
  std::vector<Group> arrange(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    Availability at{.total = endpoints.size()};
    for (const Endpoint& endpoint : endpoints) at.healthy += endpoint.healthy ? 1 : 0;
    const bool panics =
        spill_of(std::span(&at, 1), kOverprovisioningPercent, threshold_percent_).panics[0];
    Group all = panics && fails_ ? Group{} : all_of(endpoints);
    all.whatever_health = panics;
    return {std::move(all)};
  }

  double threshold_percent_;
  bool fails_;
};

const Registration<Layer> kRegistration{{
    .name = "panic",
    .summary = "When too few endpoints are healthy, all are used, healthy or not.",
    .doc =
        "Sends to healthy endpoints only, until fewer than `threshold` of all are healthy; then to "
        "all, as if they were. The few that are left would otherwise get everybody's load and fall "
        "over one by one, and a health check that finds everybody sick is often itself at fault. "
        "Use it where partial success is worth something; where an outage is all or nothing, "
        "`fail_traffic_on_panic` fails requests at once and lets the endpoints recover. Without "
        "this layer requests fail when no endpoint is healthy. Envoy has it on by default at 50%, "
        "AWS's balancers do so by default only when nobody is healthy, gRPC never. With several "
        "priorities use `priority` instead, which panics by level.",
    .formula = "panic: healthy / n < threshold and 1.4 healthy / n < 1",
    .cost = "O(1); O(n) when the set or somebody's health changes",
    .source = "Envoy, panic threshold",
    .also_known_as = {{"healthy_panic_threshold", "Envoy's name for it"},
                      {"fail_open", "AWS's name for it"}},
    .parameters = {parameter::ratio("threshold", 0.5,
                                    "Share of healthy endpoints below which all are used; 0: "
                                    "never.",
                                    "Envoy, healthy_panic_threshold"),
                   parameter::boolean("fail_traffic_on_panic", false,
                                      "Requests fail instead, without being sent.", "Envoy")},
    .traits = {"health"},
    .make = layer_of<Panic>,
}};

}  // namespace
}  // namespace steelyard
