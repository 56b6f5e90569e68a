// random_subset: each caller uses the endpoints that a hash of its own puts first.
#include "balancers/layers/subset.h"
#include "core/hash.h"

namespace steelyard {
namespace {

class RandomSubset final : public Subset {
 public:
  RandomSubset(const Settings& settings, BalancerMaker inner)
      : Subset(static_cast<std::size_t>(settings.integer("size")), std::move(inner)) {}

 private:
  std::vector<std::size_t> subset(std::span<const Endpoint> endpoints, std::size_t size,
                                  RandomStream& random) override {
    if (!seeded_) seed_ = random.next();
    seeded_ = true;
    std::vector<std::pair<std::uint64_t, std::size_t>> ranked;
    ranked.reserve(endpoints.size());
    for (std::size_t i = 0; i < endpoints.size(); ++i)
      ranked.emplace_back(xxh64(endpoints[i].name, seed_), i);
    std::nth_element(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(size),
                     ranked.end());
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < size; ++i) chosen.push_back(ranked[i].second);
    return chosen;
  }

  bool seeded_ = false;
  std::uint64_t seed_ = 0;
};

const Registration<Layer> kRegistration{{
    .name = "random_subset",
    .summary = "Each caller uses `size` endpoints of its own random choice.",
    .doc =
        "Every caller draws a seed once, hashes all endpoints with it, and uses those with the "
        "lowest hashes. Callers need no number and need not know of each other, and an endpoint "
        "more or less changes at most one member of each subset. Use it to bound connections where "
        "sets change and many callers even each other out. Do not use it with few callers or "
        "small subsets: the number of callers per endpoint varies like a binomial one, so with 300 "
        "callers of 10 in 300 endpoints some have 2 and some 20 instead of 10 each. "
        "`deterministic_subset` has no such spread but moves nearly everything on a change; "
        "`rocksteadier_subset` has little of both. gRPC calls it random_subsetting; Envoy has "
        "taken its configuration over.",
    .formula = "the `size` endpoints with the least xxh64(name, seed of the caller)",
    .cost = "O(1); O(n) when the set changes",
    .source = "gRPC A68, random_subsetting",
    .also_known_as = {{"random_subsetting", "gRPC's name for it"},
                      {"random_subsetting_experimental", "gRPC's name for it"}},
    .parameters = {parameter::integer("size", 20, {1, 1e6}, "Endpoints of each caller.",
                                      "none: gRPC requires subset_size; the SRE book has 20 to "
                                      "100")},
    .traits = {"subset"},
    .make = layer_of<RandomSubset>,
}};

}  // namespace
}  // namespace steelyard
