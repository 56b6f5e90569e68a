#include "real-harness/gateway/path.h"

#include <array>
#include <cstdint>

#include "real-harness/gateway/text.h"

namespace steelyard::live::gateway {
namespace {

enum Class : std::uint8_t {
  kPlain = 0,     // stands in a path as it is, and an escaped one means the same
  kReserved = 1,  // stands in a path as it is, but an escaped one may mean something else
  kEscaped = 2,   // must be escaped in a path
  kRefused = 3,   // control characters, '\', '#', '?'
};

// [RFC 3986, 3.3: pchar = unreserved / pct-encoded / sub-delims / ":" / "@"]
constexpr std::array<std::uint8_t, 256> classes() {
  std::array<std::uint8_t, 256> all{};
  for (std::size_t c = 0; c < 256; ++c) all[c] = c < 0x20 || c == 0x7F ? kRefused : kEscaped;
  for (std::size_t c = '0'; c <= '9'; ++c) all[c] = kPlain;
  for (std::size_t c = 'a'; c <= 'z'; ++c) all[c] = all[c - 'a' + 'A'] = kPlain;
  for (const char c : {'-', '.', '_', '~'}) all[static_cast<std::size_t>(c)] = kPlain;
  for (const char c : {'!', '$', '&', '\'', '(', ')', '*', '+', ',', ';', '=', ':', '@'})
    all[static_cast<std::size_t>(c)] = kReserved;
  for (const char c : {'\\', '#', '?'}) all[static_cast<std::size_t>(c)] = kRefused;
  return all;
}
constexpr std::array<std::uint8_t, 256> kClasses = classes();

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_escape(std::string& out, unsigned char c) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  out += '%';
  out += kHex[c >> 4];
  out += kHex[c & 15];
}

// Nothing to decode, merge or resolve, as in nearly all requests.
bool is_normal(std::string_view path) {
  char before = 0;
  for (const char c : path) {
    const std::uint8_t kind = kClasses[static_cast<unsigned char>(c)];
    if (c == '/' || c == '.') {
      if (before == '/') return false;  // "//", or a segment that may be "." or ".."
    } else if (kind > kReserved || c == ';') {
      return false;
    }
    before = c;
  }
  return true;
}

}  // namespace

bool NormalPath::refuse(const char* why) {
  why_ = why;
  decoded_ = encoded_ = {};
  return false;
}

bool NormalPath::assign(std::string_view path) {
  if (!path.starts_with('/')) return refuse("a path that does not begin with '/'");
  if (!is_normal(path)) return rewrite(path);
  decoded_ = encoded_ = path;
  return true;
}

bool NormalPath::rewrite(std::string_view path) {
  decoded_text_ = encoded_text_ = "/";
  std::size_t decoded_begin = 1;  // of the present segment
  std::size_t encoded_begin = 1;
  for (std::size_t i = 1; i < path.size(); ++i) {
    char c = path[i];
    if (c == '/') {
      if (!end_segment(decoded_begin, encoded_begin, true)) return false;
      continue;
    }
    const bool escaped = c == '%';
    if (escaped) {
      const int high = i + 2 < path.size() ? hex_value(path[i + 1]) : -1;
      const int low = i + 2 < path.size() ? hex_value(path[i + 2]) : -1;
      if (high < 0 || low < 0) return refuse("'%' without two hexadecimal digits");
      c = static_cast<char>(high << 4 | low);
      i += 2;
    }
    const std::uint8_t kind = kClasses[static_cast<unsigned char>(c)];
    // An escaped '#' or '?' is a letter like others.
    const bool is_letter = escaped && (c == '#' || c == '?');
    if ((kind == kRefused && !is_letter) || (escaped && c == '/'))
      return refuse("a character in the path that programs read in different ways");
    decoded_text_ += c;
    if (kind == kPlain || (kind == kReserved && !escaped))
      encoded_text_ += c;
    else
      append_escape(encoded_text_, static_cast<unsigned char>(c));
  }
  if (!end_segment(decoded_begin, encoded_begin, false)) return false;
  if (!is_utf8(decoded_text_)) return refuse("a path that is not UTF-8");
  decoded_ = decoded_text_;
  encoded_ = encoded_text_;
  return true;
}

bool NormalPath::end_segment(std::size_t& decoded_begin, std::size_t& encoded_begin, bool more) {
  const std::string_view segment = std::string_view(decoded_text_).substr(decoded_begin);
  // Some servers cut parameters off before they resolve dots.
  const std::string_view name = segment.substr(0, segment.find(';'));
  if (name.size() < segment.size() && (name.empty() || name == "." || name == ".."))
    return refuse("a path parameter behind dots or nothing");
  if (segment.empty()) return true;  // "//", or the end after a '/'
  if (segment != "." && segment != "..") {
    if (!more) return true;
    decoded_text_ += '/';
    encoded_text_ += '/';
    decoded_begin = decoded_text_.size();
    encoded_begin = encoded_text_.size();
    return true;
  }
  const bool up = segment == "..";
  decoded_text_.resize(decoded_begin);
  encoded_text_.resize(encoded_begin);
  if (!up) return true;
  if (decoded_begin == 1) return refuse("'..' above the root");
  // Both end with '/', and neither has another one inside a segment.
  decoded_begin = decoded_text_.rfind('/', decoded_begin - 2) + 1;
  encoded_begin = encoded_text_.rfind('/', encoded_begin - 2) + 1;
  decoded_text_.resize(decoded_begin);
  encoded_text_.resize(encoded_begin);
  return true;
}

void append_encoded_path(std::string& out, std::string_view path) {
  for (const char c : path) {
    if (c == '/' || kClasses[static_cast<unsigned char>(c)] <= kReserved)
      out += c;
    else
      append_escape(out, static_cast<unsigned char>(c));
  }
}

}  // namespace steelyard::live::gateway
