// rocksteadier_subset: even like a deterministic subset, and steady when numbers change.
#include "balancers/layers/subset.h"

namespace steelyard {
namespace {

class RocksteadierSubset final : public Subset {
 public:
  RocksteadierSubset(const Settings& settings, BalancerMaker inner)
      : Subset(static_cast<std::size_t>(settings.integer("size")), std::move(inner)),
        lot_(static_cast<std::size_t>(settings.integer("lot"))) {}

 private:
  static constexpr std::size_t kPadding = ~std::size_t{0};

  // A lot of callers walks the lots of endpoints, each shuffled for these callers alone; at every
  // step each caller of the lot takes another place of it. In the end they have dealt each lot
  // they visited out among themselves.
  std::vector<std::size_t> subset(std::span<const Endpoint> endpoints, std::size_t size,
                                  RandomStream&) override {
    const std::size_t caller_lot = caller().index / lot_;
    const RandomStream shuffles = RandomStream(caller_lot).stream("rocksteadier");
    const std::vector<std::size_t> slots = slots_of(endpoints);
    const std::vector<std::size_t> ring = lots_from(caller_lot, slots);
    std::vector<std::size_t> chosen;
    for (std::size_t turn = 0; chosen.size() < size; ++turn) {
      const std::size_t place = (caller().index + turn) % lot_;
      for (std::size_t step = 0; step < ring.size() && chosen.size() < size; ++step) {
        const auto begin = slots.begin() + static_cast<std::ptrdiff_t>(ring[step] * lot_);
        std::vector<std::size_t> members(begin, begin + static_cast<std::ptrdiff_t>(lot_));
        RandomStream of_lot = shuffles.stream(ring[step]);
        shuffle(std::span(members), of_lot);
        if (members[place] != kPadding) chosen.push_back(members[place]);
      }
    }
    return chosen;
  }

  // Positions by id, one lot after the other, with padding where there is none.
  std::vector<std::size_t> slots_of(std::span<const Endpoint> endpoints) const {
    std::size_t last = 0;
    for (const Endpoint& endpoint : endpoints) last = std::max<std::size_t>(last, endpoint.id);
    std::vector<std::size_t> slots((last / lot_ + 1) * lot_, kPadding);
    for (std::size_t i = 0; i < endpoints.size(); ++i) slots[endpoints[i].id] = i;
    return slots;
  }

  // The binary van der Corput sequence: each next number is put as far from those before as can
  // be, and where it is put does not depend on how many will follow.
  static std::uint32_t van_der_corput(std::uint32_t number) {
    std::uint32_t reversed = 0;
    for (int bit = 0; bit < 32; ++bit) reversed |= ((number >> bit) & 1) << (31 - bit);
    return reversed;
  }

  // All lots that have an endpoint in the order of the ring, from where the lot of callers stands.
  std::vector<std::size_t> lots_from(std::size_t caller_lot,
                                     const std::vector<std::size_t>& slots) const {
    std::vector<std::pair<std::uint32_t, std::size_t>> ring;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const std::size_t lot = i / lot_;
      if (slots[i] != kPadding && (ring.empty() || ring.back().second != lot))
        ring.emplace_back(van_der_corput(static_cast<std::uint32_t>(lot)), lot);
    }
    std::sort(ring.begin(), ring.end());
    const std::uint32_t from = van_der_corput(static_cast<std::uint32_t>(caller_lot));
    const auto start = std::lower_bound(ring.begin(), ring.end(), std::pair{from, std::size_t{0}});
    std::rotate(ring.begin(), start, ring.end());
    std::vector<std::size_t> lots;
    for (const auto& [place, lot] : ring) lots.push_back(lot);
    return lots;
  }

  std::size_t lot_;
};

const Registration<Layer> kRegistration{{
    .name = "rocksteadier_subset",
    .summary = "Each caller uses `size` endpoints, evenly, and few change when numbers do.",
    .doc =
        "Endpoints and callers are cut into lots of ten by their number. Each lot of callers "
        "shuffles every lot of endpoints for itself, and its callers deal it out, one endpoint "
        "each, before they go on to the next; lots are visited in the order of a ring on which "
        "they are spread by the van der Corput sequence, so that a new lot, of callers or "
        "endpoints, goes between old ones and leaves them where they are. Use it instead of "
        "`deterministic_subset` where services are resized often: an endpoint more changes about "
        "one connection of a caller, and endpoints differ by a few callers. Do not use it where "
        "callers have no stable number. Google's default since 2022, there over connections of "
        "its own RPC system. Callers within a lot go by their number here, whatever order the "
        "article's own code has them in.",
    .formula = "for turn = 0, 1, …: of each lot B on the ring, from the callers' lot A on, "
               "shuffle(A, B)[(caller + turn) mod lot]",
    .cost = "O(1); O(n + size lot) when the set changes, n the highest id",
    .source = "Ward, Wankadia, Guliani: Reinventing Backend Subsetting at Google, ACM Queue 2022",
    .also_known_as = {{"rocksteadier_subsetting", "the article's name for it"}},
    .parameters = {parameter::integer("size", 20, {1, 1e6}, "Endpoints of each caller.",
                                      "the SRE book: typically 20 to 100"),
                   parameter::integer("lot", 10, {1, 1000},
                                      "Callers, and endpoints, in a lot: more of them make subsets "
                                      "more diverse, and less even.",
                                      "the article's choice")},
    .traits = {"subset"},
    .make = layer_of<RocksteadierSubset>,
}};

}  // namespace
}  // namespace steelyard
