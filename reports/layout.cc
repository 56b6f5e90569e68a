#include "reports/layout.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "core/check.h"

namespace steelyard {
namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 1;
};

// The first character of `text`; a byte that begins none stands for itself.
Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  if (length == 1 || lead >= 0xf8 || length > text.size()) return {lead, 1};
  std::uint32_t code = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return {lead, 1};
    code = code << 6 | (next & 0x3fu);
  }
  return {code, length};
}

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

bool within(const auto& ranges, std::uint32_t code) {
  return std::any_of(ranges.begin(), ranges.end(), [code](const Range& range) {
    return range.first <= code && code <= range.last;
  });
}

// Blocks rather than single characters: enough for names people give to services.
constexpr std::array kInvisible{Range{0x0300, 0x036f}, Range{0x1ab0, 0x1aff}, Range{0x1dc0, 0x1dff},
                                Range{0x200b, 0x200f}, Range{0x20d0, 0x20ff}, Range{0xfe00, 0xfe0f},
                                Range{0xfe20, 0xfe2f}, Range{0xfeff, 0xfeff}};
constexpr std::array kWide{Range{0x1100, 0x115f},   Range{0x2e80, 0x303e},  Range{0x3041, 0x33ff},
                           Range{0x3400, 0x4dbf},   Range{0x4e00, 0x9fff},  Range{0xa000, 0xa4cf},
                           Range{0xac00, 0xd7a3},   Range{0xf900, 0xfaff},  Range{0xfe30, 0xfe6f},
                           Range{0xff00, 0xff60},   Range{0xffe0, 0xffe6},  Range{0x1f300, 0x1f64f},
                           Range{0x1f900, 0x1f9ff}, Range{0x20000, 0x3fffd}};

std::size_t width_of(std::uint32_t code) {
  if (within(kInvisible, code)) return 0;
  return within(kWide, code) ? 2 : 1;
}

// Columns before and from the decimal point (or the end of the digits) of a number in a cell.
std::size_t integer_width(std::string_view cell) {
  const std::size_t end = cell.find_first_not_of("-0123456789,");
  return display_width(cell.substr(0, end));
}

// Where a line may be broken next: not between a number and its unit or its uncertainty.
std::size_t end_of_chunk(std::string_view text) {
  std::size_t space = 0;
  while (true) {
    space = std::min(text.find_first_of(" \n", space), text.size());
    const std::string_view before = text.substr(0, space);
    const std::string_view after = text.substr(std::min(space + 1, text.size()));
    const auto begins = [&after](std::string_view word) {
      return after.starts_with(word) &&
             (after.size() == word.size() ||
              std::string_view(" ,;.)").find(after[word.size()]) != std::string_view::npos);
    };
    const bool number = !before.empty() && '0' <= before.back() && before.back() <= '9';
    const bool unit = number && (begins("ms") || begins("µs") || begins("s"));
    if (space == text.size() || !(unit || begins("±") || before.ends_with("±"))) return space;
    ++space;
  }
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    width += width_of(character.code);
    text.remove_prefix(character.bytes);
  }
  return width;
}

std::string pad_right(std::string_view text, std::size_t width) {
  const std::size_t used = display_width(text);
  return std::string(text) + std::string(width - std::min(width, used), ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
  const std::size_t used = display_width(text);
  return std::string(width - std::min(width, used), ' ') + std::string(text);
}

std::string shorten(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return "";
  const std::size_t tail_width = (width - 1) / 2;
  const std::size_t head_width = width - 1 - tail_width;
  std::size_t head = 0;
  for (std::size_t used = 0; head < text.size();) {
    const Character character = first_character(text.substr(head));
    used += width_of(character.code);
    if (used > head_width) break;
    head += character.bytes;
  }
  std::size_t tail = head;
  while (display_width(text.substr(tail)) > tail_width)
    tail += first_character(text.substr(tail)).bytes;
  return std::string(text.substr(0, head)) + "…" + std::string(text.substr(tail));
}

std::string wrap(std::string_view text, std::size_t width, std::string_view indent) {
  std::string lines;
  std::string line(indent);
  bool empty = true;
  while (!text.empty()) {
    const std::size_t space = end_of_chunk(text);
    const std::string_view chunk = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (chunk.empty()) continue;
    if (!empty && display_width(line) + 1 + display_width(chunk) > width) {
      lines += line + '\n';
      line = indent;
      empty = true;
    }
    if (!empty) line += ' ';
    line += chunk;
    empty = false;
  }
  return empty ? lines : lines + line + '\n';
}

void TextTable::add_row(std::vector<std::string> cells, std::string style) {
  STEELYARD_CHECK(cells.size() == columns_.size(), "a row has one cell a column");
  rows_.push_back({std::move(cells), std::move(style)});
}

// Numbers that align by their points get a common integer width.
void TextTable::align_points() {
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (columns_[c].align != Align::point) continue;
    std::size_t integer = 0;
    for (const Row& row : rows_) integer = std::max(integer, integer_width(row.cells[c]));
    for (Row& row : rows_)
      if (const std::size_t own = integer_width(row.cells[c]); own > 0)
        row.cells[c].insert(0, integer - own, ' ');
  }
}

TextTable::Plan TextTable::plan(std::size_t width) const {
  Plan plan{.widths = {}, .shown = std::vector<bool>(columns_.size(), true)};
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    plan.widths.push_back(display_width(columns_[c].title));
    for (const Row& row : rows_)
      plan.widths[c] = std::max(plan.widths[c], display_width(row.cells[c]));
  }
  const auto shrink_names = [&](std::size_t least) {
    while (plan.total() > width) {
      std::optional<std::size_t> widest;  // the longest name can spare the most
      for (std::size_t c = 0; c < columns_.size(); ++c)
        if (columns_[c].shrinks && plan.widths[c] > least &&
            (!widest || plan.widths[c] > plan.widths[*widest]))
          widest = c;
      if (!widest) return;
      --plan.widths[*widest];
    }
  };
  shrink_names(24);
  while (plan.total() > width) {
    std::optional<std::size_t> least;
    for (std::size_t c = 0; c < columns_.size(); ++c)
      if (plan.shown[c] && columns_[c].importance < kKeep &&
          (!least || columns_[c].importance < columns_[*least].importance))
        least = c;
    if (!least) break;
    plan.shown[*least] = false;
  }
  shrink_names(12);
  return plan;
}

std::size_t TextTable::Plan::total() const {
  std::size_t sum = 0;
  for (std::size_t c = 0; c < widths.size(); ++c) sum += shown[c] ? widths[c] + 2 : 0;
  return sum - std::min<std::size_t>(sum, 2);
}

std::string TextTable::line(const std::vector<std::string>& cells, const Plan& plan) const {
  std::string text;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (!plan.shown[c]) continue;
    const std::string cell = shorten(cells[c], plan.widths[c]);
    const bool right = columns_[c].align == Align::right;
    text += (right ? pad_left(cell, plan.widths[c]) : pad_right(cell, plan.widths[c])) + "  ";
  }
  return text.erase(text.find_last_not_of(' ') + 1);
}

std::string TextTable::text(std::size_t width) const {
  TextTable aligned = *this;
  aligned.align_points();
  const Plan plan = aligned.plan(width);
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  std::string table = line(titles, plan) + '\n';
  for (std::size_t i = 0; i < plan.total(); ++i) table += "─";
  table += '\n';
  for (const Row& row : aligned.rows_) {
    const std::string content = line(row.cells, plan);
    table += (row.style.empty() ? content : row.style + content + "\x1b[0m") + '\n';
  }
  return table;
}

}  // namespace steelyard
