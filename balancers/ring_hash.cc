// ring_hash: consistent hashing on a ring of points, Envoy's and gRPC's layout.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "balancers/balancer.h"
#include "balancers/hash_ring.h"
#include "balancers/weights.h"
#include "core/hash.h"

namespace steelyard {
namespace {

class RingHash final : public Balancer {
 public:
  RingHash(std::int64_t min_ring_size, std::int64_t max_ring_size)
      : min_ring_size_(static_cast<double>(min_ring_size)),
        max_ring_size_(static_cast<double>(max_ring_size)) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    ring_.assign(points_of(endpoints));
  }

  std::size_t pick(const Choice& choice) override {
    return ring_.first_at_or_after(choice.hash_or_random()).owner;
  }

  Insight insight(const Choice& choice) const override {
    return ring_.insight(choice.endpoints.size(),
                         choice.has_key ? std::optional(choice.key_hash) : std::nullopt);
  }

 private:
  // The lightest endpoint gets a whole number of points and the others in proportion, so that the
  // ring has at least min_ring_size points; the very arithmetic of Envoy, in its order, because
  // rounding decides where a fractional point goes.
  std::vector<HashRing::Point> points_of(std::span<const Endpoint> endpoints) const {
    std::vector<HashRing::Point> points;
    if (endpoints.empty()) return points;
    const Weights weights = weights_of(endpoints);
    std::uint32_t lightest = ~std::uint32_t{0};
    for (const std::uint32_t weight : weights.each)
      if (weight > 0) lightest = std::min(lightest, weight);
    const auto total = static_cast<double>(weights.total);
    const double least_share = lightest / total;
    const double scale =
        std::min(std::ceil(least_share * min_ring_size_) / least_share, max_ring_size_);
    points.reserve(static_cast<std::size_t>(std::ceil(scale)));

    double target = 0;
    double placed = 0;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      target += scale * (weights.each[i] / total);
      std::string text = endpoints[i].name + "_";
      const std::size_t stem = text.size();
      for (std::uint64_t copy = 0; placed < target; ++copy, ++placed) {
        char digits[20];
        text.resize(stem);
        text.append(digits, std::to_chars(digits, digits + sizeof digits, copy).ptr);
        points.push_back({xxh64(text), static_cast<std::uint32_t>(i)});
      }
    }
    return points;
  }

  double min_ring_size_;
  double max_ring_size_;
  HashRing ring_;
};

constexpr double kRingSizeMax = 8388608;

const Registration<Balancer> kRegistration{{
    .name = "ring_hash",
    .summary = "Consistent hashing of the request's key on a ring of points.",
    .doc =
        "Gives every endpoint a number of points on a ring, in proportion to its weight, at the "
        "xxHash64 of its name, an underscore and a number; a key belongs to the first point at or "
        "after its own hash. Each endpoint has 1024 points over their number, rounded up: where "
        "that changes with the number, an endpoint that leaves moves keys of others too, 13% of "
        "them from 4 to 3 endpoints, 10% from 8 to 7, 6% from 15 to 14; where it does not, as from "
        "50 to 49, only its own keys move, each to the next point. Use it for caches and for state "
        "sharded by key. Balance comes from the number of points: with the default 1024 and few "
        "endpoints shares differ by several per cent; ten times the points, a third of the "
        "difference. Popular keys still overload their owner, since it does not see load. When "
        "weights differ by much the ring grows so that the lightest gets a point; a change of "
        "weight can move keys of other endpoints too. A request without a key goes to a random "
        "place. The layout is Envoy's, and gRPC's where endpoints come in the order of their "
        "names, in which it lays them out; maglev spreads keys more evenly and looks them up "
        "faster; ketama moves nobody else's keys.",
    .formula = "owner(key) = first point >= xxh64(key); points of a host: xxh64(\"host_i\")",
    .cost = "O(1) expected; O(r) for r points when the set changes",
    .source = "Envoy ring_hash; gRPC A42; Karger 1997",
    .parameters = {parameter::integer("min_ring_size", 1024, {1, kRingSizeMax},
                                      "The ring has at least so many points.", "Envoy, gRPC"),
                   parameter::integer(
                       "max_ring_size", 8388608, {1, kRingSizeMax},
                       "The ring has at most about so many points, even if light endpoints "
                       "then lose their proportion. So large a ring, as for weights of "
                       "4294967295 and 1, takes 0.5 GB and a second for each change of the set.",
                       "Envoy; gRPC caps at 4096")},
    .traits = {"weighted", "hashing", "consistent"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      const std::int64_t min = settings.integer("min_ring_size");
      const std::int64_t max = settings.integer("max_ring_size");
      if (min > max)
        return Error{"min_ring_size is " + std::to_string(min) + " and max_ring_size is " +
                     std::to_string(max) + ", expected min_ring_size <= max_ring_size"};
      return std::make_unique<RingHash>(min, max);
    },
}};

}  // namespace
}  // namespace steelyard
