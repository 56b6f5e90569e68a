#include "scenarios/problem.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/registry.h"

namespace steelyard {
namespace {

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Length of the well-formed UTF-8 character at the start, 0 if there is none.
std::size_t character_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80             ? 1
                             : (lead & 0xE0) == 0xC0 ? 2
                             : (lead & 0xF0) == 0xE0 ? 3
                             : (lead & 0xF8) == 0xF0 ? 4
                                                     : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!continues_character(text[i])) return 0;
  return length;
}

// Bytes that would garble a terminal or a JSON document become '?'.
std::string printable(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const auto lead = static_cast<unsigned char>(text.front());
    const bool control = length == 1 && (lead < 0x20 || lead == 0x7F) && lead != '\t';
    const bool c1_control =
        length == 2 && lead == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (length == 0 || control || c1_control)
      safe += '?';
    else
      safe.append(text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return safe;
}

std::size_t characters(std::string_view text) {
  return text.size() -
         static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_character));
}

std::string_view line_of(std::string_view text, int line) {
  for (; line > 1; --line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShown = 60;
  std::string shown = printable(text.substr(0, kShown));
  std::replace(shown.begin(), shown.end(), '\t', ' ');
  return "'" + shown + (text.size() > kShown ? "…'" : "'");
}

std::string suggestion(std::string_view misspelt, const std::vector<std::string>& choices) {
  const std::vector<std::string> near = nearest(misspelt, choices);
  if (!near.empty()) return "; did you mean '" + near.front() + "'?";
  if (choices.empty()) return "";
  if (choices.size() == 1) return ", expected '" + choices.front() + "'";
  constexpr std::size_t kListed = 20;
  const auto end = choices.begin() + static_cast<std::ptrdiff_t>(std::min(kListed, choices.size()));
  return fmt::format(", expected one of {}{}", fmt::join(choices.begin(), end, ", "),
                     choices.size() > kListed ? ", …" : "");
}

Guess guess(std::string_view written, const std::vector<KnownName>& names) {
  std::vector<std::string> choices;
  for (const KnownName& known : names) {
    for (const ForeignName& foreign : known.also_known_as)
      if (foreign.name == written)
        return {known.name, fmt::format("; did you mean '{}'? ('{}': {})", known.name, foreign.name,
                                        foreign.remark)};
    choices.push_back(known.name);
  }
  const std::vector<std::string> near = nearest(written, choices);
  return {near.empty() ? "" : near.front(), suggestion(written, choices)};
}

std::string to_text(const Problem& problem) {
  const std::string path = problem.path.empty() ? "" : problem.path + ": ";
  if (problem.line == 0) return fmt::format("{}: {}{}\n", problem.file, path, problem.message);
  std::string text = fmt::format("{}:{}:{}: {}{}\n", problem.file, problem.line, problem.column,
                                 path, problem.message);
  if (problem.source_line.empty()) return text;
  text += fmt::format("{:>5} | {}\n        ", problem.line, problem.source_line);
  // A tab in the line is repeated under it, so that the caret stays below its character.
  int before = problem.caret;
  for (const char c : problem.source_line) {
    if (before == 0) break;
    if (continues_character(c)) continue;
    text += c == '\t' ? '\t' : ' ';
    --before;
  }
  return text + "^\n";
}

int Problems::add_source(std::string name, std::string_view text) {
  sources_.push_back({std::move(name), text});
  return static_cast<int>(sources_.size()) - 1;
}

void Problems::add(const Spot& spot, std::string message) {
  if (!seen_.emplace(spot.place, message).second) return;
  if (full())
    more_ = true;
  else
    found_.push_back({spot, std::move(message)});
}

Problem Problems::located(const Found& found) const {
  constexpr std::size_t kBefore = 100;
  constexpr std::size_t kShown = 160;
  const Place& place = found.spot.place;
  const Source& source = sources_[static_cast<std::size_t>(place.source)];
  std::string_view line = line_of(source.text, place.line);
  std::size_t caret =
      std::min<std::size_t>(static_cast<std::size_t>(place.column - 1), line.size());
  if (caret > kBefore) {
    std::size_t cut = caret - kBefore;
    while (cut < caret && continues_character(line[cut])) ++cut;
    line.remove_prefix(cut);
    caret -= cut;
  }
  if (line.size() > kShown) {
    std::size_t end = kShown;
    while (end > caret && continues_character(line[end])) --end;
    line = line.substr(0, end);
  }
  return {.file = source.name,
          .line = place.line,
          .column = place.column,
          .path = found.spot.path,
          .message = found.message,
          .source_line = printable(line),
          .caret = static_cast<int>(characters(printable(line.substr(0, caret))))};
}

std::vector<Problem> Problems::sorted() const {
  std::vector<const Found*> order;
  for (const Found& found : found_) order.push_back(&found);
  std::stable_sort(order.begin(), order.end(),
                   [](const Found* a, const Found* b) { return a->spot.place < b->spot.place; });
  std::vector<Problem> problems;
  for (const Found* found : order) problems.push_back(located(*found));
  if (more_)
    problems.push_back(located({{order.back()->spot.place, ""},
                                fmt::format("and more; the first {} found are listed", kEnough)}));
  return problems;
}

}  // namespace steelyard
