// report.html: the page's template (built from reports/web) with the results put in.
#pragma once

#include <string>
#include <string_view>

#include "reports/json_text.h"

namespace steelyard {

// Replaces <!--STEELYARD:TITLE--> by the title, escaped for HTML, and <!--STEELYARD:RESULTS--> by a
// script element that holds the results and cannot be broken out of: every '<' in it is written as
// \u003c, and the two separators that end a line in JavaScript but not in JSON as \u2028 and
// \u2029. A mark that is missing is left out, so a template without them comes back as it was.
// Pure, thread-safe.
std::string fill_page(std::string_view template_text, std::string_view title, const Json& results);

// The same for results of a scenario: its name and question are the title.
std::string render_html(std::string_view template_text, const Json& results);

}  // namespace steelyard
