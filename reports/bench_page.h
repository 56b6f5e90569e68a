// bench.html: what the balancers' micro-benchmarks measured, in one file that needs no other.
#pragma once

#include <string>

#include "reports/json_text.h"

namespace steelyard {

// The page (reports/web/src/bench) with the figures put in. `results` is what bench.json holds:
// `context` as Google Benchmark writes it, `balancers` and `figures` as app/bench_figures.h adds
// them. Pure, thread-safe.
std::string bench_page(const Json& results);

}  // namespace steelyard
