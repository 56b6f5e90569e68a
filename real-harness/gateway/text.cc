#include "real-harness/gateway/text.h"

#include <array>
#include <cstdint>

#include "core/utf8.h"

namespace steelyard::live::gateway {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

// 0: stands for itself in a JSON string; else the letter after the backslash, 'u' for \u00xx.
constexpr std::array<char, 256> json_escapes() {
  std::array<char, 256> escapes{};
  for (std::size_t c = 0; c < 0x20; ++c) escapes[c] = 'u';
  escapes[0x7F] = 'u';  // allowed in JSON, but it has no business on a terminal
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  for (std::size_t c = 0x80; c < 0x100; ++c) escapes[c] = '?';  // look at it more closely
  return escapes;
}
constexpr std::array<char, 256> kEscapes = json_escapes();

constexpr std::array<std::int8_t, 256> base64url_values() {
  std::array<std::int8_t, 256> values{};
  for (std::int8_t& value : values) value = -1;
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";  // [RFC 4648 5]
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  return values;
}
constexpr std::array<std::int8_t, 256> kBase64Url = base64url_values();

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // from here to `at` nothing needs escaping
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    const char escape = kEscapes[c];
    if (escape == 0) {
      ++at;
      continue;
    }
    if (const std::size_t length = escape == '?' ? utf8_length(text, at) : 0; length > 0) {
      at += length;
      continue;
    }
    out.append(text.substr(plain, at - plain));
    if (escape == '?') {
      out += "\\ufffd";
    } else {
      out += '\\';
      out += escape;
      if (escape == 'u') {
        out += "00";
        out += kDigits[c >> 4];
        out += kDigits[c & 15];
      }
    }
    plain = ++at;
  }
  out.append(text.substr(plain));
  out += '"';
}

void append_base64(std::string& out, std::string_view bytes) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t left = bytes.size() - at;
    const unsigned group =
        byte_at(bytes, at) << 16 | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2);
    out += kAlphabet[group >> 18];
    out += kAlphabet[group >> 12 & 63];
    out += left > 1 ? kAlphabet[group >> 6 & 63] : '=';
    out += left > 2 ? kAlphabet[group & 63] : '=';
  }
}

std::optional<std::string> base64url_decoded(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    const std::int8_t value = kBase64Url[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    held = (held << 6 | static_cast<std::uint32_t>(value)) & 0xFFFFu;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> bits & 0xFFu);
  }
  if ((held & ((1u << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace steelyard::live::gateway
