// Time as Steelyard means it: integer nanoseconds, handed in, never asked for.
//
// `Duration` is std::chrono::nanoseconds, so literals such as 5ms work. `Instant` is a point on a
// clock that has no now(): code that must not know which world it runs in cannot read the time by
// accident, because it does not compile.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace steelyard {

using namespace std::chrono_literals;  // NOLINT: 5ms is the field's own notation

struct NoClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<NoClock, duration>;
  static constexpr bool is_steady = true;
};

using Duration = std::chrono::nanoseconds;
using Instant = NoClock::time_point;

inline constexpr Instant kStart{};                 // the first instant of a run
inline constexpr Instant kNever = Instant::max();  // later than every event

// The nearest double: divided, since 1e-9 is no double, and 30s times it is 30.000000000000004.
constexpr double to_seconds(Duration d) { return static_cast<double>(d.count()) / 1e9; }
constexpr double to_ms(Duration d) { return static_cast<double>(d.count()) / 1e6; }

// The nearest nanosecond (ties to even), clamped to what an integer holds (±292 years).
Duration from_seconds(double seconds);

// "12.3ms", "250us", "2s", "86399s": at most four significant digits or a whole number, in the
// largest unit below the value; minutes and hours only where they are whole.
std::string to_text(Duration d);

}  // namespace steelyard
