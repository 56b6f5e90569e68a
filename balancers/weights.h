// What the weights of an endpoint set mean to the balancers that heed them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "balancers/balancer.h"

namespace steelyard {

struct Weights {
  std::vector<std::uint32_t> each;  // by position; at least one above zero unless the set is empty
  std::uint64_t total = 0;          // below 2^64: 2^32 endpoints of 2^32-1 each would fit
  bool equal = true;                // all the same, so a simpler algorithm will do
};

// A set in which every weight is zero counts as one of equals: refusing all of them would turn a
// configuration slip into an outage.
inline Weights weights_of(std::span<const Endpoint> endpoints) {
  Weights weights;
  weights.each.reserve(endpoints.size());
  for (const Endpoint& endpoint : endpoints) {
    weights.each.push_back(endpoint.weight);
    weights.total += endpoint.weight;
    weights.equal = weights.equal && endpoint.weight == endpoints.front().weight;
  }
  if (weights.total == 0) {
    weights.each.assign(endpoints.size(), 1);
    weights.total = endpoints.size();
  }
  return weights;
}

}  // namespace steelyard
