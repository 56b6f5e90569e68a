// 30 random Jackson networks: the traffic equations and M/M/c beside the simulation.
#include <cmath>
#include <string>
#include <vector>

#include "core/random.h"
#include "tests/sim/agreement.h"

namespace steelyard {
namespace {

double between(double low, double high, RandomStream& random) {
  return low + (high - low) * random.uniform_open();
}

// A network of two to five services, of which each calls some of those behind it, one after the
// other, now and then the same one again; one or two clients. Service times are chosen so that
// every service is 30 to 80% utilised. Of what a request does, only where it goes is by chance, and
// each service of one request is visited again as often as it is called.
std::string random_network(std::uint64_t seed) {
  RandomStream random(seed);
  const std::size_t services = 2 + random.below(4);
  const std::size_t clients = 1 + random.below(2);
  std::vector<double> rate(services, 0);
  std::vector<std::string> calls(services);
  std::string sources;
  double arriving = 0;
  for (std::size_t i = 0; i < clients; ++i) {
    const std::size_t entrance = i == 0 ? 0 : random.below(services);
    const double of = std::round(between(50, 400, random));
    rate[entrance] += of;
    arriving += of;
    sources += fmt::format("  c{}: {{calls: s{}, arrivals: {{poisson: {}/s}}}}\n", i, entrance, of);
  }
  std::string text;
  for (std::size_t i = 0; i < services; ++i) {
    for (std::size_t stage = i + 1 < services ? random.below(4) : 0; stage > 0; --stage) {
      const std::size_t callee = i + 1 + random.below(services - i - 1);
      const double probability =
          random.below(2) == 0 ? 1 : std::round(between(5, 95, random)) / 100;
      rate[callee] += rate[i] * probability;
      calls[i] += fmt::format("{}{{s{}: {{probability: {}}}}}", calls[i].empty() ? "" : ", ",
                              callee, probability);
    }
    const std::size_t instances = 1 + random.below(3);
    const std::size_t concurrency = 1 + random.below(4);
    const double mean_us = between(0.3, 0.8, random) * 1e6 *
                           static_cast<double>(instances * concurrency) / std::max(rate[i], 1.0);
    text += fmt::format(
        "  s{}: {{instances: {}, concurrency: {}, service_time: {{exponential: {:.0f}us}}, "
        "calls: [{}], holds_slot_during_calls: false}}\n",
        i, instances, concurrency, mean_us, calls[i]);
  }
  // 40,000 requests after a warm-up of a tenth.
  return fmt::format(
      "name: jackson\nrun: {{seed: {}, duration: {:.0f}s, replications: "
      "1}}\nservices:\n{}clients:\n"
      "{}strategies: {{balancer: random}}\n",
      seed, std::ceil(44'000 / arriving), text, sources);
}

// At most eight figures each: one mean for all, two for clients, five utilisations.
TEST(RandomJacksonNetworks, AgreeWithTheory) {
  test::Agreement agreement(8 * test::Agreement::kScenarios, "latency_ms.mean");
  for (std::uint64_t seed = 1; seed <= test::Agreement::kScenarios; ++seed)
    agreement.expect_of(random_network(seed));
  agreement.expect_coverage();
}

}  // namespace
}  // namespace steelyard
