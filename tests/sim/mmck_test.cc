// 30 random M/M/c/K queues: how many are refused, and how long the others take, beside the
// simulation.
#include <string>

#include "core/random.h"
#include "tests/sim/agreement.h"

namespace steelyard {
namespace {

// One to three instances, chosen at random, of one to eight places and up to 20 that may wait; from
// 50 to 160% of what they can do, so that 3% and more are refused here, and hardly any there.
std::string random_queue(std::uint64_t seed) {
  RandomStream random(seed);
  const std::uint64_t instances = 1 + random.below(3);
  const std::uint64_t concurrency = 1 + random.below(8);
  const std::uint64_t limit = random.below(21);
  const double load = 0.5 + 1.1 * random.uniform_open();
  const double rate = load * 100 * static_cast<double>(instances * concurrency);  // of 10 ms each
  return fmt::format(R"(
name: mmck
run: {{seed: {}, duration: {:.0f}s, replications: 1}}
services:
  a: {{instances: {}, concurrency: {}, queue: {{limit: {}}}, service_time: {{exponential: 10ms}}}}
clients:
  x: {{calls: a, arrivals: {{poisson: {:.3f}/s}}}}
strategies: {{balancer: random}}
)",
                     seed, std::ceil(66'000 / rate), instances, concurrency, limit, rate);
}

// Two figures each: the share that is refused, and the mean of the others.
TEST(RandomQueuesWithALimit, AgreeWithTheory) {
  test::Agreement agreement(2 * test::Agreement::kScenarios, "latency_ms.mean");
  for (std::uint64_t seed = 1; seed <= test::Agreement::kScenarios; ++seed)
    agreement.expect_of(random_queue(seed));
  agreement.expect_coverage();
}

}  // namespace
}  // namespace steelyard
