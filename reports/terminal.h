// A report for people at a terminal: the answer first, then the ranked table, then what supports
// it. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <string>

#include "reports/report.h"

namespace steelyard {

struct TerminalOptions {
  std::size_t width = 80;  // columns
  bool colour = false;     // escape sequences; off a terminal and under NO_COLOR there are none
};

// Question, verdict, ranked table, expectations, theory, limitations, and how to get the same
// numbers again. Ends with a newline. Fits into the width when it can: long names are shortened in
// the middle, then the least important columns are left out.
std::string terminal_report(const Report& report, const TerminalOptions& options = {});

// The ranked table alone.
std::string ranked_table(const Report& report, const TerminalOptions& options = {});

}  // namespace steelyard
