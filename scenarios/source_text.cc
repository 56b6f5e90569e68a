#include "scenarios/source_text.h"

#include <fmt/format.h>

namespace steelyard {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

// Length of the character at i if it is well-formed: no overlong forms, no surrogates, at most
// U+10FFFF. [RFC 3629, section 4]
std::size_t utf8_length(std::string_view text, std::size_t i) {
  const unsigned lead = byte_at(text, i);
  const unsigned second = byte_at(text, i + 1);
  const auto continues = [&](std::size_t k) { return (byte_at(text, i + k) & 0xC0) == 0x80; };
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
    return continues(1) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
    return continues(1) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

// Why the character at i may not stand there; empty if it may.
std::string objection(std::string_view text, std::size_t i, bool in_indentation) {
  const unsigned c = byte_at(text, i);
  if (c == 0) return "got a NUL byte, expected a text file";
  if (c == '\t' && in_indentation) {
    // A line of nothing but white space is harmless.
    const std::size_t rest = text.find_first_not_of(" \t\r", i);
    if (rest == std::string_view::npos || text[rest] == '\n') return "";
    return "got a tab in the indentation, expected spaces";
  }
  if (c == '\r' && byte_at(text, i + 1) != '\n')
    return "got a carriage return alone, expected lines that end in a newline";
  if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F)
    return fmt::format("got the control character 0x{:02x}, expected printable text", c);
  if (utf8_length(text, i) == 0)
    return fmt::format("got the byte 0x{:02x}, expected text in UTF-8", c);
  return "";
}

}  // namespace

std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

std::optional<BadText> find_bad_text(std::string_view text) {
  if (text.size() > kScenarioBytesMax)
    return BadText{1, 1,
                   fmt::format("got a file of {} bytes, expected at most {} (1 MiB)", text.size(),
                               kScenarioBytesMax)};
  int line = 1;
  std::size_t line_start = 0;
  bool in_indentation = true;
  for (std::size_t i = 0; i < text.size(); i += utf8_length(text, i)) {
    std::string message = objection(text, i, in_indentation);
    if (!message.empty())
      return BadText{line, static_cast<int>(i - line_start) + 1, std::move(message)};
    if (text[i] == '\n') {
      ++line;
      line_start = i + 1;
      in_indentation = true;
    } else if (text[i] != ' ' && text[i] != '\t') {
      in_indentation = false;
    }
  }
  return std::nullopt;
}

}  // namespace steelyard
