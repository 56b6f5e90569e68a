// How much the machine itself makes everybody wait: a thread that asks to be woken every
// millisecond and notes how late it is. [After Gil Tene's jHiccup]
#pragma once

#include <atomic>
#include <thread>

#include "core/histogram.h"

namespace steelyard::live {

class HiccupMeter {
 public:
  HiccupMeter();
  HiccupMeter(const HiccupMeter&) = delete;
  HiccupMeter& operator=(const HiccupMeter&) = delete;
  ~HiccupMeter();
  // Ends the measurement.
  Histogram take();

 private:
  void measure();
  std::atomic<bool> stopping_{false};
  Histogram late_ns_;
  std::thread thread_;
};

}  // namespace steelyard::live
