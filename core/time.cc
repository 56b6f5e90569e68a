#include "core/time.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace steelyard {

Duration from_seconds(double seconds) {
  const double ns = seconds * 1e9;
  if (!(ns < 9.2e18)) return Duration::max();
  if (ns < -9.2e18) return Duration::min();
  return Duration(static_cast<std::int64_t>(std::nearbyint(ns)));
}

std::string to_text(Duration d) {
  struct Unit {
    double ns;
    const char* name;
  };
  static constexpr std::array<Unit, 6> kUnits{
      {{3600e9, "h"}, {60e9, "min"}, {1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}}};
  const auto ns = static_cast<double>(d.count());
  if (ns == 0) return "0s";
  for (const Unit& unit : kUnits) {
    // Hours and minutes only where they are round: "90s" reads better than "1.5min".
    const bool round_only = unit.ns > 1e9;
    if (std::abs(ns) < unit.ns) continue;
    if (round_only && std::fmod(ns, unit.ns) != 0) continue;
    const double value = ns / unit.ns;
    return std::abs(value) < 1000 ? fmt::format("{:.4g}{}", value, unit.name)
                                  : fmt::format("{:.0f}{}", value, unit.name);
  }
  return fmt::format("{}ns", d.count());
}

}  // namespace steelyard
