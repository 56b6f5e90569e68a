// dx_hash: consistent hashing by drawing buckets until one is in use.
#include "balancers/balancer.h"
#include "balancers/buckets.h"
#include "core/hash.h"

namespace steelyard {
namespace {

class DxHash final : public Balancer {
 public:
  explicit DxHash(std::int64_t capacity) : capacity_(static_cast<std::size_t>(capacity)) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    const Buckets::Changes changes = buckets_.update(endpoints);
    if (endpoints.empty() || endpoints.size() > owners_.size()) {
      buckets_.number_anew();
      const std::size_t capacity =
          endpoints.empty() ? 0 : bucket_capacity(endpoints.size(), capacity_);
      owners_.assign(capacity, Buckets::kNone);
      unused_.clear();
      for (std::size_t b = capacity; b > endpoints.size(); --b)
        unused_.push_back(static_cast<std::uint32_t>(b - 1));
    } else {
      for (const std::uint32_t bucket : changes.vacated) {
        owners_[bucket] = Buckets::kNone;
        unused_.push_back(bucket);
      }
      for (const std::size_t i : changes.newcomers) {
        buckets_.give(i, unused_.back());
        unused_.pop_back();
      }
    }
    for (std::uint32_t i = 0; i < endpoints.size(); ++i) owners_[buckets_.of()[i]] = i;
    if (!endpoints.empty()) limit_draws(endpoints.size());
  }

  std::size_t pick(const Choice& choice) override {
    const std::uint64_t key = choice.hash_or_random();
    std::uint32_t owner = owners_[part_of(key, owners_.size())];
    for (std::uint64_t draw = 1; owner == Buckets::kNone; ++draw) {
      if (draw > draws_max_) return last_resort_;
      owner = owners_[part_of(mix64(key + draw * kSpread), owners_.size())];
    }
    return owner;
  }

  Insight insight(const Choice& choice) const override {
    Insight insight;
    insight.add_each("bucket", choice.endpoints.size(), [&](auto i) { return buckets_.of()[i]; });
    return insight;
  }

 private:
  static constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15ULL;

  // All of 40 capacity / n draws miss with probability (1 - n / capacity)^(40 capacity / n) <
  // e^-40: 4 keys in 10^18.
  void limit_draws(std::size_t endpoints) {
    draws_max_ = 40 * (owners_.size() / endpoints + 1);
    const auto in_use = [](std::uint32_t owner) { return owner != Buckets::kNone; };
    last_resort_ = *std::find_if(owners_.begin(), owners_.end(), in_use);
  }

  std::size_t capacity_;
  std::vector<std::uint32_t> owners_;  // by bucket: a position, or kNone while out of use
  std::vector<std::uint32_t> unused_;  // the last vacated last
  std::uint64_t draws_max_ = 0;
  std::uint32_t last_resort_ = 0;
  Buckets buckets_;
};

const Registration<Balancer> kRegistration{{
    .name = "dx_hash",
    .summary = "Consistent hashing by a sequence of buckets: the first in use has the key.",
    .doc =
        "Takes the key as the seed of a sequence of buckets, of which some stand for endpoints and "
        "the rest are out of use; the first of the sequence that is in use has the key. Keys are "
        "spread as evenly as chance can, and when an endpoint leaves only its own move, to all "
        "others alike. Use it where anchor_hash would do: it is simpler, needs no record of who "
        "replaced whom, and an endpoint that comes back to its bucket finds its keys whatever "
        "happened meanwhile; but a look-up takes capacity / n draws, not their logarithm. Which "
        "bucket an endpoint has depends on the order in which endpoints came and went, so clients "
        "that start at different times disagree; there take maglev or rendezvous. A set that "
        "outgrows `capacity` is laid out anew, and nearly all keys move. Weights play no part "
        "here, though the paper has a variant with weights, and it does not see load. A request "
        "without a key goes to a random endpoint.",
    .formula = "owner(key) = first in use of h(key, 0), h(key, 1), h(key, 2), …",
    .cost = "O(capacity / n) expected",
    .source = "Dong, Wang, Feng: DxHash, 2021",
    .also_known_as = {{"dxhash", "the paper's name for it"}},
    .parameters = {bucket_capacity_parameter()},
    .traits = {"hashing", "consistent", "minimal", "historical"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<DxHash>(settings.integer("capacity"));
    },
}};

}  // namespace
}  // namespace steelyard
