// Rate limits: a token bucket for each caller, in memory of a fixed size.
//
// A bucket is kept as the one instant at which it will be full again ("theoretical arrival time"),
// so that one that is full needs no room: it is forgotten, and nobody can tell. [ITU-T I.371,
// generic cell rate algorithm] Where more callers are about than there is room for, the fullest of
// eight candidates makes room; it gains the few requests that it had used.
//
// Time is handed in and may stand still, but not run backwards. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "scenarios/gateway.h"

namespace steelyard::live::gateway {

class RateLimiter {
 public:
  // `secret` keeps callers from choosing who shares a place with them. A limit per route needs one
  // place, the others up to `callers_max`, rounded up to a power of two: 16 bytes each.
  // REQUIRES: what RateLimitSpec says.
  RateLimiter(const RateLimitSpec& spec, std::uint64_t secret, std::size_t callers_max = 65'536);

  struct Decision {
    bool allowed = true;
    Duration retry_after{};  // refused: when a request will be allowed again
  };
  // `address`: numeric, of IPv6 the first 64 bits count. `consumer`: may be empty.
  Decision ask(std::string_view address, std::string_view consumer, Instant now);

  std::size_t places() const { return buckets_.size() * kWays; }

 private:
  static constexpr std::size_t kWays = 8;
  struct Place {
    std::uint64_t key = 0;
    Instant full_at{};  // in the past: free
  };
  using Bucket = std::array<Place, kWays>;

  Place& place_of(std::uint64_t key, Instant now);

  RateLimitSpec::Per per_;
  Duration interval_;  // between requests at the rate
  Duration depth_;     // how far full_at may be ahead for one more request
  std::uint64_t secret_;
  std::vector<Bucket> buckets_;  // a power of two
};

// Seconds for Retry-After: rounded up, at least 1.
std::int64_t retry_after_seconds(Duration retry_after);

// What a numeric address counts as: an IPv4 address itself (also written as ::ffff:a.b.c.d), of
// IPv6 the first 64 bits, which is what one household gets. Anything else: a hash of the text.
std::uint64_t address_key(std::string_view address);

}  // namespace steelyard::live::gateway
