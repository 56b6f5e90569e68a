// A balancer with the layers in front of it, as a scenario names them.
#pragma once

#include <memory>
#include <vector>

#include "balancers/balancer.h"
#include "core/result.h"
#include "core/settings.h"

namespace steelyard {

// Layers are named outermost first: the first one sees all endpoints, the balancer sees what the
// last one lets through. Errors are about combinations of settings, as those of Registration::make.
// REQUIRES: every declared parameter is set, as the scenario loader and defaults() do.
Result<std::unique_ptr<Balancer>> make_balancer(const Named& balancer,
                                                const std::vector<Named>& layers);

}  // namespace steelyard
