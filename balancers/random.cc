// random: every endpoint with the same probability, whatever its weight or load.
#include "balancers/balancer.h"

namespace steelyard {
namespace {

class Random final : public Balancer {
 public:
  void on_endpoints(std::span<const Endpoint>, Instant, RandomStream&) override {}
  std::size_t pick(const Choice& choice) override {
    return choice.random.below(choice.endpoints.size());
  }
  Insight insight(const Choice& choice) const override {
    const auto count = static_cast<double>(choice.endpoints.size());
    Insight insight;
    insight.add_each("share", choice.endpoints.size(), [&](auto) { return 1 / count; });
    return insight;
  }
};

const Registration<Balancer> kRegistration{{
    .name = "random",
    .summary = "Every endpoint with the same probability.",
    .doc = "Draws one endpoint uniformly and looks at nothing: not at weights, not at load. It "
           "keeps no state, so any number of independent clients together stay as fair as one, "
           "which round_robin does not. Chance alone makes queues: the endpoints behave as "
           "separate M/M/1 systems, and at 90% load the mean time in system is ten service times. "
           "Use it as the baseline that every other balancer has to beat; to serve traffic take "
           "p2c, which costs one more draw. Offered by Envoy, HAProxy, nginx and Linkerd.",
    .formula = "P(i) = 1/n",
    .cost = "O(1)",
    .source = "Mitzenmacher 2001, the case d = 1",
    .make = [](const Settings&) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<Random>();
    },
}};

}  // namespace
}  // namespace steelyard
