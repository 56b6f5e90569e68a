// Tables of numbers from CSV text, for the traces and percentile tables that scenarios name.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "core/settings.h"

namespace steelyard {

// Comma-separated numbers, the same count in every line. The first line names the columns unless
// it is numbers itself. Empty lines and lines that begin with '#' are skipped. An error names the
// file and the line: "nasa.csv:17: got 'x', expected a number".
Result<Table> parse_csv(std::string_view text, const std::string& file);

}  // namespace steelyard
