#include "models/capacity.h"

#include <cmath>

#include "core/math.h"
#include "models/general_service.h"
#include "models/queueing.h"

namespace steelyard::queueing {
namespace {

bool suffice(std::int64_t instances, const Demand& demand, double beyond, double target,
             Sharing sharing) {
  const bool one_queue = sharing == Sharing::one_queue;
  const double rate =
      one_queue ? demand.arrival_rate : demand.arrival_rate / static_cast<double>(instances);
  const std::int64_t servers = one_queue ? instances * demand.servers : demand.servers;
  if (demand.service != nullptr)
    return MGc{rate, demand.service, servers}.response_exceeds_at_most(beyond, target);
  return MMc{rate, demand.mean_service, servers}.response_tail(target) <= beyond;
}

}  // namespace

std::int64_t instances_to_keep_up(const Demand& demand) {
  const double busy =
      demand.arrival_rate * demand.mean_service / static_cast<double>(demand.servers);
  return busy < 0x1p62 ? static_cast<std::int64_t>(std::floor(busy)) + 1 : kNeverEnough;
}

// More instances are never slower, so doubling and halving finds the fewest.
std::optional<std::int64_t> instances_for(const Demand& demand, double quantile, double target,
                                          Sharing sharing) {
  const double beyond = 1 - quantile;
  const double alone = demand.service != nullptr ? demand.service->tail(target)
                                                 : math::exp(-target / demand.mean_service);
  // As good as all of those who may be late are so alone: nobody may wait at all.
  if (!(alone < beyond * (1 - 1e-4))) return std::nullopt;
  std::int64_t least = instances_to_keep_up(demand);
  if (least == kNeverEnough) return std::nullopt;
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
