// Named random streams. Every source of chance in a run has a stream of its own, derived from the
// scenario's seed and a name, so that adding one consumer leaves the others as they were:
//
//   const RandomStream root(scenario.seed);
//   RandomStream arrivals = root.stream("arrivals/" + client.name);
//
// The generator is SplitMix64: eight bytes of state, so a stream per request costs nothing, and a
// request's service demand can be a pure function of (seed, request) whatever order requests run
// in. It passes BigCrush. [Steele, Lea, Flood: Fast splittable pseudorandom number generators,
// OOPSLA 2014]
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "core/hash.h"
#include "core/uint128.h"

namespace steelyard {

class RandomStream {
 public:
  explicit constexpr RandomStream(std::uint64_t seed) : state_(mix64(seed + kGamma)) {}

  // An independent stream, the same for the same name. Does not advance this one; derive streams
  // before drawing, or from a stream that is never drawn from.
  RandomStream stream(std::string_view name) const {
    return RandomStream(mix64(state_, xxh64(name)));
  }
  // The same for a number: `stream(request)`. One multiplication and one finalizer, because every
  // request draws from streams of its own.
  constexpr RandomStream stream(std::uint64_t number) const {
    RandomStream stream(*this);
    stream.state_ = mix64(state_ + (number + 1) * kStreamGamma);
    return stream;
  }

  constexpr std::uint64_t next() { return mix64(state_ += kGamma); }

  // Uniform in [0, 1): 53 bits.
  constexpr double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  // Uniform in (0, 1]: the argument a logarithm can take.
  constexpr double uniform_positive() { return static_cast<double>((next() >> 11) + 1) * 0x1p-53; }
  // Uniform in (0, 1), both ends excluded: the argument a quantile function can take. 52 bits,
  // since the odd multiples of 2^-53 are exact and symmetric about 1/2.
  constexpr double uniform_open() { return (static_cast<double>(next() >> 12) + 0.5) * 0x1p-52; }

  // Uniform in 0..n-1, without bias. REQUIRES: n > 0. [Lemire 2019]
  constexpr std::uint64_t below(std::uint64_t n) {
    Uint128 product = static_cast<Uint128>(next()) * n;
    if (static_cast<std::uint64_t>(product) < n) [[unlikely]] {
      const std::uint64_t threshold = (0 - n) % n;
      while (static_cast<std::uint64_t>(product) < threshold)
        product = static_cast<Uint128>(next()) * n;
    }
    return static_cast<std::uint64_t>(product >> 64);
  }

  constexpr bool chance(double probability) { return uniform() < probability; }

  // All that a stream is, to keep it somewhere: from_state(s.state()) goes on as s does.
  constexpr std::uint64_t state() const { return state_; }
  static constexpr RandomStream from_state(std::uint64_t state) {
    RandomStream stream(0);
    stream.state_ = state;
    return stream;
  }
  // How many numbers were drawn since `earlier` was copied from this stream. Counts below(), which
  // may draw again, by what it really drew.
  constexpr std::uint64_t draws_since(const RandomStream& earlier) const {
    return (state_ - earlier.state_) * inverse(kGamma);
  }

 private:
  // Of an odd number, modulo 2^64. Each of Newton's steps doubles the bits that are right; an odd
  // number is its own inverse modulo 8, so that 3 bits become 96. [Warren, Hacker's Delight, 10-16]
  static constexpr std::uint64_t inverse(std::uint64_t odd) {
    std::uint64_t x = odd;
    for (int step = 0; step < 5; ++step) x *= 2 - odd * x;
    return x;
  }

  static constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15ULL;
  // Another odd constant with its bits well spread, so that no stream's state is an output of its
  // parent.
  static constexpr std::uint64_t kStreamGamma = 0xd1342543de82ef95ULL;
  std::uint64_t state_;
};

// Every order is as likely. [Fisher, Yates; Knuth, TAOCP 2, algorithm P]
template <class Item>
void shuffle(std::span<Item> items, RandomStream& random) {
  for (std::size_t left = items.size(); left > 1; --left)
    std::swap(items[left - 1], items[random.below(left)]);
}

}  // namespace steelyard
