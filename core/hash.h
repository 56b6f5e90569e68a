// Hashes that are the same on every machine: xxHash64 for names and keys (what Envoy and gRPC use
// for consistent hashing), CRC-32 (what nginx uses), and a 64-bit finalizer for mixing integers.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/uint128.h"

namespace steelyard {

// XXH64 of the bytes. [xxHash specification, github.com/Cyan4973/xxHash]
std::uint64_t xxh64(std::string_view bytes, std::uint64_t seed = 0);

// CRC-32 of the bytes, the common one: of "123456789" it is 0xcbf43926. Of a text in two parts it
// is crc32(second, crc32(first)). nginx places servers by it. [ISO 3309; RFC 1952, section 8]
std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0);

// A bijection of 64-bit integers in which every input bit reaches every output bit: the
// finalizer of SplitMix64. [Steele, Lea, Flood 2014; constants of Stafford's variant 13]
constexpr std::uint64_t mix64(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// Mixes two integers into one; not commutative.
constexpr std::uint64_t mix64(std::uint64_t a, std::uint64_t b) {
  return mix64(mix64(a + 0x9e3779b97f4a7c15ULL) ^ b);
}

// Which of `parts` equal parts of all 64-bit hashes this one lies in. REQUIRES: parts > 0.
// [Lemire 2019]
constexpr std::uint64_t part_of(std::uint64_t hash, std::uint64_t parts) {
  return static_cast<std::uint64_t>((static_cast<Uint128>(hash) * parts) >> 64);
}

}  // namespace steelyard
