// The contract of a retry budget: may this failed attempt be repeated?
//
// Retries help where failures are few, and feed an overload where they are many: each failure then
// makes work for a service that fails because it has too much. A budget lets a channel repeat some
// of what fails, and no more.
//
// A budget is a plain object, as a balancer is: told the time and what happened, no clock, no
// chance, nothing allocated after it was made. One object serves one channel on one thread, as
// Envoy has one a cluster and process, gRPC one a channel and server name. A channel without one
// repeats every failure that has attempts left.
//
// To add one: copy the shape of resilience/tokens.cc, and end the file with its registration. The
// tests of tests/contract/retry_budgets_contract_test.cc then hold it to its promise.
#pragma once

#include <cstdint>

#include "core/registry.h"
#include "core/time.h"

namespace steelyard {

// What a channel has under way when an attempt has failed; that attempt is no longer among it.
struct RetryLoad {
  std::uint32_t active = 0;       // requests with an attempt that is sent, or waits for an endpoint
  std::uint32_t retries = 0;      // of these, those on an attempt after their first
  std::uint32_t backing_off = 0;  // requests that wait for the time of a retry that was allowed
};

class RetryBudget {
 public:
  static constexpr const char* kKind = "retry_budget";

  RetryBudget() = default;
  RetryBudget(const RetryBudget&) = delete;
  RetryBudget& operator=(const RetryBudget&) = delete;
  virtual ~RetryBudget() = default;

  // A request came; of its retries nothing is said.
  virtual void on_request(Instant now) { (void)now; }
  // An attempt succeeded; or failed in a way that is repeated, whether or not this one will be.
  // Nothing is heard of attempts whose caller left, or whose request's time was up.
  virtual void on_success() {}
  virtual void on_failure() {}

  // Whether the request whose attempt failed gets another. A yes is paid for: it will have one,
  // unless its time is up first. Asked after on_failure(), and only for requests that have attempts
  // and time left.
  virtual bool withdraw(const RetryLoad& load, Instant now) = 0;
};

}  // namespace steelyard
