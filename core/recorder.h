// Turns what happens in a world into a RunRecord, in O(1) and without allocating per request.
// Not thread-safe: one recorder per run and thread.
#pragma once

#include <cstdint>

#include "core/check.h"
#include "core/records.h"

namespace steelyard {

class Recorder {
 public:
  // REQUIRES: 0 <= warmup < duration.
  Recorder(std::size_t clients, Duration duration, Duration warmup);

  // A request of this client is due. `now` never goes backwards.
  void offered(Instant now) {
    ++record_.offered;
    if (now >= bucket_end_) [[unlikely]]
      advance(now);
    ++bucket_->offered;
  }

  // A request has ended. `planned` is when it was due.
  void finished(std::uint32_t client, Instant planned, Instant now, Outcome outcome,
                std::uint32_t attempts) {
    const auto cause = static_cast<std::size_t>(outcome);
    const bool ok = outcome == Outcome::ok;
    const auto latency_ns = static_cast<std::uint64_t>((now - planned).count());
    ++record_.finished[cause];
    if (now >= bucket_end_) [[unlikely]]
      advance(now);
    if (ok) {
      ++bucket_->succeeded;
      bucket_->latency_ns.record(latency_ns);
    } else {
      ++bucket_->failed;
    }
    // Whatever ended after the warm-up is measured. To measure what was *due* after it would leave
    // out those still under way at the end, the slow ones more often: the mean would be too low by
    // variance / duration.
    if (now >= warmup_end_) {
      ++record_.answered;
      record_.succeeded += ok ? 1 : 0;
      ClientRecord& tally = record_.clients[client];
      ++tally.finished[cause];
      tally.attempts += attempts;
      if (ok) tally.latency_ns.record(latency_ns);
    }
  }

  Instant warmup_end() const { return warmup_end_; }
  Duration bucket_length() const { return record_.bucket_length; }
  std::size_t buckets() const { return record_.series.size(); }

  // Ends the recording. `unfinished` is what the world counts as still under way; aborts unless
  // offered = finished + unfinished.
  RunRecord take(std::uint64_t unfinished);

 private:
  void advance(Instant now);

  RunRecord record_;
  SeriesBucket* bucket_;
  Instant bucket_end_;
  Instant warmup_end_;
};

}  // namespace steelyard
