// What a gateway counts, and how Prometheus reads it. Plain data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/time.h"

namespace steelyard::live::gateway {

struct Counters {
  // Upper bounds of the latency histogram's buckets, in microseconds; beyond: "+Inf".
  static constexpr std::array<std::int64_t, 15> kBounds{
      100,    250,     500,     1'000,   2'500,     5'000,     10'000,    25'000,
      50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 10'000'000};

  struct Route {
    std::string name;
    std::array<std::uint64_t, 6> by_class{};  // answers 1xx to 5xx; 0: the caller left before one
  };
  std::vector<Route> routes;  // the last one: requests without a route
  std::array<std::uint64_t, kBounds.size() + 1> latency{};
  Duration latency_sum{};
  std::uint64_t bytes_in = 0;  // of bodies
  std::uint64_t bytes_out = 0;
  std::uint64_t broken_off = 0;  // answers
  std::uint64_t reloads = 0;

  void count(std::size_t route, int status, Duration took) {
    const auto hundreds = static_cast<std::size_t>(status / 100);
    ++routes[route].by_class[hundreds < 6 ? hundreds : 5];
    latency_sum += took;
    const std::int64_t us = took.count() / 1000;
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && us >= kBounds[bucket]) ++bucket;
    ++latency[bucket];
  }
};

// What is so at this moment.
struct Gauges {
  std::size_t connections = 0;
  std::size_t requests = 0;
  std::size_t upstream_connections = 0;
  std::uint64_t attempts = 0;
  std::uint64_t failed_attempts = 0;
  std::uint64_t bad_requests = 0;
  std::uint64_t log_bytes_lost = 0;
};

// In Prometheus' text format, 0.0.4.
std::string metrics_page(const Counters& counters, const Gauges& gauges);

}  // namespace steelyard::live::gateway
