#include "scenarios/source_text.h"

#include <fmt/format.h>

#include "core/utf8.h"

namespace steelyard {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
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
