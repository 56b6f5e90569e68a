// A balancer as a scenario would write it, with every setting given to the last digit; and back.
#pragma once

#include <string>
#include <string_view>

#include "core/registry.h"
#include "core/result.h"

namespace steelyard::live {

// "{p2c: {choices: 2, replacement: false}}". Error: it has a setting that cannot be written so (a
// table, percentiles). REQUIRES: it is registered.
Result<std::string> balancer_text(const Named& balancer);

// Error: what the scenario loader has to say about it, in one line.
Result<Named> balancer_of(std::string_view text);

}  // namespace steelyard::live
