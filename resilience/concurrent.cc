// concurrent: retries under way are at most a share of the requests under way.
#include <algorithm>
#include <string>

#include "resilience/retry_budget.h"

namespace steelyard {
namespace {

class Concurrent final : public RetryBudget {
 public:
  Concurrent(double budget_percent, std::int64_t min_retry_concurrency, const std::string& backoff)
      : share_(budget_percent / 100),
        least_(static_cast<std::uint64_t>(min_retry_concurrency)),
        backoff_is_retry_(backoff != "as_neither"),
        backoff_is_active_(backoff == "as_both") {}

  bool withdraw(const RetryLoad& load, Instant) override {
    const std::uint64_t active = load.active + (backoff_is_active_ ? load.backing_off : 0U);
    const std::uint64_t retries = load.retries + (backoff_is_retry_ ? load.backing_off : 0U);
    const auto allowed = static_cast<std::uint64_t>(share_ * static_cast<double>(active));
    return retries < std::max(allowed, least_);
  }

 private:
  double share_;
  std::uint64_t least_;
  bool backoff_is_retry_;
  bool backoff_is_active_;
};

const Registration<RetryBudget> kRegistration{{
    .name = "concurrent",
    .summary = "Retries under way are at most a share of the requests under way.",
    .doc = "Counts what is under way: as long as retries are fewer than `budget_percent` of the "
           "active requests, one more is allowed, and `min_retry_concurrency` always are. It needs "
           "no window and no memory, and follows the load at once. Use it in a proxy, or a caller "
           "with dozens of requests under way. A caller with few never leaves the minimum: a "
           "hundred callers with one request each have three hundred retries among them, as many "
           "as without a budget; give those `tokens`, or a minimum of 0, which means no retries at "
           "all for them. Systems count those that wait for their back-off differently: in Envoy "
           "they are retries but not active requests, so a burst of failures shrinks its own "
           "budget; a change that was proposed and not merged (envoy#30738) has them as both; as "
           "neither, a burst is waved through to its back-off and comes back whole (envoy#30205). "
           "Envoy's older `max_retries`, the default there, is budget_percent 0 with a minimum "
           "of 3.",
    .formula = "retries < max(floor(budget_percent / 100 * active), min_retry_concurrency)",
    .cost = "O(1)",
    .source = "Envoy, circuit breakers, RetryBudget (envoy#9069)",
    .also_known_as = {{"retry_budget", "Envoy's name for it"},
                      {"max_retries", "Envoy's: {concurrent: {budget_percent: 0}}"}},
    .parameters = {parameter::number("budget_percent", 20, {0, 100},
                                     "Retries may be this share of the active requests.", "Envoy"),
                   parameter::integer("min_retry_concurrency", 3, {0, 1e6},
                                      "As many retries are allowed however little is active.",
                                      "Envoy"),
                   parameter::choice("backoff", "as_retry", {"as_retry", "as_both", "as_neither"},
                                     "As what requests count that wait for the time of their "
                                     "retry: as retries, as active requests too, as neither.",
                                     "Envoy")},
    .make = [](const Settings& s) -> Result<std::unique_ptr<RetryBudget>> {
      return std::make_unique<Concurrent>(s.number("budget_percent"),
                                          s.integer("min_retry_concurrency"), s.text("backoff"));
    },
}};

}  // namespace
}  // namespace steelyard
