#include "core/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>

namespace steelyard {
namespace {

// What a byte does to the remainder: the polynomial 0x04c11db7, bits reversed.
constexpr std::array<std::uint32_t, 256> remainders() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit)
      remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? 0xedb88320u : 0u);
    table[byte] = remainder;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kRemainders = remainders();

}  // namespace

std::uint64_t xxh64(std::string_view bytes, std::uint64_t seed) {
  return XXH64(bytes.data(), bytes.size(), seed);
}

std::uint32_t crc32(std::string_view bytes, std::uint32_t before) {
  std::uint32_t remainder = ~before;
  for (const char c : bytes)
    remainder = (remainder >> 8) ^ kRemainders[(remainder ^ static_cast<std::uint8_t>(c)) & 0xff];
  return ~remainder;
}

}  // namespace steelyard
