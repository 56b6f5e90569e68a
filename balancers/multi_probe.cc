// multi_probe: consistent hashing on a ring with one point an endpoint and many tries a key.
#include "balancers/balancer.h"
#include "balancers/hash_ring.h"
#include "core/hash.h"

namespace steelyard {
namespace {

class MultiProbe final : public Balancer {
 public:
  explicit MultiProbe(std::int64_t probes) : probes_(probes) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    std::vector<HashRing::Point> points;
    for (std::size_t i = 0; i < endpoints.size(); ++i)
      points.push_back({xxh64(endpoints[i].name), static_cast<std::uint32_t>(i)});
    ring_.assign(std::move(points));
  }

  std::size_t pick(const Choice& choice) override {
    RandomStream places(choice.hash_or_random());
    std::uint64_t least = ~std::uint64_t{0};
    std::size_t owner = 0;
    for (std::int64_t i = 0; i < probes_; ++i) {
      const std::uint64_t place = places.next();
      const HashRing::Point& point = ring_.first_at_or_after(place);
      const std::uint64_t distance = point.place - place;  // modulo 2^64: the ring closes
      if (distance > least) continue;
      least = distance;
      owner = point.owner;
    }
    return owner;
  }

  // The distances of its nearest probe; every endpoint has one point.
  Insight insight(const Choice& choice) const override {
    const std::size_t count = choice.endpoints.size();
    Insight insight = ring_.insight(count, std::nullopt);
    if (!choice.has_key) return insight;
    std::vector<double> nearest(count, 1);
    RandomStream places(choice.key_hash);
    for (std::int64_t i = 0; i < probes_; ++i) {
      const auto from_here = ring_.insight(count, places.next()).columns.back().values;
      for (std::size_t k = 0; k < count; ++k) nearest[k] = std::min(nearest[k], from_here[k]);
    }
    insight.add_each("distance", std::move(nearest));
    return insight;
  }

 private:
  std::int64_t probes_;
  HashRing ring_;
};

const Registration<Balancer> kRegistration{{
    .name = "multi_probe",
    .summary = "Consistent hashing: of a key's 21 places on a ring the one nearest to a point.",
    .doc =
        "Gives every endpoint a single point on a ring and every key `probes` places; the key "
        "belongs to the point that follows one of its places most closely. Several places of a key "
        "even out what several points of an endpoint do in ring_hash, without their memory: with "
        "21 the busiest has about 5 per cent more than the mean, where a ring needs hundreds of "
        "points an endpoint for that. When an endpoint leaves only its own keys move. Use it when "
        "sets are large and balance matters; look-ups cost 21 times those of ring_hash, so maglev "
        "is better where its table fits. Weights play no part. It does not see load, so popular "
        "keys overload their owner. A request without a key goes to a random endpoint.",
    .formula = "owner(key) = owner of argmin over i < probes of (first point >= h(key, i)) - "
               "h(key, i)",
    .cost = "O(probes) expected",
    .source = "Appleton and O'Reilly: Multi-probe consistent hashing, 2015",
    .also_known_as = {{"mpch", "the literature's abbreviation"}},
    .parameters = {parameter::integer(
        "probes", 21, {1, 1024},
        "Places of a key; the busiest endpoint has 1 + 1/(probes - 1) of the mean.",
        "Appleton and O'Reilly 2015")},
    .traits = {"hashing", "consistent", "minimal"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<MultiProbe>(settings.integer("probes"));
    },
}};

}  // namespace
}  // namespace steelyard
