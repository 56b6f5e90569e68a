#include "models/general_service.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "models/geometric_compound.h"
#include "models/queueing.h"

namespace steelyard::queueing {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kCoarse = 1024;  // cells of a grid
constexpr std::size_t kFinest = 32 * kCoarse;
// An approximation does not know on which side of a quantile this share of those beyond it, or of
// those before, lies: much, where service times jump just there.
constexpr double kUnsure = 0.02;

// Bounds of P(wait > j step), j = 0, 1, ..., kCoarse; whoever waits longer than the last, waits for
// ever, or just as long.
class Waits {
 public:
  Waits(const MGc& queue, double range, std::size_t cells)
      : step_(range / static_cast<double>(kCoarse)) {
    const auto servers = static_cast<double>(queue.servers);
    const double load = queue.utilisation();
    const double cell = range * servers / static_cast<double>(cells);  // of one server's time
    const double mean = queue.service->mean_seconds();
    std::vector<double> residuals(cells);
    double excess = mean;
    for (std::size_t k = 0; k < cells; ++k) {
      const double next = queue.service->expected_excess(static_cast<double>(k + 1) * cell);
      residuals[k] = (excess - next) / mean;
      excess = next;
    }
    const CompoundTails tails = geometric_compound(load, residuals);
    const double waits = erlang_c(queue.servers, load * servers);
    // P(wait > range) is of the last cell, whose end is the range.
    for (std::size_t j = 0; j <= kCoarse; ++j) {
      const std::size_t k = std::min(j * (cells / kCoarse), cells - 1);
      low_.push_back(waits / load * tails.low[k]);
      high_.push_back(std::min(waits, waits / load * tails.high[k]));
    }
  }

  Bounds beyond_range() const { return {low_.back(), high_.back()}; }

  // A wait plus a service time of its own. Waits of one cell are taken for its begin, and its end.
  Bounds response_tail(const Distribution& service, double t) const {
    const double at_once = service.tail(t);
    Bounds sum{(1 - low_[0]) * at_once, (1 - high_[0]) * at_once};
    double begin = at_once;  // P(begin of the cell + service > t)
    for (std::size_t j = 0; j < kCoarse; ++j) {
      const double left = t - static_cast<double>(j + 1) * step_;
      if (left < 0) return {sum.low + low_[j] * begin, sum.high + high_[j]};
      const double end = service.tail(left);
      sum.low += (low_[j] - low_[j + 1]) * begin;
      sum.high += (high_[j] - high_[j + 1]) * end;
      begin = end;
    }
    return {sum.low + low_.back() * begin, sum.high + high_.back()};
  }

 private:
  double step_;
  std::vector<double> low_;
  std::vector<double> high_;
};

// Every residual is rounded by a cell at most, and who waits long waits for some 5/(1 - load) of
// them: cells so many that this is half a percent.
std::size_t cells_for(double load) {
  std::size_t cells = kCoarse;
  while (cells < kFinest && static_cast<double>(cells) < 1000 / (1 - load)) cells *= 2;
  return cells;
}

// Where waits end, for all that matters, or t: a grid is best spent on where they are.
double range_of_waits(const MGc& queue, double t) {
  constexpr double kNothing = 1e-6;
  const double mean = queue.service->mean_seconds();
  const double residual = (queue.service->variance_seconds2() / mean + mean) / 2;
  const double wait = residual / (static_cast<double>(queue.servers) * (1 - queue.utilisation()));
  for (double range = 16 * wait; range < t; range *= 4)
    if (Waits(queue, range, kCoarse).beyond_range().high < kNothing) return range;
  return t;
}

Waits waits_up_to(const MGc& queue, double t, std::size_t cells) {
  return {queue, range_of_waits(queue, t), cells};
}

// The least t with `tail` at most `beyond`, between these two, to a millionth.
template <class Tail>
double least(double low, double high, double beyond, Tail tail) {
  while (high - low > 1e-6 * high) {
    const double middle = (low + high) / 2;
    (tail(middle) > beyond ? low : high) = middle;
  }
  return high;
}

}  // namespace

double MGc::utilisation() const {
  return arrival_rate * service->mean_seconds() / static_cast<double>(servers);
}

double MGc::tolerance() const {
  if (servers == 1) return 0;
  const double waits = erlang_c(servers, utilisation() * static_cast<double>(servers));
  const double mean = service->mean_seconds();
  const double scv = service->variance_seconds2() / (mean * mean);
  // A tail like t^-3 or heavier: a giant keeps one server busy, not all.
  const double far = 1e6 * mean;
  if (service->tail(2 * far) > service->tail(far) / 8.001) return kInfinity;
  return std::min(1.0, 10 * waits) * (0.15 + 0.02 * scv);
}

Bounds MGc::wait_tail(double t) const {
  if (utilisation() >= 1) return {1, 1};
  const double waits = erlang_c(servers, utilisation() * static_cast<double>(servers));
  if (!(t > 0)) return {waits, waits};
  return Waits(*this, t, cells_for(utilisation())).beyond_range();
}

Bounds MGc::response_tail(double t) const {
  if (utilisation() >= 1) return {1, 1};
  if (!(t > 0)) {
    // Who waits does, whatever comes then.
    const double served = service->tail(0);
    const double tail = served + (1 - served) * wait_tail(0).low;
    return {tail, tail};
  }
  return waits_up_to(*this, t, cells_for(utilisation())).response_tail(*service, t);
}

Bounds MGc::response_quantile(double quantile) const {
  if (utilisation() >= 1) return {kInfinity, kInfinity};
  const double unsure = servers > 1 ? kUnsure * std::min(quantile, 1 - quantile) : 0;
  const double beyond = 1 - quantile - unsure;
  if (response_tail(0).high <= beyond) return {0, 0};
  const auto enough = [&](double t) {
    return waits_up_to(*this, t, kCoarse).response_tail(*service, t).high <= beyond;
  };
  const double mean = service->mean_seconds();
  double range = mean;
  while (!enough(range))
    if ((range *= 2) > 0x1p60 * mean) return {kInfinity, kInfinity};
  while (range > 0x1p-60 * mean && enough(range / 2)) range /= 2;
  const Waits coarse = waits_up_to(*this, range, kCoarse);
  range = least(0, range, beyond, [&](double t) { return coarse.response_tail(*service, t).high; });
  const Waits waits = waits_up_to(*this, range, cells_for(utilisation()));
  const double low = least(0, range, beyond + 2 * unsure,
                           [&](double t) { return waits.response_tail(*service, t).low; });
  const double high =
      least(low, range, beyond, [&](double t) { return waits.response_tail(*service, t).high; });
  return {low, high};
}

bool MGc::response_exceeds_at_most(double beyond, double t) const {
  if (utilisation() >= 1 || service->tail(t) > beyond) return false;
  Bounds tail;
  for (std::size_t cells = kCoarse; cells <= kFinest; cells *= 4) {
    tail = waits_up_to(*this, t, cells).response_tail(*service, t);
    if (tail.high <= beyond) return true;
    if (tail.low > beyond) return false;
  }
  return (tail.low + tail.high) / 2 <= beyond;
}

}  // namespace steelyard::queueing
