// A request that makes several calls at once waits for the slowest answer.
//
// Portable to the last bit; times in whatever unit the rates are per.
#pragma once

#include <cstdint>
#include <vector>

#include "models/queueing.h"

namespace steelyard::queueing {

// Of n independent answers alike, P(at least one is among the slowest `tail` share):
// 1 - (1 - tail)^n. [Dean, Barroso: The tail at scale, CACM 2013]
// REQUIRES: 0 <= tail <= 1, n >= 0.
double fan_out_tail(std::int64_t n, double tail);
// The percentile of one answer that is the `quantile` of the slowest of n: quantile^(1/n).
// REQUIRES: 0 < quantile <= 1, n >= 1.
double fan_out_quantile(std::int64_t n, double quantile);

// A call that is made with this chance, to an instance that is an M/M/c queue; without arrivals
// nobody waits there. REQUIRES: 0 <= probability <= 1, a load below 1.
struct CallAtOnce {
  double probability = 1;
  MMc queue;
};

// Of the slowest answer, if they are independent: P(later than t), its mean and its percentiles.
// Answers to calls that were made at the same instants are not, as all queues grow by the same
// bursts; so this is never less than the truth. [Nelson, Tantawi: Approximate analysis of fork/join
// synchronization in parallel queues, IEEE Trans. Computers 1988: response times are associated]
// Without arrivals it is the truth of service alone, which is never more. Like exponential answers:
// H_n = 1 + 1/2 + … + 1/n means. The mean is within 1e-6 of it; O(calls * servers).
// REQUIRES: 0 < quantile < 1.
double slowest_tail(const std::vector<CallAtOnce>& calls, double t);
double slowest_mean(const std::vector<CallAtOnce>& calls);
double slowest_quantile(const std::vector<CallAtOnce>& calls, double quantile);

}  // namespace steelyard::queueing
