// jump: consistent hashing without any memory, for endpoints that are numbered and stay.
#include <vector>

#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"

namespace steelyard {
namespace {

// The key's bucket of so many: it follows the key from one bucket up, and jumps over the additions
// that do not move it. REQUIRES: buckets > 0. [Lamping and Veach 2014]
std::uint64_t bucket_of(std::uint64_t key, std::uint64_t buckets) {
  std::uint64_t bucket = 0;
  for (std::uint64_t next = 0; next < buckets;) {
    bucket = next;
    key = key * 2862933555777941757u + 1;
    next = static_cast<std::uint64_t>(static_cast<double>(bucket + 1) *
                                      (0x1p31 / static_cast<double>((key >> 33) + 1)));
  }
  return bucket;
}

class Jump final : public Balancer {
 public:
  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    by_id_ = positions_by_id(endpoints);
  }

  std::size_t pick(const Choice& choice) override {
    return by_id_[bucket_of(choice.hash_or_random(), by_id_.size())];
  }

  Insight insight(const Choice& choice) const override {
    std::vector<double> bucket(by_id_.size());
    for (std::size_t i = 0; i < by_id_.size(); ++i) bucket[by_id_[i]] = static_cast<double>(i);
    Insight insight;
    if (choice.has_key)
      insight.add("key_bucket", static_cast<double>(bucket_of(choice.key_hash, by_id_.size())));
    insight.add_each("bucket", std::move(bucket));
    return insight;
  }

 private:
  std::vector<std::size_t> by_id_;  // positions; the endpoint of each bucket
};

const Registration<Balancer> kRegistration{{
    .name = "jump",
    .summary = "Jump consistent hash: the key picks a bucket, endpoints are buckets by id.",
    .doc =
        "Computes the key's bucket from the key and the number of endpoints alone, perfectly "
        "evenly and without any table; the buckets are the endpoints in the order of their ids. "
        "When one more comes with the highest id it takes exactly its share of keys, evenly from "
        "all. Use it for shards that are numbered and replaced in place rather than removed. Only "
        "the last bucket can leave: when another endpoint does, those behind it move up and keys "
        "move as if by chance, so it is not for fleets whose members come and go; there take "
        "anchor_hash, maglev or ring_hash. Callers agree as soon as they know the same endpoints. "
        "Weights play no part, and it does not see load. A request without a key goes to a random "
        "endpoint.",
    .formula = "b = -1, j = 0; while j < n: b = j, k = 2862933555777941757 k + 1, "
               "j = (b + 1) 2^31 / ((k >> 33) + 1)",
    .cost = "O(log n), about ln n divisions",
    .source = "Lamping and Veach: A fast, minimal memory, consistent hash algorithm, 2014",
    .also_known_as = {{"jump_hash", "the literature's name for it"},
                      {"jump_consistent_hash", "the literature's name for it"}},
    .traits = {"hashing"},
    .make = [](const Settings&) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<Jump>();
    },
}};

}  // namespace
}  // namespace steelyard
