// Scenarios that theory is asked about.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/records.h"
#include "scenarios/loader.h"

namespace steelyard::test {

inline Scenario scenario_of(const std::string& text, std::vector<std::string> overrides = {}) {
  const LoadResult loaded =
      load_scenario_text("name: theory\n" + text, "test.yaml", {.overrides = std::move(overrides)});
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_text(problem);
  return loaded.comparison->base();
}

// Three services in a Jackson network; 100/s and 60/s arrive.
inline constexpr const char* kShop = R"(
services:
  orders: {instances: 2, concurrency: 2, service_time: {exponential: 10ms}, holds_slot_during_calls: false,
           calls: [users, {stock: {probability: 0.5}}, users]}
  users: {instances: 4, service_time: {exponential: 5ms}, holds_slot_during_calls: false, calls: [stock]}
  stock: {instances: 1, concurrency: 4, service_time: {exponential: 4ms}}
clients:
  shoppers: {calls: orders, arrivals: {poisson: 100/s}}
  visitors: {calls: users, arrivals: {poisson: 60/s}}
strategies: {balancer: random}
)";

// One service with these keys, and one client.
inline std::string one(const std::string& service, const std::string& rate = "80/s") {
  return "services:\n  a: {" + service +
         "}\nclients:\n  x: {calls: a, arrivals: {poisson: " + rate + "}}\n";
}

inline double value_of(const std::vector<TheoryValue>& values, const std::string& metric) {
  for (const TheoryValue& value : values)
    if (value.metric == metric) return value.value;
  ADD_FAILURE() << "no theory of " << metric;
  return 0;
}

}  // namespace steelyard::test
