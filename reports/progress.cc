#include "reports/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "reports/layout.h"

namespace steelyard {
namespace {

// Eighths of a column, so that a slow run is seen to move.
std::string bar(double share, std::size_t width) {
  static constexpr std::array<const char*, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(share * static_cast<double>(width) * 8);
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
  text += kEighths[eighths % 8];
  for (std::size_t i = (eighths + 7) / 8; i < width; ++i) text += "░";
  return text;
}

std::string clock(double seconds) {
  const auto whole = static_cast<long long>(std::ceil(std::min(seconds, 3.5e6)));
  if (whole >= 3600)
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string rate(double per_second) {
  if (per_second < 1) return fmt::format("{:.1f}/min", per_second * 60);
  return per_second < 99.5 ? fmt::format("{:.1f}/s", per_second)
                           : fmt::format("{:.0f}/s", per_second);
}

}  // namespace

std::string progress_line(double done, double total, double elapsed_seconds,
                          const std::string& label, std::size_t width) {
  const bool known = total > 0;
  const double share = known ? std::clamp(done / total, 0.0, 1.0) : 0;
  const bool judgeable = done > 0 && elapsed_seconds > 0;
  std::vector<std::string> parts;  // the most important first
  if (known) parts.push_back(fmt::format("{:3.0f}%", std::floor(100 * share)));
  if (known && judgeable)
    parts.push_back(share < 1 ? clock(elapsed_seconds * (1 - share) / share) + " left"
                              : clock(elapsed_seconds));
  parts.push_back(known ? fmt::format("{:.0f}/{:.0f}", std::floor(done), total)
                        : fmt::format("{:.0f} done", std::floor(done)));
  if (judgeable) parts.push_back(rate(done / elapsed_seconds));

  constexpr std::size_t kBar = 10;  // columns, at least
  const auto length = [&] {
    std::size_t sum = 0;
    for (const std::string& part : parts) sum += 2 + display_width(part);
    return sum;
  };
  while (parts.size() > 1 && length() + kBar + 14 > width) parts.pop_back();
  std::string line = shorten(label, std::max<std::size_t>(8, width / 4));
  const std::size_t used = display_width(line) + length() + 2;
  if (known && used + kBar <= width)
    line += "  " + bar(share, std::min<std::size_t>(width - used, 30));
  for (const std::string& part : parts) line += "  " + part;
  return shorten(line, width);
}

}  // namespace steelyard
