// anchor_hash: consistent hashing by a fixed array of buckets of which some are in use.
#include "balancers/balancer.h"
#include "balancers/buckets.h"
#include "core/hash.h"

namespace steelyard {
namespace {

// The anchor: all buckets there may be. A key is hashed to one of them; if that is out of use, to
// one of those that were in use just after it was taken out; and so on, until one is in use.
// [Mendelson, Vargaftik, Barabash, Lorenz, Keslassy, Orda: AnchorHash, IEEE/ACM ToN 2020]
class Anchor {
 public:
  // The buckets from `used` on are out of use.
  void start(std::size_t capacity, std::size_t used) {
    buckets_.resize(capacity);
    in_use_.resize(capacity);
    place_.resize(capacity);
    unused_.clear();
    used_ = static_cast<std::uint32_t>(used);
    for (std::uint32_t b = 0; b < buckets_.size(); ++b) {
      buckets_[b] = {.left_over = b < used ? 0 : b, .next = b};
      in_use_[b] = place_[b] = b;
    }
    for (std::size_t b = capacity; b > used; --b)
      unused_.push_back(static_cast<std::uint32_t>(b - 1));
  }

  std::size_t capacity() const { return buckets_.size(); }

  // REQUIRES: it is in use, and not the only one.
  void take_out(std::uint32_t bucket) {
    const std::uint32_t last = in_use_[--used_];
    in_use_[place_[bucket]] = last;
    place_[last] = place_[bucket];
    buckets_[bucket] = {.left_over = used_, .next = last};
    unused_.push_back(bucket);
  }

  // The last that was taken out. REQUIRES: there is one.
  std::uint32_t bring_back() {
    const std::uint32_t bucket = unused_.back();
    unused_.pop_back();
    buckets_[bucket].left_over = 0;
    place_[in_use_[used_]] = used_;
    in_use_[place_[bucket]] = bucket;
    ++used_;
    return bucket;
  }

  void set_owner(std::uint32_t bucket, std::uint32_t position) { buckets_[bucket].next = position; }

  // The owner of the key's bucket.
  std::uint32_t owner_of(std::uint64_t key) const {
    auto b = static_cast<std::uint32_t>(part_of(key, buckets_.size()));
    while (buckets_[b].left_over > 0) {
      const std::uint32_t left_over = buckets_[b].left_over;
      auto h = static_cast<std::uint32_t>(part_of(mix64(key ^ (b * kSpread)), left_over));
      // Place h, as b went, was held by whoever had replaced h if that had gone before.
      while (buckets_[h].left_over >= left_over) h = buckets_[h].next;
      b = h;
    }
    return buckets_[b].next;
  }

 private:
  struct Bucket {
    std::uint32_t left_over;  // buckets in use after this one was taken out; 0: it is in use
    std::uint32_t next;       // out of use: which bucket replaced it; in use: its owner
  };
  static constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15ULL;

  std::vector<Bucket> buckets_;
  std::vector<std::uint32_t> in_use_;  // by place
  std::vector<std::uint32_t> place_;   // in in_use_, now or when it was taken out
  std::vector<std::uint32_t> unused_;  // the last taken out last
  std::uint32_t used_ = 0;
};

class AnchorHash final : public Balancer {
 public:
  explicit AnchorHash(std::int64_t capacity) : capacity_(static_cast<std::size_t>(capacity)) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    const Buckets::Changes changes = buckets_.update(endpoints);
    if (endpoints.empty() || endpoints.size() > anchor_.capacity()) {
      buckets_.number_anew();
      anchor_.start(endpoints.empty() ? 0 : bucket_capacity(endpoints.size(), capacity_),
                    endpoints.size());
    } else {
      for (const std::uint32_t bucket : changes.vacated) anchor_.take_out(bucket);
      for (const std::size_t i : changes.newcomers) buckets_.give(i, anchor_.bring_back());
    }
    for (std::uint32_t i = 0; i < endpoints.size(); ++i) anchor_.set_owner(buckets_.of()[i], i);
  }

  std::size_t pick(const Choice& choice) override {
    return anchor_.owner_of(choice.hash_or_random());
  }

  Insight insight(const Choice& choice) const override {
    Insight insight;
    insight.add_each("bucket", choice.endpoints.size(), [&](auto i) { return buckets_.of()[i]; });
    return insight;
  }

 private:
  std::size_t capacity_;
  Anchor anchor_;
  Buckets buckets_;
};

const Registration<Balancer> kRegistration{{
    .name = "anchor_hash",
    .summary = "Consistent hashing in O(1), exactly even, that remembers who came and went.",
    .doc =
        "Hashes the key to one of a fixed number of buckets, some of which stand for endpoints; "
        "from one that is out of use it hashes on, among those that were in use when that one "
        "went. Keys are spread as evenly as chance can, and when an endpoint leaves only its own "
        "move, evenly to all others, where a ring moves them to its few neighbours. Use it for "
        "large sets behind one dispatcher, or dispatchers that see the same changes in the same "
        "order: the result depends on that order, so clients which start at different times "
        "disagree, and then maglev or rendezvous is the choice. A newcomer takes the bucket of who "
        "left last. A set that outgrows `capacity` is laid out anew, and nearly all keys move; the "
        "more buckets are out of use, the longer a look-up. Weights play no part, and it does not "
        "see load. A request without a key goes to a random endpoint.",
    .formula = "b = h(key) mod a; while b is unused: b = h(key, b) mod (in use after b went), "
               "following replacements",
    .cost = "O(1 + ln(capacity / n)) expected",
    .source = "Mendelson et al.: AnchorHash, IEEE/ACM Transactions on Networking 2020",
    .also_known_as = {{"anchorhash", "the paper's name for it"}},
    .parameters = {bucket_capacity_parameter()},
    .traits = {"hashing", "consistent", "minimal", "historical"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<AnchorHash>(settings.integer("capacity"));
    },
}};

}  // namespace
}  // namespace steelyard
