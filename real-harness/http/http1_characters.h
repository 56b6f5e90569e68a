// The classes of characters that the HTTP/1.x codec tells apart, and ways through text and lists.
// Part of http1*.cc; others want http1.h. [RFC 9110 5.5, 5.6.2; RFC 3986 3.2.2]
//
// Pure functions, thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace steelyard::live::http {

inline constexpr std::uint8_t kToken = 1;  // names of headers
inline constexpr std::uint8_t kText = 2;   // values: visible, space, tab, bytes from 0x80
inline constexpr std::uint8_t kQuery = 4;  // what a target may have: visible but '#', from 0x80
inline constexpr std::uint8_t kPath = 8;   // the same without '?' and '%'
inline constexpr std::uint8_t kHost =
    16;  // uri-host but the colon and escapes, which no name needs
inline constexpr std::uint8_t kHex = 32;
inline constexpr std::uint8_t kDigit = 64;
inline constexpr std::uint8_t kMethod = 128;  // of the tokens, those that nginx takes for methods

inline constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&](std::string_view characters, std::uint8_t to) {
    for (const char c : characters) classes[static_cast<unsigned char>(c)] |= to;
  };
  for (std::size_t c = 0x21; c < 256; ++c)
    if (c != 0x7f) classes[c] = kText | kQuery | kPath;
  classes['#'] = kText;
  classes['?'] = classes['%'] = kText | kQuery;
  add(" \t", kText);
  add("0123456789", kToken | kHost | kHex | kDigit);
  add("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", kToken | kHost);
  add("ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", kMethod);
  add("abcdefABCDEF", kHex);
  add("!#$%&'*+-.^_`|~", kToken);
  add("-._~!$&'()*+,;=", kHost);
  return classes;
}
inline constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

inline bool is(char c, std::uint8_t classes) {
  return (kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// REQUIRES: a hexadecimal digit.
inline unsigned hex_value(char c) {
  return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

// The first byte from `at` on that is not kText. REQUIRES: there is one before `limit`, the end of
// readable memory.
inline const char* end_of_text(const char* at, const char* limit) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  if constexpr (std::endian::native == std::endian::little) {
    // Eight bytes at once: the lowest flag is right, those above it may be false alarms that a
    // borrow caused. [S. E. Anderson, Bit Twiddling Hacks, "less than n", "zero byte"]
    while (limit - at >= 8) {
      std::uint64_t word;
      std::memcpy(&word, at, 8);
      const std::uint64_t deletes = word ^ kOnes * 0x7f;
      const std::uint64_t flags =
          (((word - kOnes * 0x20) & ~word) | ((deletes - kOnes) & ~deletes)) & kOnes * 0x80;
      if (flags == 0) {
        at += 8;
        continue;
      }
      at += std::countr_zero(flags) / 8;
      if (*at != '\t') return at;
      ++at;
    }
  }
  while (is(*at, kText)) ++at;
  return at;
}

// Calls use(token) for each element of a comma-separated list that is not empty, until it is true.
template <class Use>
bool any_token(std::string_view list, Use&& use) {
  const char* at = list.data();
  const char* const end = at + list.size();
  while (at != end) {
    const char* comma = std::find(at, end, ',');
    const char* begin = at;
    const char* back = comma;
    while (begin != back && is_blank(*begin)) ++begin;
    while (begin != back && is_blank(back[-1])) --back;
    if (begin != back && use(std::string_view(begin, back))) return true;
    at = comma == end ? end : comma + 1;
  }
  return false;
}

}  // namespace steelyard::live::http
