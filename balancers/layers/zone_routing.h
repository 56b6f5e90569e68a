// How much of a zone's traffic may stay in it, so that every endpoint everywhere still gets the
// same. [Envoy, zone aware routing: percentages in hundredths, rounded down, as there]
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace steelyard {

inline constexpr std::uint64_t kZoneWhole = 10000;  // 100%

struct ZoneRouting {
  std::uint64_t stays = kZoneWhole;       // of 10,000 requests, so many stay
  std::vector<std::uint64_t> residual{};  // by zone: what it can take beyond its own callers
};

// REQUIRES: both have numbers for all zones, each with a sum above 0, and callers[own] > 0.
inline ZoneRouting zone_routing(std::span<const std::uint64_t> callers,
                                std::span<const std::uint64_t> endpoints, std::size_t own) {
  const auto share = [](std::span<const std::uint64_t> counts, std::size_t zone) {
    const std::uint64_t sum = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    return kZoneWhole * counts[zone] / sum;
  };
  ZoneRouting routing;
  routing.residual.assign(endpoints.size(), 0);
  const std::uint64_t here = share(callers, own);
  const std::uint64_t there = share(endpoints, own);  // 0: nobody there, or too few to tell
  if (there > 0 && there >= here) return routing;
  routing.stays = here == 0 ? 0 : kZoneWhole * there / here;
  for (std::size_t zone = 0; zone < endpoints.size(); ++zone) {
    if (zone == own) continue;
    const std::uint64_t needs = share(callers, zone);
    routing.residual[zone] = std::max(share(endpoints, zone), needs) - needs;
  }
  return routing;
}

}  // namespace steelyard
