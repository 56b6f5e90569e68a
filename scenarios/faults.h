// The faults section: targets looked up among services, instances and zones.
#pragma once

#include <vector>

#include "scenarios/draft.h"

namespace steelyard {

// Appends to scenario.faults. REQUIRES: run, network and services of `scenario` are complete, but
// for what the reader was told is wrong; instances of a service without any are not checked.
void resolve_faults(const std::vector<FaultDraft>& drafts, Scenario& scenario, Reader& reader);

}  // namespace steelyard
