#include "core/recorder.h"

#include <algorithm>

namespace steelyard {

Recorder::Recorder(std::size_t clients, Duration duration, Duration warmup) {
  STEELYARD_CHECK(0s <= warmup && warmup < duration, "the warm-up must end within the run");
  record_.clients.resize(clients);
  record_.series.resize(kSeriesBuckets);
  // Rounded up, so that the last bucket holds the end of the run.
  record_.bucket_length = (duration + Duration(kSeriesBuckets - 1)) / kSeriesBuckets;
  record_.measured_seconds = to_seconds(duration - warmup);
  bucket_ = record_.series.data();
  bucket_end_ = kStart + record_.bucket_length;
  warmup_end_ = kStart + warmup;
}

void Recorder::advance(Instant now) {
  const auto last = static_cast<std::int64_t>(record_.series.size()) - 1;
  const std::int64_t index = std::min(last, (now - kStart) / record_.bucket_length);
  bucket_ = &record_.series[static_cast<std::size_t>(index)];
  bucket_end_ = index == last ? kNever : kStart + record_.bucket_length * (index + 1);
}

RunRecord Recorder::take(std::uint64_t unfinished) {
  record_.unfinished = unfinished;
  STEELYARD_CHECK(record_.offered == total(record_.finished) + unfinished,
                  "requests are conserved: offered = finished + unfinished");
  return std::move(record_);
}

}  // namespace steelyard
