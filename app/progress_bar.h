// Progress of long work, with the time left, on standard error.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "app/terminal.h"
#include "reports/progress.h"

namespace steelyard::app {

// Draws one line on standard error again and again, with the time left.
class ProgressBar {
 public:
  ProgressBar(std::string label, bool shown)
      : label_(std::move(label)), shown_(shown), started_(std::chrono::steady_clock::now()) {}

  void show(double share, std::uint64_t planned) {
    if (!shown_) return;
    const double elapsed =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    const auto total = static_cast<double>(planned);
    const std::string line = progress_line(share * total, total, elapsed, label_,
                                           std::max<std::size_t>(20, columns() - 1));
    fmt::print(stderr, "\r\x1b[K{}", line);
    std::fflush(stderr);
  }
  void clear() {
    if (!shown_) return;
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
  }

 private:
  std::string label_;
  bool shown_;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace steelyard::app
