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
};

const Registration<Balancer> kRegistration{{
    .name = "random",
    .summary = "Every endpoint with the same probability.",
    .doc = "Stateless, so any number of independent clients together stay fair. Queues grow as in "
           "separate M/M/1 systems: at 90% load the mean time in system is ten service times. Use "
           "it as the baseline; ship p2c instead.",
    .formula = "P(i) = 1/n",
    .cost = "O(1)",
    .source = "Mitzenmacher 2001, the case d = 1",
    .make = [](const Settings&) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<Random>();
    },
}};

}  // namespace
}  // namespace steelyard
