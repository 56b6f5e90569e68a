// What happened over time, averaged over replications: the data of the report's pictures, and
// whether the system kept up with its load. Pure functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "core/records.h"
#include "reports/summary.h"

namespace steelyard {

// Buckets as in the first replication; later ones of another shape are left out.
Series time_series(const std::vector<RunRecord>& runs);

// Of the service with this index. Rows and columns as in the first replication.
InstanceMap instance_map(std::size_t service, const std::vector<RunRecord>& runs,
                         const std::string& name);

// True if at least 1% of the requests were unfinished at the end and at least twice as many were
// under way then as on average in the first half of the time after the warm-up. A stable system
// has as many under way at the end as before, a saturated one has more the longer it runs: after
// linear growth about three times the average of that half.
bool did_not_keep_up(const std::vector<RunRecord>& runs, Duration warmup);

}  // namespace steelyard
