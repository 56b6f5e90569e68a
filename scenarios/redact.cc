#include "scenarios/redact.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace steelyard {
namespace {

constexpr std::string_view kLeftOut = "…";
constexpr std::string_view kBlank = " \t\r\n";
// A secret as short as a word of the file must not take that word along.
constexpr std::size_t kTellingBytes = 8;

using Range = std::pair<std::size_t, std::size_t>;

bool is_blank(char c) { return kBlank.find(c) != std::string_view::npos; }

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(kBlank, at), text.size());
}

std::size_t offset_of(std::string_view text, const Place& place) {
  std::size_t at = 0;
  for (int line = 1; line < place.line && at < text.size(); ++line)
    at = std::min(text.find('\n', at), text.size() - 1) + 1;
  return std::min(at + static_cast<std::size_t>(place.column) - 1, text.size());
}

// The end of `value` as it stands at `at`; lines may be folded and indented in the text. The end
// of the text if that is not how it stands there: rather too little is kept than too much.
std::size_t end_of(std::string_view text, std::size_t at, std::string_view value) {
  for (std::size_t v = skip_blanks(value, 0); v < value.size();) {
    if (is_blank(value[v])) {
      const std::size_t next = skip_blanks(value, v);
      if (next == value.size()) break;
      v = next;
      at = skip_blanks(text, at);
    } else {
      if (at >= text.size() || text[at] != value[v]) return text.size();
      ++at;
      ++v;
    }
  }
  return at;
}

std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || !text.substr(at + 1).starts_with('\'')) return at + 1;
      ++at;
    }
  }
  return text.size();
}

Range range_of(std::string_view text, const WrittenSecret& secret) {
  std::size_t begin = offset_of(text, secret.place);
  // An anchor or a tag stands before the text itself.
  while (begin < text.size() && (text[begin] == '&' || text[begin] == '!'))
    begin = skip_blanks(text, text.find_first_of(kBlank, begin));
  if (begin == text.size()) return {begin, begin};
  if (text[begin] == '"' || text[begin] == '\'') return {begin, end_of_quoted(text, begin)};
  std::size_t content = begin;
  if (text[begin] == '|' || text[begin] == '>') content = skip_blanks(text, text.find('\n', begin));
  return {begin, end_of(text, content, secret.value)};
}

}  // namespace

std::string redacted(std::string text, int source, const std::vector<WrittenSecret>& secrets) {
  std::vector<Range> ranges;
  for (const WrittenSecret& secret : secrets)
    if (secret.place.source == source) ranges.push_back(range_of(text, secret));
  std::sort(ranges.begin(), ranges.end(), std::greater<>());
  ranges.erase(std::unique(ranges.begin(), ranges.end()), ranges.end());
  for (const auto& [begin, end] : ranges) text.replace(begin, end - begin, kLeftOut);
  for (const WrittenSecret& secret : secrets) {
    if (secret.value.size() < kTellingBytes) continue;
    for (std::size_t at = text.find(secret.value); at != std::string::npos;
         at = text.find(secret.value, at))
      text.replace(at, secret.value.size(), kLeftOut);
  }
  return text;
}

}  // namespace steelyard
