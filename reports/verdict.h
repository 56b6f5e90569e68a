// The answer in words: what a platform engineer pastes into a design review.
//
// The headline is about p99 latency, unless variants differ in how many requests they fail: then
// that comes first (see ranking.h). Nothing is called better unless the corrected test says so.
// Pure functions, thread-safe.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "reports/ranking.h"

namespace steelyard {

struct Verdict {
  std::string headline;                // one line
  std::vector<std::string> sentences;  // more facts, the most important first
  std::vector<std::string> warnings;   // why the figures may not be what they seem; mostly none
  std::size_t metric = metric::kPrimary;
  std::size_t best = 0;  // index of the recommended variant
};

// REQUIRES: rankings = rank_all(contenders), not empty contenders.
Verdict judge(std::span<const Contender> contenders, std::span<const Ranking> rankings);

}  // namespace steelyard
