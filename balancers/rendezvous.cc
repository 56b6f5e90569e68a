// rendezvous: every endpoint bids for the key, the highest bid has it.
#include <limits>

#include "balancers/balancer.h"
#include "balancers/weights.h"
#include "core/hash.h"
#include "core/math.h"

namespace steelyard {
namespace {

class Rendezvous final : public Balancer {
 public:
  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    weights_ = weights_of(endpoints);
    hashes_.clear();
    for (const Endpoint& endpoint : endpoints) hashes_.push_back(xxh64(endpoint.name));
  }

  std::size_t pick(const Choice& choice) override {
    const std::uint64_t key = mix64(choice.hash_or_random());
    return weights_.equal ? highest_hash(key) : highest_bid(key);
  }

  Insight insight(const Choice& choice) const override {
    Insight insight;
    if (!choice.has_key) {
      insight.add_each("weight", hashes_.size(), [&](auto i) { return weights_.each[i]; });
      return insight;
    }
    const std::uint64_t key = mix64(choice.key_hash);
    insight.add_each("score", hashes_.size(),
                     [&](auto i) { return weights_.each[i] / -math::log(uniform(key, i)); });
    return insight;
  }

 private:
  double uniform(std::uint64_t key, std::size_t i) const {
    return static_cast<double>((mix64(key ^ hashes_[i]) >> 11) + 1) * 0x1p-53;
  }

  // -w / ln(u) grows with u, so that equal weights need no logarithm.
  std::size_t highest_hash(std::uint64_t key) const {
    std::size_t best = 0;
    std::uint64_t highest = 0;
    for (std::size_t i = 0; i < hashes_.size(); ++i) {
      const std::uint64_t hash = mix64(key ^ hashes_[i]);
      if (hash <= highest) continue;
      highest = hash;
      best = i;
    }
    return best;
  }

  // The highest of -w / ln(u) is the lowest of -ln(u) / w, the first of clocks that ring at random
  // with rates w. Since -ln(u) >= 1 - u, most are out of the race before a logarithm is taken.
  std::size_t highest_bid(std::uint64_t key) const {
    std::size_t best = 0;
    double earliest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < hashes_.size(); ++i) {
      const double weight = weights_.each[i];
      const double u = uniform(key, i);
      if (weight == 0 || 1 - u > earliest * weight) continue;
      const double rings = -math::log(u) / weight;
      if (rings >= earliest) continue;
      earliest = rings;
      best = i;
    }
    return best;
  }

  Weights weights_;
  std::vector<std::uint64_t> hashes_;
};

const Registration<Balancer> kRegistration{{
    .name = "rendezvous",
    .summary = "Highest random weight: all endpoints bid for the key, the highest bid has it.",
    .doc =
        "Hashes the key with every endpoint's name and takes the highest score, with weights "
        "exactly in proportion to them. When an endpoint leaves only its own keys move, spread "
        "over all others; when its weight changes keys move only to it or from it: no other scheme "
        "here keeps that for any weights. It needs no table and no ring, so callers agree as soon "
        "as they know the same endpoints. Use it for up to some hundred endpoints. A look-up asks "
        "all of them, a nanosecond or two each, so for thousands take maglev or anchor_hash. It "
        "does not see load, so popular keys overload their owner. A request without a key goes to "
        "a random endpoint.",
    .formula = "owner(key) = argmax -w(i) / ln(h(key, i)), h uniform in (0, 1]",
    .cost = "O(n)",
    .source = "Thaler and Ravishankar 1998; Schindelhauer and Schomaker 2005 for weights",
    .also_known_as = {{"hrw", "the literature's abbreviation, highest random weight"},
                      {"rendezvous_hash", "the literature's name for it"}},
    .traits = {"weighted", "hashing", "consistent", "minimal"},
    .make = [](const Settings&) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<Rendezvous>();
    },
}};

}  // namespace
}  // namespace steelyard
