// How often Prequal may use one probe's answer.
#pragma once

#include <algorithm>
#include <limits>

namespace steelyard {

// So often that the pool neither runs dry nor lives on old answers: a request brings
// probes_per_request answers, of which a part pool_size / endpoints only replace one that is there,
// and takes removals_per_request away; what that leaves over has to last, with a growth of the pool
// by `growth` answers a request. Infinite where nothing is left over.
// [Wydrowski et al., NSDI 2024, section 4]
inline double prequal_reuse_budget(double pool_size, double endpoints, double probes_per_request,
                                   double removals_per_request, double growth) {
  const double gained = (1 - pool_size / endpoints) * probes_per_request - removals_per_request;
  if (gained <= 0) return std::numeric_limits<double>::infinity();
  return std::max(1.0, (1 + growth) / gained);
}

}  // namespace steelyard
