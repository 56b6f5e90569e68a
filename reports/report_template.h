// The page of report.html, bundled from reports/web when the program is built.
#pragma once

#include <string_view>

namespace steelyard {

// A whole HTML page that needs no other file. Two marks remain, each once:
// kReportTitleMark, to be replaced by text with &, < and > escaped, and
// kReportResultsMark, to be replaced by results.json with every `<` written as \u003c.
extern const std::string_view kReportTemplate;

inline constexpr std::string_view kReportTitleMark = "<!--STEELYARD:TITLE-->";
inline constexpr std::string_view kReportResultsMark = "<!--STEELYARD:RESULTS-->";

}  // namespace steelyard
