// Layers in front of a balancer, for tests.
#pragma once

#include <utility>
#include <vector>

#include "balancers/layer.h"
#include "balancers/stack.h"
#include "tests/balancers/picker.h"

namespace steelyard::test {

inline Named with_settings(Named named, const Picker::Entries& changed) {
  for (const auto& [name, value] : changed) named.settings.set(name, value);
  return named;
}
inline Named layer(std::string_view name, const Picker::Entries& changed = {}) {
  return with_settings(defaults(Layer::kKind, name), changed);
}
inline Named balancer(std::string_view name, const Picker::Entries& changed = {}) {
  return with_settings(defaults(Balancer::kKind, name), changed);
}

inline std::unique_ptr<Balancer> stack(const std::vector<Named>& layers, const Named& innermost) {
  return std::move(make_balancer({innermost, layers}).value());
}

// One layer in front of a balancer with its defaults.
inline Picker layered(const Named& outer, std::string_view inner, std::vector<Endpoint> endpoints,
                      const Caller& caller = {}, std::uint64_t seed = 1) {
  return {stack({outer}, balancer(inner)), std::move(endpoints), seed, caller};
}

// So many endpoints, the first of them healthy, with ids and names from `first_id` on.
inline std::vector<Endpoint> level(std::uint8_t priority, std::size_t healthy, std::size_t count,
                                   std::uint32_t first_id = 0) {
  std::vector<Endpoint> endpoints = hosts(first_id + 1, count);
  for (std::size_t i = 0; i < count; ++i) {
    endpoints[i].id += first_id;
    endpoints[i].priority = priority;
    endpoints[i].healthy = i < healthy;
  }
  return endpoints;
}
inline std::vector<Endpoint> together(std::vector<Endpoint> one, const std::vector<Endpoint>& two) {
  one.insert(one.end(), two.begin(), two.end());
  return one;
}

// The share of `picks` picks that each position got.
inline std::vector<double> shares(Picker& picker, std::size_t picks) {
  std::vector<double> shares;
  for (const int count : picker.counts(picks)) shares.push_back(count / static_cast<double>(picks));
  return shares;
}

}  // namespace steelyard::test
