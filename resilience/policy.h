// What a channel does about slow and failed requests: a deadline, retries, and endpoints that
// refuse connections. Plain data; channel/ acts on it. The defaults are those of a scenario that
// says nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/settings.h"
#include "core/time.h"

namespace steelyard {

// Failed attempts are repeated, the balancer choosing anew, after a wait with full jitter: uniform
// in [0, min(max, base * 2^(n-1))] after the n-th attempt. [Brooker, "Exponential Backoff and
// Jitter", AWS Architecture Blog 2015; the times are Envoy's]
struct RetryPolicy {
  std::int64_t attempts_max = 1;  // in all; 1: no retry. At most 200.
  Duration backoff_base = 25ms;
  Duration backoff_max = 250ms;
  // An attempt that takes longer is given up, and counts as failed; zero: attempts end by
  // themselves, or with the request. Envoy's per_try_timeout.
  Duration attempt_timeout{};
  std::shared_ptr<const Named> budget{};  // kind "retry_budget"; null: all failures are repeated
};

// What becomes of an endpoint that refuses connections: it gets no attempts for a while, longer
// each time it refuses again; unless all do, then all are tried. Times and growth are those of
// gRPC's channels. [gRPC, "Connection Backoff Protocol"]
struct ReconnectPolicy {
  Duration backoff_base = 1s;
  Duration backoff_max = 120s;
  double multiplier = 1.6;  // at least 1
  double jitter = 0.2;  // the wait is uniform within this share of its length, either way; 0 to 1
};

struct ResiliencePolicy {
  Duration timeout{};  // deadline of the whole request, retries included; zero: none
  RetryPolicy retry;
  std::optional<ReconnectPolicy> reconnect;  // absent: endpoints are picked however they answer
};

}  // namespace steelyard
