// The line that shows how far a run has come. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <string>

namespace steelyard {

// One line without a newline, at most `width` columns: "quickstart ████▌░░░ 45% 12/27 2.1/s 0:07
// left". `done` may lie between whole numbers; total 0 means it is not known. Rate and time left
// appear once there is something to judge them by, and parts leave when the line is narrow.
std::string progress_line(double done, double total, double elapsed_seconds,
                          const std::string& label, std::size_t width);

}  // namespace steelyard
