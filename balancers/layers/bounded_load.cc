// bounded_load: whoever is over its share of the load is passed over.
#include <algorithm>

#include "balancers/grouped.h"
#include "balancers/layers/slots.h"
#include "core/hash.h"

namespace steelyard {
namespace {

class BoundedLoad final : public Grouped {
 public:
  BoundedLoad(const Settings& settings, BalancerMaker inner)
      : Grouped(std::move(inner)),
        factor_percent_(static_cast<std::uint64_t>(settings.integer("factor_percent"))),
        full_at_slots_(settings.text("full") == "at_slots") {}

  std::size_t pick(const Choice& choice) override {
    if (total_weight_ == 0) return pick_from(0, choice);  // kNobody or kWait: nobody may be picked
    const std::uint64_t slots = total_slots(in_flight_in(0, choice), factor_percent_);
    const std::uint64_t hash = choice.hash_or_random();
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      const std::size_t position = candidate(round, hash, choice);
      if (position >= kNobody || has_room(position, slots, choice)) return position;
    }
    return first_with_room(hash, slots, choice);
  }

 private:
  // With loads bounded at 1.25 times the average, four in five may be full: one chance in a million
  // that nobody was found after so many.
  static constexpr std::uint64_t kRounds = 64;

  std::vector<Group> arrange(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    weights_.clear();
    for (const Endpoint& endpoint : endpoints) weights_.push_back(endpoint.weight);
    return {all_of(endpoints)};
  }

  // Only those share the slots whom the balancer behind might pick: what layers there leave out
  // can neither take load nor give it away.
  void on_reach_changed() override {
    total_weight_ = 0;
    std::uint64_t reached = 0;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      if (!may_pick(i)) continue;
      total_weight_ += weights_[i];
      ++reached;
    }
    all_equal_ = total_weight_ == 0;
    if (all_equal_) total_weight_ = reached;
  }
  std::uint64_t weight_of(std::size_t position) const {
    return all_equal_ ? 1 : weights_[position];
  }

  void explain(const Choice& choice, Insight& insight) const override {
    std::uint64_t active = 0;
    for (std::size_t i = 0; i < choice.in_flight.size(); ++i)
      if (is_member(i)) active += choice.in_flight[i];
    const std::uint64_t slots = total_slots(active, factor_percent_);
    insight.add("total_slots", static_cast<double>(slots));
    insight.add_each("slots", weights_.size(), [&](auto i) {
      return may_pick(i) ? static_cast<double>(slots_of(weight_of(i), total_weight_, slots))
                         : Insight::kUnknown;
    });
  }

  // The first is who would get it without bounds; the next ones are those of other keys, which
  // follow from the key alone.
  std::size_t candidate(std::uint64_t round, std::uint64_t hash, const Choice& choice) {
    Choice other = choice;
    other.has_key = true;
    other.key_hash = hash;
    if (round > 0) {
      other.key_hash = mix64(hash, round);
      other.source_ipv4 = static_cast<std::uint32_t>(other.key_hash >> 32);
    }
    return pick_from(0, other);
  }

  bool has_room(std::size_t position, std::uint64_t slots, const Choice& choice) const {
    const std::uint64_t own = slots_of(weight_of(position), total_weight_, slots);
    const std::uint64_t in_flight = choice.in_flight[position];
    return full_at_slots_ ? in_flight < own : in_flight <= own;
  }

  // There is one that may be picked and has room: together they have more slots than there are
  // requests, those that are still in flight at others included.
  std::size_t first_with_room(std::uint64_t hash, std::uint64_t slots, const Choice& choice) {
    const std::size_t count = weights_.size();
    std::size_t position = hash % count;
    for (std::size_t step = 0; step < count; ++step, position = (position + 1) % count)
      if (weight_of(position) > 0 && may_pick(position) && has_room(position, slots, choice))
        return take(position);
    return candidate(0, hash, choice);
  }

  std::uint64_t factor_percent_;
  bool full_at_slots_;
  std::vector<std::uint32_t> weights_;  // by position
  std::uint64_t total_weight_ = 0;      // of those that may be picked
  bool all_equal_ = false;              // none of them has a weight
};

const Registration<Layer> kRegistration{{
    .name = "bounded_load",
    .summary = "Whoever has more than 1.25 times its share of the load is passed over.",
    .doc =
        "Asks the balancer behind, and if the endpoint it picks has more in flight than "
        "`factor_percent` of its share of all that is in flight, asks for another key that follows "
        "from the first, until one has room. Use it in front of a hashing balancer: popular keys "
        "then spread over as many endpoints as they need, always the same ones in the same order, "
        "while all others stay where they are. A low factor evens loads out and moves more keys; a "
        "high one does the reverse. In front of a balancer that does not hash it skips whoever is "
        "busy, which p2c and least_request do better. What it bounds is what this caller has in "
        "flight: with many callers each bounds its own part. Nobody is picked whom the balancer "
        "and the layers behind leave out, and those have no share. The next endpoint is found by "
        "hashing the key again, so that it works over every hash, and overflow spreads over all; "
        "HAProxy and the paper walk on along the ring, where overflow falls on the neighbour, and "
        "Envoy tries hosts in an order shuffled by the key. HAProxy deals the slots out whole "
        "where others round each share up, so of five for three equal servers one has 1.",
    .formula = "slots = max(1, ceil(w / sum of w ceil((active + 1) factor / 100)))",
    .cost = "O(1) expected; O(n) at worst",
    .source = "Mirrokni, Thorup, Zadimoghaddam: Consistent Hashing with Bounded Loads, 2017",
    .also_known_as = {{"hash_balance_factor", "Envoy's and HAProxy's name for its factor"},
                      {"hash-balance-factor", "HAProxy's name for its factor"}},
    .parameters = {parameter::integer("factor_percent", 125, {100, 10000},
                                      "How much of its share of the load an endpoint may have.",
                                      "the paper's c = 1.25; in Envoy and HAProxy off unless set, "
                                      "120 to 150 recommended"),
                   parameter::choice("full", "at_slots", {"at_slots", "over_slots"},
                                     "Whether an endpoint is passed over that has as many in "
                                     "flight as slots, or only one that has more.",
                                     "the paper and HAProxy: at_slots; Envoy: over_slots")},
    .make = layer_of<BoundedLoad>,
}};

}  // namespace
}  // namespace steelyard
