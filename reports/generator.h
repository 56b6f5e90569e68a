// Whether the figures of a live run may be trusted: how well the load generator kept to its plan,
// and what the machine did meanwhile. Pure functions, thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/records.h"
#include "reports/summary.h"

namespace steelyard {

// The share of timely sends that is asked for.
inline constexpr double kTimelyShareMin = 0.999;
// Where it is missed, how far the delays may raise the mean, the p50 and the p99 of the latency
// before they spoil the figures: five steps of the histogram, and less than other runs of the same
// scenario differ by.
inline constexpr double kDelayShareMax = 0.02;

struct GeneratorVerdict {
  bool trustworthy = true;
  std::string sentence;  // why, with its figures; empty for simulations
};

// All replications as one: histograms merged, counts and times added up. Absent if none of them
// ran live.
std::optional<LiveRecord> merged_live(const std::vector<RunRecord>& runs);

// Trustworthy if at least kTimelyShareMin of the sends were within kTimely of their plan, or if the
// delays of the others raised no figure by more than kDelayShareMax: 200 µs matter beside an answer
// that takes 1 ms, and not beside one that takes 50. A run that sent nothing is not trustworthy.
// `latency_ns` is of the same requests as `live.service_time_ns`, from their planned sends.
GeneratorVerdict generator_verdict(const LiveRecord& live, const Histogram& latency_ns);

// The largest of what the generator's delays added to mean, p50 and p99, as a share of the service
// time, which counts from the actual send; NaN if nothing succeeded.
double delay_share(const LiveRecord& live, const Histogram& latency_ns);

// Of a whole comparison: trustworthy if every variant is, since the point of it is to hold them
// against each other. Speaks of the worst one, and names all that are not trustworthy.
GeneratorVerdict generator_verdict(std::span<const VariantSummary> variants);

// Share of the sends that were timely, NaN without any; share of a core that the generator's thread
// used, NaN if it never ran.
double timely_ratio(const LiveRecord& live);
double generator_cpu_ratio(const LiveRecord& live);
// Microseconds of processor time of the proxy for each request; kNoValue without one.
double proxy_cpu_us(const LiveRecord& live);

// 0.97234 -> "97.2%". Rounded down, and to more digits the nearer it is to 1: what missed 99.9%
// must not read "99.9%".
std::string timely_text(double ratio);

}  // namespace steelyard
