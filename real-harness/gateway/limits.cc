#include "real-harness/gateway/limits.h"

#include <arpa/inet.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "core/hash.h"

namespace steelyard::live::gateway {
namespace {

std::uint64_t big_endian(const unsigned char* bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

}  // namespace

RateLimiter::RateLimiter(const RateLimitSpec& spec, std::uint64_t secret, std::size_t callers_max)
    : per_(spec.per),
      interval_(std::max<Duration>(1ns, from_seconds(1 / spec.rate))),
      depth_(interval_ * (spec.burst - 1)),
      secret_(secret) {
  const std::size_t callers = per_ == RateLimitSpec::Per::route ? 1 : std::max(callers_max, kWays);
  buckets_.resize(std::bit_ceil((callers + kWays - 1) / kWays));
  for (Bucket& bucket : buckets_)
    for (Place& place : bucket) place.full_at = Instant::min();
}

RateLimiter::Decision RateLimiter::ask(std::string_view address, std::string_view consumer,
                                       Instant now) {
  std::uint64_t key = secret_;
  if (per_ == RateLimitSpec::Per::address) key = mix64(secret_, address_key(address));
  if (per_ == RateLimitSpec::Per::consumer) key = xxh64(consumer, secret_);
  Place& place = place_of(key, now);
  const Instant full_at = std::max(place.full_at, now);
  if (full_at - now > depth_) return {false, full_at - now - depth_};
  place.full_at = full_at + interval_;
  return {};
}

// The caller's place, or that of the candidate which is full first.
RateLimiter::Place& RateLimiter::place_of(std::uint64_t key, Instant now) {
  Bucket& bucket = buckets_[key & (buckets_.size() - 1)];
  Place* fullest = bucket.data();
  for (Place& place : bucket) {
    if (place.key == key && place.full_at > now) return place;
    if (place.full_at < fullest->full_at) fullest = &place;
  }
  *fullest = {key, now};
  return *fullest;
}

std::int64_t retry_after_seconds(Duration retry_after) {
  const std::int64_t second = Duration(1s).count();
  return std::max<std::int64_t>(1, (retry_after.count() + second - 1) / second);
}

std::uint64_t address_key(std::string_view address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.size() < sizeof text) {
    std::memcpy(text, address.data(), address.size());
    unsigned char bytes[16];
    if (inet_pton(AF_INET, text, bytes) == 1) return big_endian(bytes, 4);
    if (inet_pton(AF_INET6, text, bytes) == 1) {
      static constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
      if (std::memcmp(bytes, kMapped, sizeof kMapped) == 0) return big_endian(bytes + 12, 4);
      return mix64(big_endian(bytes, 8));
    }
  }
  return xxh64(address);
}

}  // namespace steelyard::live::gateway
