// How much of the load each priority level gets when endpoints fail: Envoy's arithmetic, in whole
// per cent and in its order, because rounding decides who gets the last per cent. [Envoy, "Priority
// levels" and "Panic threshold"]
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace steelyard {

// Endpoints at one priority, or in one zone.
struct Availability {
  std::uint64_t healthy = 0;
  std::uint64_t total = 0;
};

// The load that the healthy ones can take, in per cent of what all were meant for.
// REQUIRES: overprovisioning_percent >= 100.
inline std::uint64_t health_percent(const Availability& at,
                                    std::uint64_t overprovisioning_percent) {
  if (at.total == 0) return 0;
  return std::min<std::uint64_t>(100, overprovisioning_percent * at.healthy / at.total);
}

struct Spill {
  std::vector<std::uint64_t> load_percent;  // sums up to 100, unless there is no endpoint at all
  std::vector<bool> panics;                 // its load goes to all its endpoints
};

// While the levels together can take everything (the sum of their health reaches 100), each takes
// what it can, in order, and nobody panics. Below that, shares are in proportion to health, and a
// level with less than panic_percent of its endpoints healthy sends to all of them. If every level
// does, the load follows the number of endpoints instead. 0 per cent: no panic.
inline Spill spill_of(std::span<const Availability> levels, std::uint64_t overprovisioning_percent,
                      double panic_percent) {
  Spill spill{std::vector<std::uint64_t>(levels.size(), 0), std::vector<bool>(levels.size())};
  if (levels.empty()) return spill;
  std::vector<std::uint64_t> health;
  std::uint64_t sum = 0;
  std::uint64_t endpoints = 0;
  for (const Availability& level : levels) {
    health.push_back(health_percent(level, overprovisioning_percent));
    sum += health.back();
    endpoints += level.total;
  }
  const std::uint64_t normalised = std::min<std::uint64_t>(100, sum);
  bool all_panic = endpoints > 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto healthy = static_cast<double>(levels[i].healthy);
    const auto total = static_cast<double>(levels[i].total);
    spill.panics[i] = normalised < 100 && 100 * healthy < panic_percent * total;
    all_panic = all_panic && (spill.panics[i] || levels[i].total == 0);
  }
  std::uint64_t left = 100;
  const auto give = [&](std::size_t level, std::uint64_t load) {
    const std::uint64_t given = std::min(left, load);
    spill.load_percent[level] += given;
    left -= given;
  };
  if (all_panic) {
    for (std::size_t i = 0; i < levels.size(); ++i) give(i, 100 * levels[i].total / endpoints);
  } else if (normalised > 0) {
    for (std::size_t i = 0; i < levels.size(); ++i) give(i, health[i] * 100 / normalised);
  }
  // What rounding left over goes to the first that can take any; if nobody can, to the first.
  std::size_t first = 0;
  while (!all_panic && first + 1 < levels.size() && health[first] == 0) ++first;
  if (normalised == 0 && !all_panic) first = 0;
  give(first, left);
  return spill;
}

}  // namespace steelyard
