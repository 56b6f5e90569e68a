#include "sim/network.h"

#include <algorithm>

#include "core/check.h"
#include "core/make.h"
#include "scenarios/draws.h"

namespace steelyard::sim {

Network::Path Network::make_path(const std::optional<Named>& latency, double bytes_per_second,
                                 double loss) {
  Path path{.latency = nullptr, .bytes_per_second = bytes_per_second, .constant = {}};
  if (latency) {
    path.latency = make_checked<Distribution>(*latency);
  }
  if (bytes_per_second > 0 || loss > 0) return path;
  if (!path.latency) {
    path.constant = 0s;
  } else if (path.latency->variance_seconds2() == 0) {
    path.constant = to_delay(path.latency->mean_seconds());
  }
  return path;
}

Network::Network(const NetworkSpec& spec, RandomStream random)
    : zones_(std::max<std::size_t>(1, spec.zones.size())),
      loss_(spec.loss),
      retransmit_(spec.retransmit),
      within_(make_path(spec.latency_within, spec.bandwidth_within, spec.loss)),
      between_(make_path(spec.latency_between, spec.bandwidth_between, spec.loss)),
      random_(random),
      link_free_at_(zones_ * zones_, kStart),
      instant_(within_.constant == Duration{0} &&
               (zones_ == 1 || between_.constant == Duration{0})) {}

std::optional<Duration> Network::delay(const Message& message, Instant now) {
  const Path& path = message.from_zone == message.to_zone ? within_ : between_;
  if (path.constant) return *path.constant;
  RandomStream random = random_.stream(message.key);
  const std::optional<Duration> again = draw_retransmissions(random, loss_, retransmit_);
  if (!again) return std::nullopt;
  Duration delay = *again;
  if (path.bytes_per_second > 0) {
    Instant& free_at = link_free_at_[message.from_zone * zones_ + message.to_zone];
    const Instant begins = std::max(now, free_at);
    free_at = begins + to_delay(static_cast<double>(message.bytes) / path.bytes_per_second);
    delay += free_at - now;
  }
  if (path.latency) delay += sample_duration(*path.latency, random);
  return delay;
}

}  // namespace steelyard::sim
