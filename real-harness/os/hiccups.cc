#include "real-harness/os/hiccups.h"

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <utility>

#include "real-harness/os/reactor.h"

namespace steelyard::live {

HiccupMeter::HiccupMeter() : thread_([this] { measure(); }) {}

HiccupMeter::~HiccupMeter() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

Histogram HiccupMeter::take() {
  stopping_ = true;
  thread_.join();
  return std::move(late_ns_);
}

void HiccupMeter::measure() {
  constexpr std::int64_t kPeriodNs = 1'000'000;
  prctl(PR_SET_TIMERSLACK, 1UL);
  std::int64_t next_ns = monotonic_ns();
  while (!stopping_) {
    next_ns += kPeriodNs;
    const timespec until{.tv_sec = static_cast<time_t>(next_ns / 1'000'000'000),
                         .tv_nsec = static_cast<long>(next_ns % 1'000'000'000)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    const std::int64_t late_ns = std::max<std::int64_t>(0, monotonic_ns() - next_ns);
    late_ns_.record(static_cast<std::uint64_t>(late_ns));
    // One long hiccup is one wait, not a thousand.
    if (late_ns > kPeriodNs) next_ns += late_ns / kPeriodNs * kPeriodNs;
  }
}

}  // namespace steelyard::live
