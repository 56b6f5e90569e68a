// Quantiles of distributions that are known by their tails.
#pragma once

namespace steelyard::queueing {

// The least t, to the last bit, with tail(t) <= beyond: the quantile 1 - beyond. `scale` is where
// to begin to look. REQUIRES: `tail` falls from at most 1 at t = 0 towards 0; beyond > 0, scale >
// 0.
template <class Tail>
double tail_quantile(Tail tail, double beyond, double scale) {
  if (tail(0) <= beyond) return 0;
  double high = scale;
  while (tail(high) > beyond) high *= 2;
  double low = 0;
  while (true) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    (tail(middle) > beyond ? low : high) = middle;
  }
}

}  // namespace steelyard::queueing
