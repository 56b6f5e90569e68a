// weighted_random: every endpoint with a probability in proportion to its weight.
#include "balancers/alias_table.h"
#include "balancers/balancer.h"
#include "balancers/weights.h"

namespace steelyard {
namespace {

class WeightedRandom final : public Balancer {
 public:
  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    table_ = AliasTable(weights_of(endpoints));
  }
  std::size_t pick(const Choice& choice) override { return table_.draw(choice.random); }

  Insight insight(const Choice& choice) const override {
    const Weights weights = weights_of(choice.endpoints);
    Insight insight;
    insight.add_each("share", weights.each.size(),
                     [&](auto i) { return weights.each[i] / static_cast<double>(weights.total); });
    return insight;
  }

 private:
  AliasTable table_;
};

const Registration<Balancer> kRegistration{{
    .name = "weighted_random",
    .summary = "Every endpoint with a probability in proportion to its weight.",
    .doc = "Draws one endpoint, twice as often one with twice the weight. Like random it keeps no "
           "state between picks, so many independent clients together follow the weights, where "
           "weighted_round_robin in each of them would favour the heavy endpoints at every start. "
           "Use it to split traffic by capacity or for a canary; over k requests an endpoint of "
           "share p gets kp give or take sqrt(kp(1-p)), so small shares are uneven in the short "
           "run. It does not see load. Weight 0 gets nothing while another endpoint has a weight. "
           "Offered by HAProxy (random(1)) and, across clusters and routes, by Envoy and Linkerd.",
    .formula = "P(i) = w(i) / sum of w",
    .cost = "O(1); O(n) when the set changes",
    .source = "Walker 1977, Vose 1991 (the alias method)",
    .traits = {"weighted"},
    .make = [](const Settings&) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<WeightedRandom>();
    },
}};

}  // namespace
}  // namespace steelyard
