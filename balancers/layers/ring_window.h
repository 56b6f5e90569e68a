// The window that a caller has of a ring of endpoints, in whole numbers: the ring is callers *
// endpoints units long, each caller's part is `endpoints` units, each endpoint's is `callers`.
// [Finagle, deterministic aperture: Ring and dApertureWidth]
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace steelyard {

struct RingShare {
  std::uint64_t endpoint = 0;  // its number on the ring
  std::uint64_t covered = 0;   // units of it inside the window, 1 to `callers`
};

// As many callers' parts as hold `width` endpoints; all of the ring, if it is not longer.
// REQUIRES: caller < callers, endpoints > 0. Windows of all callers together cover every endpoint
// equally.
inline std::vector<RingShare> ring_window(std::uint64_t caller, std::uint64_t callers,
                                          std::uint64_t endpoints, std::uint64_t width) {
  const std::uint64_t parts =
      std::min(callers, (std::min(width, endpoints) * callers + endpoints - 1) / endpoints);
  const std::uint64_t ring = callers * endpoints;
  std::uint64_t at = caller * endpoints;
  std::uint64_t left = parts * endpoints;
  std::vector<RingShare> shares;
  while (left > 0) {
    const std::uint64_t endpoint = at / callers;
    const std::uint64_t covered = std::min(left, (endpoint + 1) * callers - at);
    // The window may end where it began, in the rest of its first endpoint.
    if (!shares.empty() && shares.front().endpoint == endpoint)
      shares.front().covered += covered;
    else
      shares.push_back({endpoint, covered});
    left -= covered;
    at = (at + covered) % ring;
  }
  return shares;
}

}  // namespace steelyard
