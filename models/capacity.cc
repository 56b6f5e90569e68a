#include "models/capacity.h"

#include <cmath>

#include "core/math.h"
#include "models/queueing.h"

namespace steelyard::queueing {
namespace {

bool suffice(std::int64_t instances, const Demand& demand, double beyond, double target,
             Sharing sharing) {
  const auto count = static_cast<double>(instances);
  const MMc queue = sharing == Sharing::one_queue
                        ? MMc{demand.arrival_rate, demand.mean_service, instances * demand.servers}
                        : MMc{demand.arrival_rate / count, demand.mean_service, demand.servers};
  return queue.response_tail(target) <= beyond;
}

}  // namespace

std::int64_t instances_to_keep_up(const Demand& demand) {
  return static_cast<std::int64_t>(std::floor(demand.arrival_rate * demand.mean_service /
                                              static_cast<double>(demand.servers))) +
         1;
}

// More instances are never slower, so doubling and halving finds the fewest.
std::optional<std::int64_t> instances_for(const Demand& demand, double quantile, double target,
                                          Sharing sharing) {
  const double beyond = 1 - quantile;
  // Without anybody else there.
  if (!(math::exp(-target / demand.mean_service) < beyond)) return std::nullopt;
  std::int64_t least = instances_to_keep_up(demand);
  std::int64_t enough = least;
  while (!suffice(enough, demand, beyond, target, sharing)) {
    least = enough + 1;
    enough *= 2;
    if (enough > (std::int64_t{1} << 40) / demand.servers) return std::nullopt;
  }
  while (least < enough) {
    const std::int64_t middle = least + (enough - least) / 2;
    if (suffice(middle, demand, beyond, target, sharing))
      enough = middle;
    else
      least = middle + 1;
  }
  return enough;
}

}  // namespace steelyard::queueing
