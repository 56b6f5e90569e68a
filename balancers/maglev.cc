// maglev: consistent hashing with a table that is filled almost perfectly evenly.
#include "balancers/balancer.h"
#include "balancers/weights.h"
#include "core/hash.h"
#include "core/uint128.h"

namespace steelyard {
namespace {

constexpr std::int64_t kTableSizeMax = 5000011;  // prime; Envoy's limit

bool is_prime(std::int64_t n) {
  if (n < 2) return false;
  for (std::int64_t divisor = 2; divisor * divisor <= n; ++divisor)
    if (n % divisor == 0) return false;
  return true;
}

class Maglev final : public Balancer {
 public:
  explicit Maglev(std::uint32_t table_size)
      : size_(table_size), reciprocal_(~std::uint64_t{0} / table_size) {}

  // Each endpoint has a permutation of all slots, and in its turn takes the first of them that is
  // free. Turns go by name, so that the order of the set does not matter, as in Envoy.
  // [Eisenbud 2016, section 3.4]
  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    const Weights weights = weights_of(endpoints);
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      if (weights.each[i] == 0) continue;
      const std::string& name = endpoints[i].name;
      candidates.push_back({.position = static_cast<std::uint32_t>(i),
                            .weight = weights.each[i],
                            .slot = static_cast<std::uint32_t>(xxh64(name) % size_),
                            .skip = static_cast<std::uint32_t>(xxh64(name, 1) % (size_ - 1) + 1)});
    }
    std::sort(candidates.begin(), candidates.end(), [&](const Candidate& a, const Candidate& b) {
      return endpoints[a.position].name < endpoints[b.position].name;
    });
    table_.assign(size_, kFree);
    if (candidates.empty()) return;
    if (weights.equal)
      fill_in_rounds(candidates);
    else
      fill_by_weight(candidates);
  }

  std::size_t pick(const Choice& choice) override {
    return table_[slot_of(choice.hash_or_random())];
  }

  Insight insight(const Choice& choice) const override {
    std::vector<double> slots(choice.endpoints.size(), 0);
    for (const std::uint32_t owner : table_) ++slots[owner];
    Insight insight;
    insight.add("table_size", static_cast<double>(size_));
    if (choice.has_key) insight.add("slot", static_cast<double>(slot_of(choice.key_hash)));
    insight.add_each("table_slots", std::move(slots));
    return insight;
  }

 private:
  struct Candidate {
    std::uint32_t position;
    std::uint32_t weight;
    std::uint32_t slot;  // the next of its permutation
    std::uint32_t skip;
    std::uint64_t taken = 0;
  };
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};

  // hash mod size by multiplication: the quotient comes out right or one too small.
  std::uint64_t slot_of(std::uint64_t hash) const {
    const auto quotient =
        static_cast<std::uint64_t>((static_cast<Uint128>(hash) * reciprocal_) >> 64);
    const std::uint64_t rest = hash - quotient * size_;
    return rest >= size_ ? rest - size_ : rest;
  }

  void take_next_free(Candidate& candidate) {
    while (table_[candidate.slot] != kFree) {
      candidate.slot += candidate.skip;
      if (candidate.slot >= size_) candidate.slot -= size_;
    }
    table_[candidate.slot] = candidate.position;
    ++candidate.taken;
  }

  void fill_in_rounds(std::vector<Candidate>& candidates) {
    for (std::uint32_t filled = 0; filled < size_; ++filled)
      take_next_free(candidates[filled % candidates.size()]);
  }

  // The heaviest endpoint has a turn in every round; one of weight w takes its k-th slot, counted
  // from 0, not before round k * heaviest / w. A heap of turns finds the next without asking those
  // that have to wait.
  void fill_by_weight(std::vector<Candidate>& candidates) {
    std::uint64_t heaviest = 0;
    for (const Candidate& candidate : candidates)
      heaviest = std::max<std::uint64_t>(heaviest, candidate.weight);
    struct Turn {
      std::uint64_t round;
      std::size_t candidate;
      auto operator<=>(const Turn&) const = default;
    };
    std::vector<Turn> turns;  // a heap with the earliest on top
    for (std::size_t i = 0; i < candidates.size(); ++i) turns.push_back({1, i});
    for (std::uint32_t filled = 0; filled < size_; ++filled) {
      std::pop_heap(turns.begin(), turns.end(), std::greater<>());
      Turn& turn = turns.back();
      Candidate& candidate = candidates[turn.candidate];
      take_next_free(candidate);
      const std::uint64_t due =
          (candidate.taken * heaviest + candidate.weight - 1) / candidate.weight;
      turn.round = std::max(turn.round + 1, due);
      std::push_heap(turns.begin(), turns.end(), std::greater<>());
    }
  }

  std::uint32_t size_;
  std::uint64_t reciprocal_;
  std::vector<std::uint32_t> table_;  // by slot: the position of its owner
};

std::string primes_around(std::int64_t n) {
  std::int64_t below = n;
  while (below >= 2 && !is_prime(below)) --below;
  std::int64_t above = n;
  while (!is_prime(above)) ++above;
  if (below < 2) return std::to_string(above);
  return std::to_string(below) + " or " + std::to_string(above);
}

const Registration<Balancer> kRegistration{{
    .name = "maglev",
    .summary = "Consistent hashing of the request's key in an evenly filled table.",
    .doc =
        "Fills a table of table_size slots: in turn, each endpoint takes the next free slot of a "
        "permutation made from its name, a heavier one more often; a key belongs to the slot at "
        "its hash modulo table_size. Equal endpoints differ by at most one slot, where ring_hash "
        "is off by several per cent, and a look-up is one memory access. Use it for caches and "
        "sharded state when balance matters. When an endpoint leaves, its keys move and so do a "
        "few others: 0.4% of all for one of 50 endpoints in the default table. A set larger than "
        "table_size leaves some endpoints without a slot. Popular keys still overload their "
        "owner, since it does not see load. A request without a key goes to a random slot. "
        "Google's network balancer, Envoy, Cilium and Katran use it; permutations and weights "
        "here are Envoy's, computed in integers.",
    .formula = "slot(i) = (xxh64(host) + i skip) mod M, skip = xxh64(host, 1) mod (M-1) + 1",
    .cost = "O(1); O(M log M) when the set changes",
    .source = "Eisenbud et al., NSDI 2016; Envoy maglev",
    .parameters = {parameter::integer(
        "table_size", 65537, {2, static_cast<double>(kTableSizeMax)},
        "Slots in the table; a prime, at least a hundred times the number of endpoints.",
        "Eisenbud 2016, Envoy")},
    .traits = {"weighted", "hashing", "consistent"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      const std::int64_t size = settings.integer("table_size");
      if (!is_prime(size))
        return Error{"table_size is " + std::to_string(size) + ", expected a prime such as " +
                     primes_around(size)};
      return std::make_unique<Maglev>(static_cast<std::uint32_t>(size));
    },
}};

}  // namespace
}  // namespace steelyard
