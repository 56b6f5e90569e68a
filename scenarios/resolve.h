// From what a file says to what the worlds run: names looked up, defaults filled in, and the rules
// that concern several parts of a scenario checked.
#pragma once

#include "scenarios/draft.h"

namespace steelyard {

// Reports what dangles or contradicts. The result is complete only if the reader has no problems
// afterwards. `instances_left` is what all variants together may still have; it is lowered.
Scenario resolve(const ScenarioDraft& draft, Reader& reader, std::int64_t& instances_left);

}  // namespace steelyard
