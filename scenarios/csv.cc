#include "scenarios/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "scenarios/problem.h"
#include "scenarios/quantities.h"
#include "scenarios/source_text.h"

namespace steelyard {
namespace {

constexpr std::size_t kCsvBytesMax = 64u << 20;
constexpr std::size_t kCsvColumnsMax = 100;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  text = text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  return text;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t comma = line.find(',');
    fields.push_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

bool all_numbers(const std::vector<std::string_view>& fields) {
  return std::all_of(fields.begin(), fields.end(),
                     [](std::string_view field) { return parse_number(field).ok(); });
}

class CsvReader {
 public:
  explicit CsvReader(const std::string& file) { table_.file = file; }

  // False after an error.
  bool take(std::string_view line) {
    ++line_;
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    if (line.empty() || line.front() == '#') return true;
    const std::vector<std::string_view> fields = fields_of(line);
    if (table_.columns.empty()) {
      if (fields.size() > kCsvColumnsMax)
        return fail(
            fmt::format("got {} columns, expected at most {}", fields.size(), kCsvColumnsMax));
      if (take_header(fields)) return true;
    }
    if (fields.size() != table_.columns.size())
      return fail(fmt::format("got {} values, expected {} as in the lines before", fields.size(),
                              table_.columns.size()));
    for (const std::string_view field : fields) {
      const Result<double> number = parse_number(field);
      if (!number.ok()) return fail(number.error());
      table_.cells.push_back(number.value());
    }
    return true;
  }

  Result<Table> finish() {
    if (!error_.empty()) return Error{error_};
    if (table_.cells.empty())
      return Error{table_.file + ": got no numbers, expected lines of them"};
    return std::move(table_);
  }

 private:
  // The names of the columns, numbers if the file does not name them. True if the line was used up.
  bool take_header(const std::vector<std::string_view>& fields) {
    const bool named = !all_numbers(fields);
    for (std::size_t i = 0; i < fields.size(); ++i)
      table_.columns.push_back(named ? std::string(fields[i]) : std::to_string(i + 1));
    return named;
  }

  bool fail(const std::string& message) {
    error_ = fmt::format("{}:{}: {}", table_.file, line_, message);
    return false;
  }

  Table table_;
  int line_ = 0;
  std::string error_;
};

}  // namespace

Result<Table> parse_csv(std::string_view text, const std::string& file) {
  if (text.size() > kCsvBytesMax)
    return Error{fmt::format("{}: got {} bytes, expected at most {} (64 MiB)", file, text.size(),
                             kCsvBytesMax)};
  text = without_byte_order_mark(text);
  CsvReader reader(file);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (!reader.take(text.substr(0, end))) break;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return reader.finish();
}

}  // namespace steelyard
