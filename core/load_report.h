// What a server says of its own load, with an answer or to a probe: the same in every world
// (core/load_meter.h makes it). It is as old as its way to the reader was long.
#pragma once

#include <cstdint>

#include "core/time.h"

namespace steelyard {

struct LoadReport {
  std::uint32_t in_flight = 0;  // requests here, queued and in service, whoever sent them
  std::uint32_t queued = 0;     // of those, the ones that wait
  // Share of its places that are taken, over the last second or so. A server that an antagonist
  // slows down shows it here: its requests keep their places for longer.
  double utilisation = 0;
  // Share of the processor it was given that its own work uses. An antagonist that takes the rest
  // does not show here; that is what misleads balancers that go by processor use alone.
  double cpu_utilisation = 0;
  double requests_per_second = 0;  // answered, over the last second or so, whatever the answer
  double errors_per_second = 0;    // of those, the ones that failed
  // Median of recent requests' latency that met about as many requests as there are now; zero:
  // there were none lately. [Wydrowski et al.: Load is not what you should balance, NSDI 2024,
  // section 4]
  Duration latency{};
  Duration service_time{};  // moving average, without the wait; zero: nothing was served yet

  bool operator==(const LoadReport&) const = default;
};

}  // namespace steelyard
