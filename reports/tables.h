// Files for other tools: CSV for spreadsheets, DuckDB and notebooks, HdrHistogram's percentile
// format for its plotters. Lines end with \n; fields are quoted where RFC 4180 asks for it.
#pragma once

#include <iosfwd>
#include <string>

#include "reports/report.h"

namespace steelyard {

// Text and numbers as a CSV file has them: quoted where needed; rounded as in results.json, so that
// the two never disagree, and nothing for what is not known.
std::string csv_field(const std::string& text);
std::string csv_number(double value, int significant_digits = 9);

// variant,metric,value,ci_low,ci_high: a row per variant and metric, metrics of clients
// ("clients.shoppers.latency_ms.p99"), services and, of live runs, "live.send_delay_us.p99" and its
// like included. What is not known is empty.
void write_summary_csv(std::ostream& out, const Report& report);

// variant,time_s,offered_rps,goodput_rps,failed_rps,latency_ms_p50,latency_ms_p99: a row per
// variant and slice of time; time_s is where the slice begins.
void write_series_csv(std::ostream& out, const Report& report);

// Latency percentiles in milliseconds, the best variant first. One section a variant, each opened
// by a comment "#[Variant = name]"; plotters that know a single histogram take the first.
void write_latency_hgrm(std::ostream& out, const Report& report);

// The section of one variant, without the opening comment.
void write_latency_hgrm(std::ostream& out, const VariantSummary& variant);

}  // namespace steelyard
