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

// For people: nothing to say of an endpoint without a weight.
inline double per_weight(double load, std::uint32_t weight) {
  return weight == 0 ? Insight::kUnknown : load / weight;
}

// Compared as the fraction load / weight, by cross multiplication. REQUIRES: weight > 0.
struct LoadPerWeight {
  std::uint32_t load = 0;
  std::uint32_t weight = 1;
  friend bool operator<(const LoadPerWeight& a, const LoadPerWeight& b) {
    return std::uint64_t{a.load} * b.weight < std::uint64_t{b.load} * a.weight;
  }
  friend bool operator==(const LoadPerWeight& a, const LoadPerWeight& b) {
    return std::uint64_t{a.load} * b.weight == std::uint64_t{b.load} * a.weight;
  }
};

}  // namespace steelyard
