// weighted_random: every endpoint with a probability in proportion to its weight.
#include "balancers/balancer.h"
#include "balancers/weights.h"
#include "core/uint128.h"

namespace steelyard {
namespace {

// The alias method: the total weight is cut into n columns of equal height, each filled by at most
// two endpoints, its own and its alias. A draw picks a column, then one of the two.
// [Walker 1977; Vose 1991]
class WeightedRandom final : public Balancer {
 public:
  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    const Weights weights = weights_of(endpoints);
    const std::size_t n = endpoints.size();
    columns_.assign(n, {});
    // Scaled by n, so that a column holds exactly the total and all is integers: 2^32 * n.
    std::vector<std::uint64_t> left(n);
    std::vector<std::uint32_t> poor, rich;
    for (std::size_t i = 0; i < n; ++i) {
      left[i] = std::uint64_t{weights.each[i]} * n;
      (left[i] < weights.total ? poor : rich).push_back(static_cast<std::uint32_t>(i));
    }
    while (!poor.empty()) {
      const std::uint32_t giver = rich.back();  // the columns left over are full on average
      const std::uint32_t taker = poor.back();
      poor.pop_back();
      columns_[taker] = {part_of_2_64(left[taker], weights.total), giver};
      left[giver] -= weights.total - left[taker];
      if (left[giver] < weights.total) {
        rich.pop_back();
        poor.push_back(giver);
      }
    }
    for (const std::uint32_t full : rich) columns_[full] = {0, full};
  }

  // One draw serves both decisions: the high word of draw * n is the column, and the low word is
  // uniform within it.
  std::size_t pick(const Choice& choice) override {
    const auto product = static_cast<Uint128>(choice.random.next()) * choice.endpoints.size();
    const auto column = static_cast<std::size_t>(product >> 64);
    const auto height = static_cast<std::uint64_t>(product);
    return height < columns_[column].own ? column : columns_[column].alias;
  }

 private:
  struct Column {
    std::uint64_t own = 0;  // the part of the column, in 2^-64, that is its own endpoint's
    std::uint32_t alias = 0;
  };

  // REQUIRES: part < whole.
  static std::uint64_t part_of_2_64(std::uint64_t part, std::uint64_t whole) {
    return static_cast<std::uint64_t>((static_cast<Uint128>(part) << 64) / whole);
  }

  std::vector<Column> columns_;
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
