// Retry budgets with some settings changed, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/make.h"
#include "resilience/retry_budget.h"

namespace steelyard::test {

using Entries = std::vector<Settings::Entry>;

inline std::int64_t whole(std::int64_t number) { return number; }

inline Named budget_with(std::string_view name, const Entries& changed = {}) {
  Named named = defaults(RetryBudget::kKind, name);
  for (const Settings::Entry& entry : changed) named.settings.set(entry.name, entry.value);
  return named;
}

inline std::unique_ptr<RetryBudget> make_budget(std::string_view name,
                                                const Entries& changed = {}) {
  return make_checked<RetryBudget>(budget_with(name, changed));
}

// How often in a row it says yes.
inline std::uint64_t withdrawals(RetryBudget& budget, Instant now) {
  std::uint64_t all = 0;
  while (budget.withdraw({}, now)) ++all;
  return all;
}

}  // namespace steelyard::test
