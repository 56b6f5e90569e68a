// The page of report.html, bundled from reports/web when the program is built.
#pragma once

#include <string_view>

namespace steelyard {

// A whole HTML page that needs no other file. Two marks remain, each once:
// `<!--STEELYARD:TITLE-->` and `<!--STEELYARD:RESULTS-->`; render_html (reports/page.h) fills them.
extern const std::string_view kReportTemplate;

}  // namespace steelyard
