// What a registration's `cost` claims of a decision, read so that measurements can contradict it.
#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "core/registry.h"

namespace steelyard::bench {

// How the work of a decision grows with the number of endpoints n. `other`: with n, or with what
// the text does not relate to n; there is then nothing to contradict.
enum class Growth { constant, logarithmic, other };

// The text of the first O(...) of a cost, parentheses included; empty if it has none.
inline std::string_view bound_of(std::string_view cost) {
  const std::size_t start = cost.find("O(");
  if (start == std::string_view::npos) return {};
  int depth = 0;
  for (std::size_t i = start + 1; i < cost.size(); ++i) {
    depth += cost[i] == '(' ? 1 : cost[i] == ')' ? -1 : 0;
    if (depth == 0) return cost.substr(start, i + 1 - start);
  }
  return {};
}

// A parameter that counts something, whatever n is; at a default of 0, which stands for all or for
// as many as it takes, it may be n.
inline bool is_constant(const Parameter& parameter) {
  const auto* whole = std::get_if<std::int64_t>(&parameter.fallback.held);
  return whole != nullptr && *whole > 0;
}

// What is said first is about the decision: "O(log n); O(n) when the set changes". Parameters do
// not grow with n: "O(choices)" is constant, and "O(choices log n)" logarithmic.
inline Growth growth_claimed(const StrategyInfo& info) {
  std::string bound(bound_of(info.cost));
  if (bound.empty()) return Growth::other;
  bound = bound.substr(2, bound.size() - 3);
  bool logarithmic = false;
  for (const std::string_view term : {"log n", "ln n"}) {
    const std::size_t at = bound.find(term);
    if (at == std::string::npos) continue;
    logarithmic = true;
    bound.erase(at, term.size());
  }
  const auto part_of_word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  for (auto at = bound.begin();;) {
    at = std::find_if(at, bound.end(), part_of_word);
    if (at == bound.end()) return logarithmic ? Growth::logarithmic : Growth::constant;
    const auto end = std::find_if_not(at, bound.end(), part_of_word);
    const std::string word(at, end);
    const bool number = std::all_of(at, end, [](unsigned char c) { return std::isdigit(c) != 0; });
    const bool parameter = std::any_of(info.parameters.begin(), info.parameters.end(),
                                       [&](const Parameter& candidate) {
                                         return candidate.name == word && is_constant(candidate);
                                       });
    if (!number && !parameter) return Growth::other;
    at = end;
  }
}

}  // namespace steelyard::bench
