// A balancer, with the layers in front of it, as a scenario would write them, with every setting
// given to the last digit; and back.
#pragma once

#include <string>
#include <string_view>

#include "balancers/stack.h"
#include "core/registry.h"
#include "core/result.h"

namespace steelyard::live {

// "{p2c: {choices: 2, replacement: false}}". Error: it has a setting that cannot be written so (a
// table, percentiles). REQUIRES: it is registered.
Result<std::string> balancer_text(const Named& balancer);

// Error: what the scenario loader has to say about it, in one line.
Result<Named> balancer_of(std::string_view text);

// The same of a retry budget.
Result<std::string> budget_text(const Named& budget);
Result<Named> budget_of(std::string_view text);

// The balancer alone, or in a list behind its layers: "[{panic: {threshold: 0.5}}, random]".
Result<std::string> stack_text(const Stack& stack);
Result<Stack> stack_of(std::string_view text);

}  // namespace steelyard::live
