// Makes a server's load reports: what all worlds tell it, and what it then says, are the same.
//
// "Over the last second or so" means exponentially decaying averages with a time constant of one
// second, as load averages are made; it takes two or three seconds to warm up. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/load_report.h"
#include "core/time.h"

namespace steelyard {

class LoadMeter {
 public:
  static constexpr Duration kTimeConstant = 1s;
  // Answers that the latency of a report is taken from: of the latest kRemembered, without those
  // older than a second and than ten service times, the kCompared that met the most similar number
  // of requests. Old ones would hold an idle server to what it took when it was last busy: avoided
  // for it, it would stay idle, and the answers the last ones.
  static constexpr std::size_t kRemembered = 64;
  static constexpr std::size_t kCompared = 9;

  // From `now` on, such a share of the places is taken, and work proceeds at `speed` times what the
  // server was given (below 1: an antagonist takes the rest).
  void places_taken(double share, double speed, Instant now);

  struct Answer {
    Duration latency{};       // from its arrival
    Duration service_time{};  // of that, not waiting
    std::uint32_t met = 0;    // requests that were here when it arrived
    bool ok = true;
  };
  void answered(const Answer& answer, Instant now);

  // Made anew at most every `interval`, as servers do that report beside their answers; in between
  // the last one is repeated.
  LoadReport report(std::uint32_t in_flight, std::uint32_t queued, Instant now,
                    Duration interval = Duration::zero());

 private:
  // A signal's average, weighted by exp(-age / kTimeConstant).
  struct Average {
    double value = 0;
    double level = 0;  // the signal, since `updated`
    Instant updated;
    double at(Instant now) const;
    void set(double next, Instant now);
  };
  // Events per second, weighted likewise.
  struct Rate {
    double value = 0;
    Instant updated;
    double at(Instant now) const;
    void count(Instant now);
  };
  Duration expected_latency(std::uint32_t in_flight, Instant now) const;

  struct Remembered {
    Instant at;
    Duration latency{};
    std::uint32_t met = 0;
  };

  Average taken_;
  Average worked_;
  Rate answers_;
  Rate errors_;
  double service_time_ns_ = 0;
  std::array<Remembered, kRemembered> remembered_;
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  LoadReport last_;
  Instant made_ = kNever;  // kNever: none was
};

}  // namespace steelyard
