// deterministic_subset: callers take turns in dealing the endpoints out among themselves.
#include "balancers/layers/subset.h"

namespace steelyard {
namespace {

class DeterministicSubset final : public Subset {
 public:
  DeterministicSubset(const Settings& settings, BalancerMaker inner)
      : Subset(static_cast<std::size_t>(settings.integer("size")), std::move(inner)) {}

 private:
  std::vector<std::size_t> subset(std::span<const Endpoint> endpoints, std::size_t size,
                                  RandomStream&) override {
    const std::size_t subsets = endpoints.size() / size;
    const std::size_t round = caller().index / subsets;
    std::vector<std::size_t> order = positions_by_id(endpoints);
    RandomStream of_round(round);
    shuffle(std::span(order), of_round);
    const auto begin = order.begin() + static_cast<std::ptrdiff_t>(caller().index % subsets * size);
    return {begin, begin + static_cast<std::ptrdiff_t>(size)};
  }
};

const Registration<Layer> kRegistration{{
    .name = "deterministic_subset",
    .summary = "Each caller uses `size` endpoints; together they use all of them evenly.",
    .doc =
        "Callers are numbered, and each round of n / size of them deals a shuffled list of all "
        "endpoints out among themselves, every round with a shuffle of its own. So every endpoint "
        "gets the same number of callers, exactly, if the callers fill their last round and size "
        "divides n; otherwise the numbers differ by a few. Use it to bound connections when "
        "callers and endpoints count in hundreds and their numbers seldom change. Do not use it "
        "where they do: one endpoint more changes the shuffle, and with it nearly every connection "
        "of every caller; `rocksteadier_subset` and `random_subset` move a few. It evens out "
        "connections, not load: callers that differ in traffic, and endpoints that differ in "
        "weight, stay uneven. Google's default until 2022; gRPC considered it and chose a random "
        "subset because callers rarely know their number.",
    .formula =
        "round = caller / (n / size); slice (caller mod (n / size)) of shuffle(seed = round)",
    .cost = "O(1); O(n log n) when the set changes",
    .source = "Site Reliability Engineering, O'Reilly 2016, chapter 20",
    .also_known_as = {{"deterministic_subsetting", "the SRE book's name for it"},
                      {"subsetting", "the SRE book's name for it"}},
    .parameters = {parameter::integer("size", 20, {1, 1e6}, "Endpoints of each caller.",
                                      "the SRE book: typically 20 to 100")},
    .traits = {"subset"},
    .make = layer_of<DeterministicSubset>,
}};

}  // namespace
}  // namespace steelyard
