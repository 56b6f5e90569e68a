// The yardstick: a loop that simulates n parallel M/M/1 queues under two random choices, and can do
// nothing else. No strategies, no network, no failures, no report. What Steelyard costs beyond it
// is the price of generality.
#pragma once

#include <cmath>
#include <cstdint>
#include <queue>
#include <vector>

namespace steelyard::bench {

// Mean time in system, in service times, over this many requests.
inline double bespoke_two_choices(int servers, double load, std::int64_t requests,
                                  std::uint64_t seed) {
  const auto next = [&seed] {  // xorshift64*
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * 0x2545f4914f6cdd1dULL;
  };
  const auto exponential = [&] {
    return -std::log((static_cast<double>(next() >> 11) + 1) * 0x1p-53);
  };
  const auto pick = [&] {
    return static_cast<int>((next() >> 32) * static_cast<std::uint64_t>(servers) >> 32);
  };
  struct Departure {
    double at;
    int server;
    bool operator<(const Departure& other) const { return at > other.at; }
  };
  std::vector<std::queue<double>> queues(static_cast<std::size_t>(servers));
  std::priority_queue<Departure> departures;
  double now = 0;
  double sum = 0;
  for (std::int64_t i = 0; i < requests; ++i) {
    now += exponential() / (load * servers);
    while (!departures.empty() && departures.top().at <= now) {
      const Departure done = departures.top();
      departures.pop();
      auto& queue = queues[static_cast<std::size_t>(done.server)];
      sum += done.at - queue.front();
      queue.pop();
      if (!queue.empty()) departures.push({done.at + exponential(), done.server});
    }
    const int a = pick();
    const int b = pick();
    const int server =
        queues[static_cast<std::size_t>(a)].size() <= queues[static_cast<std::size_t>(b)].size()
            ? a
            : b;
    auto& queue = queues[static_cast<std::size_t>(server)];
    queue.push(now);
    if (queue.size() == 1) departures.push({now + exponential(), server});
  }
  return sum / static_cast<double>(requests);
}

}  // namespace steelyard::bench
