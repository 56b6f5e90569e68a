// A balancer with the layers in front of it, as a scenario names them.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "balancers/balancer.h"
#include "core/result.h"
#include "core/settings.h"

namespace steelyard {

struct Stack {
  Stack() = default;
  Stack(Named last, std::vector<Named> before = {})  // NOLINT: a balancer is a stack of one
      : balancer(std::move(last)), layers(std::move(before)) {}

  Named balancer;
  std::vector<Named> layers;  // outermost first: that one sees all endpoints
};

// Errors are about combinations of settings, as those of Registration::make. REQUIRES: every
// declared parameter is set, as the scenario loader and defaults() do.
Result<std::unique_ptr<Balancer>> make_balancer(const Stack& stack);
// The same of a checked scenario. REQUIRES: no such error.
std::unique_ptr<Balancer> make_balancer_checked(const Stack& stack);

}  // namespace steelyard
