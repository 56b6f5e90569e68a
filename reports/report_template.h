// The pages of report.html and bench.html, bundled from reports/web when the program is built.
#pragma once

#include <string_view>

namespace steelyard {

// Whole HTML pages that need no other file. Two marks remain in each, once:
// `<!--STEELYARD:TITLE-->` and `<!--STEELYARD:RESULTS-->`; fill_page (reports/page.h) fills them.
extern const std::string_view kReportTemplate;
extern const std::string_view kBenchTemplate;

}  // namespace steelyard
