// deposit: every request pays in, every retry takes out, and what was paid in expires.
#include <algorithm>
#include <array>

#include "resilience/retry_budget.h"

namespace steelyard {
namespace {

constexpr std::int64_t kSlices = 10;  // of the time to live, as in Finagle's window
constexpr double kRounding = 1e-9;    // ratios are seldom binary fractions

class Deposit final : public RetryBudget {
 public:
  Deposit(double retry_ratio, double min_retries_per_second, Duration ttl)
      : ratio_(retry_ratio),
        reserve_(min_retries_per_second * to_seconds(ttl)),
        slice_length_(ttl / kSlices) {}

  void on_request(Instant now) override {
    advance(now);
    ++slices_[current_].deposits;
    ++sum_.deposits;
  }

  bool withdraw(const RetryLoad&, Instant now) override {
    advance(now);
    const double balance = ratio_ * static_cast<double>(sum_.deposits) -
                           static_cast<double>(sum_.withdrawals) + reserve_;
    if (balance < 1 - kRounding) return false;
    ++slices_[current_].withdrawals;
    ++sum_.withdrawals;
    return true;
  }

 private:
  struct Slice {
    std::int64_t deposits = 0;
    std::int64_t withdrawals = 0;
  };

  // The oldest slices are forgotten, for as many as have begun.
  void advance(Instant now) {
    if (!began_) {
      began_ = true;
      slice_begin_ = now;
    }
    const std::int64_t begun = (now - slice_begin_) / slice_length_;
    slice_begin_ += begun * slice_length_;
    for (std::int64_t i = 0; i < std::min(begun, kSlices); ++i) {
      current_ = (current_ + 1) % slices_.size();
      sum_.deposits -= slices_[current_].deposits;
      sum_.withdrawals -= slices_[current_].withdrawals;
      slices_[current_] = {};
    }
  }

  double ratio_;
  double reserve_;  // retries in every time to live
  Duration slice_length_;
  std::array<Slice, kSlices> slices_{};
  Slice sum_;
  std::size_t current_ = 0;
  Instant slice_begin_;
  bool began_ = false;
};

Parameter time_to_live() {
  Parameter parameter = parameter::duration("ttl", 10s, "How long deposits and withdrawals count.",
                                            "Finagle, Linkerd, tower");
  parameter.min = 1;
  parameter.max = 60;
  return parameter;
}

const Registration<RetryBudget> kRegistration{{
    .name = "deposit",
    .summary = "Every request pays in a share of a retry, every retry takes one out.",
    .doc = "Keeps an account over the last `ttl`: each request pays in `retry_ratio` of a retry, "
           "each retry takes one out, and what is older is forgotten, deposits and withdrawals "
           "alike. A reserve of `min_retries_per_second`, whatever the traffic, lets callers retry "
           "that have just started or ask rarely. Use it where retries are to be a share of "
           "traffic, not of what is under way: it allows short bursts that `concurrent` refuses, "
           "up to all that was saved in `ttl`, after which retries are as many as the share. The "
           "reserve is each caller's: of a thousand callers with one request a second every one "
           "may repeat all that fails ten times over. Finagle invented it; Linkerd and tower have "
           "it with the same defaults. Time moves in tenths of `ttl`.",
    .formula = "retries <= retry_ratio * requests + min_retries_per_second * ttl, over the last "
               "ttl",
    .cost = "O(1)",
    .source = "Finagle, RetryBudget; Finagle blog, \"Retry Budgets\", 2016",
    .also_known_as = {{"retryBudget", "Linkerd's and Finagle's name for it"}},
    .parameters = {parameter::ratio("retry_ratio", 0.2, "Retries per request.",
                                    "Finagle, Linkerd, tower"),
                   parameter::number(
                       "min_retries_per_second", 10, {0, 1e6},
                       "Retries per second that are allowed on top, however few requests.",
                       "Finagle, Linkerd, tower"),
                   time_to_live()},
    .make = [](const Settings& s) -> Result<std::unique_ptr<RetryBudget>> {
      return std::make_unique<Deposit>(s.number("retry_ratio"), s.number("min_retries_per_second"),
                                       s.duration("ttl"));
    },
}};

}  // namespace
}  // namespace steelyard
