#include "reports/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace steelyard {
namespace {

int exponent_of(double value) {
  return value == 0 || !std::isfinite(value)
             ? 0
             // The little more undoes rounding: 1e-6 ms * 1e3 is a little less than 0.001.
             : static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-12));
}

std::string bare(double value, double half_width, double factor, std::string_view suffix) {
  const double scaled = value * factor;
  const double half = half_width * factor;
  const int decimals = decimals_for(scaled, half);
  std::string text = grouped(scaled, decimals) + std::string(suffix);
  if (!std::isnan(half)) text += " ± " + grouped(half, decimals);
  return text;
}

}  // namespace

int decimals_for(double value, double half_width) {
  constexpr int kDigits = 5;
  const int exponent = std::max(exponent_of(value), exponent_of(half_width));
  if (std::isnan(half_width) || half_width <= 0) return std::clamp(2 - exponent_of(value), 0, 9);
  int wanted = -exponent_of(half_width);
  if (half_width * std::pow(10.0, wanted) < 1.95) ++wanted;
  return std::clamp(wanted, 0, std::max(0, kDigits - 1 - exponent));
}

std::string grouped(double value, int decimals) {
  if (std::isnan(value)) return "–";
  if (std::isinf(value)) return value > 0 ? "∞" : "-∞";
  std::string text = fmt::format("{:.{}f}", value, decimals);
  const std::size_t first = text.front() == '-' ? 1 : 0;
  for (auto at = static_cast<std::ptrdiff_t>(std::min(text.find('.'), text.size())) - 3;
       at > static_cast<std::ptrdiff_t>(first); at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  if (text.find_first_of("123456789") == std::string::npos && first == 1) text.erase(0, 1);
  return text;
}

Scale scale_for(std::string_view unit, double magnitude) {
  if (unit == "ms") {
    if (magnitude >= 10'000) return {1e-3, " s"};
    if (magnitude < 1e-3 && magnitude > 0) return {1e6, " ns"};
    if (magnitude < 1 && magnitude > 0) return {1e3, " µs"};
    return {1, " ms"};
  }
  if (unit == "ratio") return {100, "%"};
  if (unit == "rps") return {1, "/s"};
  return {1, ""};
}

std::string quantity(const MetricInfo& info, double value, double half_width) {
  if (std::isnan(value)) return "–";
  const Scale scale = scale_for(info.unit, value);
  if (value == 0 && !(half_width > 0)) return "0" + std::string(scale.suffix);
  return bare(value, half_width, scale.factor, scale.suffix);
}

std::string large_count(double count) {
  if (count >= 1e9) return fmt::format("{:.3g} billion", count / 1e9);
  if (count >= 1e6) return fmt::format("{:.3g} million", count / 1e6);
  return grouped(count, 0);
}

std::string counted(std::size_t count, std::string_view singular) {
  return fmt::format("{} {}{}", grouped(static_cast<double>(count), 0), singular,
                     count == 1 ? "" : "s");
}

std::string gap(double value, double reference) {
  const bool below = value < reference;
  const char* direction = below ? "below" : "above";
  const double factor = below ? reference / value : value / reference;
  if (!std::isfinite(factor) || factor >= 4)
    return std::isfinite(factor) ? fmt::format("a factor of {:.2g} {}", factor, direction)
                                 : std::string(direction);
  const double percent = 100 * std::abs(value - reference) / reference;
  return fmt::format("{:.{}f}% {}", percent, percent < 1.95 ? 1 : 0, direction);
}

std::string listing(const std::vector<std::string>& names, std::size_t at_most) {
  if (names.empty()) return "";
  std::vector<std::string> shown = names;
  if (names.size() > at_most) {
    shown.resize(at_most - 1);
    shown.push_back(counted(names.size() - shown.size(), "other"));
  }
  std::string text = shown.front();
  for (std::size_t i = 1; i < shown.size(); ++i)
    text += (i + 1 == shown.size() ? " and " : ", ") + shown[i];
  return text;
}

}  // namespace steelyard
