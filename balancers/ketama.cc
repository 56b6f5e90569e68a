// ketama: consistent hashing on nginx's ring, `hash … consistent`.
#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "balancers/balancer.h"
#include "balancers/hash_ring.h"
#include "balancers/weights.h"
#include "core/hash.h"
#include "core/uint128.h"

namespace steelyard {
namespace {

constexpr std::uint64_t kPointsMax = std::uint64_t{1} << 22;

// What follows "unix:" in front, in any case.
std::optional<std::string_view> unix_path(std::string_view name) {
  constexpr std::string_view kUnix = "unix:";
  const auto same = [](char letter, char other) {
    return letter == std::tolower(static_cast<unsigned char>(other));
  };
  if (!std::equal(kUnix.begin(), kUnix.end(), name.begin(),
                  name.begin() + std::min(name.size(), kUnix.size()), same))
    return std::nullopt;
  return name.substr(kUnix.size());
}

std::uint32_t hash_of_server(std::string_view host, std::string_view port) {
  return crc32(port, crc32(std::string_view("", 1), crc32(host)));
}
// Host, a zero, port; the port is what digits follow the last colon, and a path has none.
std::uint32_t hash_of_server(std::string_view name) {
  if (const auto path = unix_path(name)) return hash_of_server(*path, {});
  std::size_t digits = name.size();
  while (digits > 0 && std::isdigit(static_cast<unsigned char>(name[digits - 1])) != 0) --digits;
  const bool has_port = digits > 0 && name[digits - 1] == ':';
  const std::string_view host = has_port ? name.substr(0, digits - 1) : name;
  const std::string_view port = has_port ? name.substr(digits) : std::string_view();
  return hash_of_server(host, port);
}

class Ketama final : public Balancer {
 public:
  explicit Ketama(std::int64_t points_per_weight)
      : points_per_weight_(static_cast<std::uint64_t>(points_per_weight)) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    const Weights weights = weights_of(endpoints);
    std::vector<HashRing::Point> points;
    for (std::size_t i = 0; i < endpoints.size(); ++i)
      place(endpoints[i].name, count_of(weights.each[i], weights.total),
            static_cast<std::uint32_t>(i), points);
    ring_.assign(std::move(points));
  }

  // nginx's ring has 2^32 places: a key's is the low half of its hash.
  std::size_t pick(const Choice& choice) override {
    return ring_.first_at_or_after(choice.hash_or_random() << 32).owner;
  }

  Insight insight(const Choice& choice) const override {
    return ring_.insight(choice.endpoints.size(),
                         choice.has_key ? std::optional(choice.key_hash << 32) : std::nullopt);
  }

 private:
  // Beyond kPointsMax in all, in proportion to the weights, and at least one.
  std::uint64_t count_of(std::uint32_t weight, std::uint64_t total) const {
    const Uint128 wanted = static_cast<Uint128>(total) * points_per_weight_;
    if (wanted <= kPointsMax) return weight * points_per_weight_;
    const auto share =
        static_cast<std::uint64_t>(static_cast<Uint128>(weight) * kPointsMax / total);
    return weight == 0 ? 0 : std::max<std::uint64_t>(1, share);
  }

  // Each point is at the hash of the server and of the point before, least byte first.
  static void place(std::string_view name, std::uint64_t count, std::uint32_t owner,
                    std::vector<HashRing::Point>& points) {
    const std::uint32_t server = hash_of_server(name);
    std::uint32_t place = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::array<char, 4> bytes;
      for (std::size_t byte = 0; byte < bytes.size(); ++byte)
        bytes[byte] = static_cast<char>((place >> (8 * byte)) & 0xff);
      place = crc32(std::string_view(bytes.data(), bytes.size()), server);
      points.push_back({std::uint64_t{place} << 32, owner});
    }
  }

  std::uint64_t points_per_weight_;
  HashRing ring_;
};

const Registration<Balancer> kRegistration{{
    .name = "ketama",
    .summary = "Consistent hashing of the request's key on nginx's ring.",
    .doc =
        "Gives every endpoint 160 points for each unit of weight on a ring of 2^32 places, at the "
        "CRC-32 of its host, its port and the point before; a key belongs to the first point at or "
        "after it. When an endpoint leaves only its own keys move, and a change of weight moves "
        "only keys from or to that endpoint. Use it beside an nginx with `hash ... consistent` or "
        "memcached clients that share its ring; with 160 points shares of equal endpoints differ "
        "by about 8 per cent, so for balance take maglev. Weights should be small numbers: the "
        "ring grows with their sum. Beyond 4,194,304 points, where nginx's ring would go on "
        "growing, points are shared out in proportion, and then a change of the set can move a few "
        "other keys. It does not see load. nginx takes the CRC-32 of a key's text for its place, "
        "here it is the low half of the xxHash64, so the ring is nginx's and a key's place on it "
        "is not. A request without a key goes to a random place.",
    .formula = "point(j) = crc32(host \\0 port point(j-1)); owner(key) = first point >= key",
    .cost = "O(1) expected; O(160 sum of w) when the set changes",
    .source = "nginx, ngx_http_upstream_hash_module; Cache::Memcached::Fast",
    .also_known_as = {{"consistent_hash", "nginx's name for it"}},
    .parameters = {parameter::integer("points_per_weight", 160, {1, 65536},
                                      "Points of an endpoint for each unit of its weight.",
                                      "nginx, Cache::Memcached::Fast")},
    .traits = {"weighted", "hashing", "consistent", "minimal"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<Ketama>(settings.integer("points_per_weight"));
    },
}};

}  // namespace
}  // namespace steelyard
