#include "models/fan_out.h"

#include <algorithm>

#include "core/math.h"
#include "models/tail_quantile.h"

namespace steelyard::queueing {

double fan_out_tail(std::int64_t n, double tail) {
  if (n == 0 || tail <= 0) return 0;
  if (tail >= 1) return 1;
  return -math::expm1(static_cast<double>(n) * math::log1p(-tail));
}

double fan_out_quantile(std::int64_t n, double quantile) {
  return math::exp(math::log(quantile) / static_cast<double>(n));
}

double slowest_tail(const std::vector<CallAtOnce>& calls, double t) {
  double log_all_there = 0;
  for (const CallAtOnce& call : calls) {
    const double later = call.probability * std::min(1.0, call.queue.response_tail(t));
    if (later >= 1) return 1;
    log_all_there += math::log1p(-later);
  }
  return -math::expm1(log_all_there);
}

double slowest_quantile(const std::vector<CallAtOnce>& calls, double quantile) {
  double scale = 0;
  for (const CallAtOnce& call : calls) scale = std::max(scale, call.queue.mean_service);
  if (!(scale > 0) || slowest_tail(calls, 0) <= 1 - quantile) return 0;
  return tail_quantile([&](double t) { return slowest_tail(calls, t); }, 1 - quantile, scale);
}

// The integral of the tail, by Simpson's rule on pieces that halve towards 0: answers may be of
// very different lengths.
double slowest_mean(const std::vector<CallAtOnce>& calls) {
  constexpr int kPieces = 20;
  constexpr int kSteps = 64;
  double end = slowest_quantile(calls, 1 - 1e-9);
  double sum = 0;
  for (int piece = 0; piece <= kPieces; ++piece) {
    const double begin = piece < kPieces ? end / 2 : 0;
    const double step = (end - begin) / kSteps;
    double weighted = slowest_tail(calls, begin) + slowest_tail(calls, end);
    for (int i = 1; i < kSteps; ++i)
      weighted += slowest_tail(calls, begin + i * step) * (i % 2 == 1 ? 4 : 2);
    sum += weighted * step / 3;
    end = begin;
  }
  return sum;
}

}  // namespace steelyard::queueing
