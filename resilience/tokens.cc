// tokens: failures cost a token, successes give back a part of one; with half of them gone nothing
// is repeated.
#include <algorithm>

#include "resilience/retry_budget.h"

namespace steelyard {
namespace {

// Counted in thousandths, as gRPC does: a tenth of a token is no double.
constexpr std::int64_t kToken = 1000;

class Tokens final : public RetryBudget {
 public:
  Tokens(std::int64_t max_tokens, double token_ratio)
      : max_(max_tokens * kToken),
        per_success_(static_cast<std::int64_t>(token_ratio * kToken + 0.5)),
        tokens_(max_) {}

  void on_success() override { tokens_ = std::min(max_, tokens_ + per_success_); }
  void on_failure() override { tokens_ = std::max(std::int64_t{0}, tokens_ - kToken); }
  bool withdraw(const RetryLoad&, Instant) override { return tokens_ > max_ / 2; }

 private:
  std::int64_t max_;
  std::int64_t per_success_;
  std::int64_t tokens_;
};

const Registration<RetryBudget> kRegistration{{
    .name = "tokens",
    .summary = "Failures cost tokens, successes earn them; below half there are no retries.",
    .doc = "A counter starts at `max_tokens`; each failed attempt takes one away, each that "
           "succeeds gives back `token_ratio`, and while no more than half is left nothing is "
           "repeated. It goes by the share of failures, not by load: while fewer than token_ratio "
           "/ (1 + token_ratio) of the attempts fail (one in eleven with the defaults) everything "
           "is repeated, and where more do, soon nothing is, until enough has succeeded. Use it "
           "where callers are many and small: each stops after a handful of failures whatever the "
           "others do, where `concurrent` and `deposit` leave every caller its minimum. It is "
           "wrong where a caller is to ride out failures of its own for a while, as "
           "with one of five instances down: no retries then, though there would be room. gRPC "
           "has no defaults and throttles only where a service config asks for it; these are the "
           "values of its design and of its examples.",
    .formula = "retries while tokens > max_tokens / 2; tokens: -1 a failure, +token_ratio a "
               "success, within [0, max_tokens]",
    .cost = "O(1)",
    .source = "gRPC A6, \"Throttling Retry Attempts and Hedged RPCs\"",
    .also_known_as = {{"retryThrottling", "gRPC's name for it"},
                      {"retry_throttling", "gRPC's name for it"}},
    .parameters = {parameter::integer("max_tokens", 10, {1, 1000},
                                      "What the counter starts with, and never exceeds.",
                                      "gRPC A6, its example"),
                   parameter::number("token_ratio", 0.1, {0.001, 1000},
                                     "What an attempt that succeeds gives back; thousandths count.",
                                     "gRPC A6, its example")},
    .make = [](const Settings& s) -> Result<std::unique_ptr<RetryBudget>> {
      return std::make_unique<Tokens>(s.integer("max_tokens"), s.number("token_ratio"));
    },
}};

}  // namespace
}  // namespace steelyard
