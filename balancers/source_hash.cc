// source_hash: the caller's address decides, as nginx's ip_hash does.
#include "balancers/balancer.h"
#include "balancers/weights.h"

namespace steelyard {
namespace {

constexpr std::uint32_t kHashes = 6271;

// Of the first three bytes: all callers of one /24 network go together. [nginx ip_hash]
std::uint32_t hash_of(std::uint32_t ipv4) {
  std::uint32_t hash = 89;
  for (int shift = 24; shift >= 8; shift -= 8)
    hash = (hash * 113 + ((ipv4 >> shift) & 0xff)) % kHashes;
  return hash;
}

class SourceHash final : public Balancer {
 public:
  // There are few hashes, so the owner of each is worked out here: hash modulo the total weight
  // falls into somebody's share, the endpoints lying side by side in their order. A total above
  // the number of hashes is cut down to it; nginx would give the rest nothing.
  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    const Weights weights = weights_of(endpoints);
    if (endpoints.empty()) return;
    owners_.assign(kHashes, 0);
    std::uint32_t owner = 0;
    std::uint64_t end = weights.each[0];
    const std::uint64_t shares = std::min<std::uint64_t>(weights.total, kHashes);
    for (std::uint64_t share = 0; share < shares; ++share) {
      const std::uint64_t place = shares < kHashes ? share : share * weights.total / kHashes;
      while (place >= end) end += weights.each[++owner];
      owners_[share] = owner;
    }
    for (std::uint64_t hash = shares; hash < kHashes; ++hash)
      owners_[hash] = owners_[hash % shares];
  }

  std::size_t pick(const Choice& choice) override { return owners_[hash_of(choice.source_ipv4)]; }

  Insight insight(const Choice& choice) const override {
    std::vector<double> hashes(choice.endpoints.size(), 0);
    for (const std::uint32_t owner : owners_) ++hashes[owner];
    Insight insight;
    insight.add("hash", static_cast<double>(hash_of(choice.source_ipv4)));
    insight.add_each("hashes", std::move(hashes));
    return insight;
  }

 private:
  std::vector<std::uint32_t> owners_;  // by hash
};

const Registration<Balancer> kRegistration{{
    .name = "source_hash",
    .summary = "The caller's IPv4 address decides.",
    .doc =
        "Hashes the first three bytes of the caller's IPv4 address to one of 6271 values and "
        "places that, modulo the sum of weights, on the endpoints in their order; the key of a "
        "request plays no part. Use it for sessions kept in the memory of a server when there is "
        "no cookie or key to hash. Everybody of one /24 network, or behind one NAT, lands on the "
        "same endpoint, and it does not see load. When an endpoint leaves or a weight changes, "
        "nearly all callers move; nginx avoids that for a server marked `down`, which keeps its "
        "place while its callers are hashed again up to 20 times and then go round robin. Here a "
        "set holds only endpoints in use, so an endpoint that is gone is as one deleted from "
        "nginx's configuration. Beyond a sum of weights of 6271, where nginx leaves the servers "
        "further back without callers, shares are scaled down. For few moves use ring_hash or "
        "maglev on a key.",
    .formula = "h = 89; h = (113 h + byte) mod 6271 over 3 bytes; place = h mod sum of w",
    .cost = "O(1)",
    .source = "nginx ip_hash; HAProxy's balance source is akin",
    .also_known_as = {{"ip_hash", "nginx's name for it"}, {"source", "HAProxy's name for it"}},
    .traits = {"weighted", "hashing"},
    .make = [](const Settings&) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<SourceHash>();
    },
}};

}  // namespace
}  // namespace steelyard
