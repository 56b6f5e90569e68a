// Several result sets as one, for the page. Pure, thread-safe.
#pragma once

#include <vector>

#include "reports/result_set.h"

namespace steelyard {

// A document that the page shows like any other: every set's variants, named "set · variant" and
// ranked together; the headline says how the sets differ (compare.h). What is said once about a
// scenario is the first set's. A label that comes twice is numbered. REQUIRES: at least one set.
Json combined_results(const std::vector<ResultSet>& sets);

}  // namespace steelyard
