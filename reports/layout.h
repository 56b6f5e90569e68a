// Text in columns of a terminal. Widths count what is seen: combining marks take no column, wide
// East Asian characters and emoji two. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard {

// Columns that this UTF-8 text takes; a broken byte takes one.
std::size_t display_width(std::string_view text);

// Padded with spaces up to `width`; longer text stays as it is.
std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

// At most `width` columns, the middle replaced by "…": both ends of a name tell it apart.
std::string shorten(std::string_view text, std::size_t width);

// Broken at spaces into lines of at most `width` columns, each begun with `indent`. A word longer
// than a line stands alone on it; "12.3 ms ± 0.4" stays together.
std::string wrap(std::string_view text, std::size_t width, std::string_view indent = "");

// A table of text cells: a header line, a rule, and the rows, each column as wide as its widest
// cell, two spaces between columns, no spaces at the ends of lines.
class TextTable {
 public:
  enum class Align { left, right, point };  // point: numbers under each other by their points
  struct Column {
    std::string title;
    Align align = Align::left;
    // When the table is too wide, columns leave in ascending order of importance;
    // those of kKeep stay.
    int importance = kKeep;
    bool shrinks = false;  // a column of names, shortened before others are left out
  };
  static constexpr int kKeep = 100;

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // REQUIRES: one cell a column. `style` is what the line is wrapped in, such as an escape
  // sequence that switches bold on; it takes no width.
  void add_row(std::vector<std::string> cells, std::string style = "");

  // The rule is drawn with "─". Long names are shortened to 24 columns, then columns leave, then
  // names are shortened to 12. A table that still is too wide is printed as it is.
  std::string text(std::size_t width) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    std::string style;
  };
  struct Plan {
    std::vector<std::size_t> widths;
    std::vector<bool> shown;
    std::size_t total() const;
  };
  void align_points();
  Plan plan(std::size_t width) const;
  std::string line(const std::vector<std::string>& cells, const Plan& plan) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace steelyard
