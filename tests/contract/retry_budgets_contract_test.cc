// What every retry budget must hold, by being registered.
#include <algorithm>
#include <deque>
#include <functional>

#include "core/random.h"
#include "tests/balancers/allocations.h"
#include "tests/contract/explained.h"
#include "tests/contract/parameter_bounds.h"
#include "tests/resilience/budget.h"

namespace steelyard::test {
namespace {

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const StrategyInfo* info : Catalogue::of_kind(RetryBudget::kKind))
    names.push_back(info->name);
  return names;
}

// A channel in a clock of milliseconds: each attempt takes `kTakes`, each retry waits `kWaits`.
class Caller {
 public:
  explicit Caller(RetryBudget& budget) : budget_(budget) {}

  // A millisecond goes by; so many requests come, and attempts that end succeed or fail.
  void pass(int come, const std::function<bool()>& succeeds) {
    now_ += 1ms;
    while (!backing_off_.empty() && backing_off_.front() == now_) {
      backing_off_.pop_front();
      sent_.push_back({now_ + kTakes, true});
    }
    for (; !sent_.empty() && sent_.front().ends == now_; sent_.pop_front()) end(succeeds());
    for (; come > 0; --come) {
      budget_.on_request(now_);
      ++requests;
      sent_.push_back({now_ + kTakes, false});
    }
  }

  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  std::uint64_t retries = 0;

 private:
  static constexpr Duration kTakes = 50ms;
  static constexpr Duration kWaits = 10ms;
  struct Attempt {
    Instant ends;
    bool retry = false;
  };

  void end(bool succeeded) {
    if (succeeded) return budget_.on_success();
    budget_.on_failure();
    ++failures;
    const auto retried = std::count_if(sent_.begin() + 1, sent_.end(),
                                       [](const Attempt& attempt) { return attempt.retry; });
    if (!budget_.withdraw({.active = static_cast<std::uint32_t>(sent_.size() - 1),
                           .retries = static_cast<std::uint32_t>(retried),
                           .backing_off = static_cast<std::uint32_t>(backing_off_.size())},
                          now_))
      return;
    ++retries;
    backing_off_.push_back(now_ + kWaits);
  }

  RetryBudget& budget_;
  Instant now_ = kStart;
  std::deque<Attempt> sent_;
  std::deque<Instant> backing_off_;
};

class EveryRetryBudget : public testing::TestWithParam<std::string> {
 protected:
  const StrategyInfo& info() { return *Catalogue::find(RetryBudget::kKind, GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(All, EveryRetryBudget, testing::ValuesIn(names()),
                         [](const auto& name) { return name.param; });

TEST_P(EveryRetryBudget, ExplainsItself) { expect_explained(info()); }

TEST_P(EveryRetryBudget, AcceptsTheBoundsItDeclares) {
  for (const bool upper : {false, true})
    for (const Parameter& parameter : info().parameters) {
      if (!parameter.choices.empty()) continue;
      const auto budget = make_budget(GetParam(), {{parameter.name, at_bound(parameter, upper)}});
      Caller caller(*budget);
      for (int i = 0; i < 5000; ++i) caller.pass(1, [&] { return i % 3 == 0; });
      EXPECT_LE(caller.retries, caller.failures);
    }
}

TEST_P(EveryRetryBudget, LetsTheFirstFailureBeRepeated) {
  const auto budget = make_budget(GetParam());
  budget->on_request(kStart);
  budget->on_failure();
  EXPECT_TRUE(budget->withdraw({}, kStart));
}

// A thousand requests a second for a minute, all of whose attempts fail, however often they are
// tried. A fifth of what is under way is a quarter of the requests: r/(1 + r) = 0.2 at r = 0.25;
// and at most a reserve of 10 a second comes on top, and that of ten seconds at the beginning.
TEST_P(EveryRetryBudget, KeepsRetriesToItsShareWhenAllFails) {
  const auto budget = make_budget(GetParam());
  Caller caller(*budget);
  for (int i = 0; i < 60'000; ++i) caller.pass(1, [] { return false; });
  EXPECT_EQ(caller.requests, 60'000u);
  EXPECT_LE(caller.retries, 60'000 / 4 + 10 * (60 + 10));
}

// One attempt in a hundred fails: so much is repeated by all of them.
TEST_P(EveryRetryBudget, RepeatsWhatFailsNowAndThen) {
  const auto budget = make_budget(GetParam());
  Caller caller(*budget);
  RandomStream random(1);
  for (int i = 0; i < 60'000; ++i) caller.pass(1, [&] { return random.below(100) != 0; });
  EXPECT_GT(caller.failures, 400u) << "600, give or take eight times its root";
  EXPECT_EQ(caller.retries, caller.failures);
}

TEST_P(EveryRetryBudget, RecoversOnceAllIsWell) {
  const auto budget = make_budget(GetParam());
  Caller caller(*budget);
  for (int i = 0; i < 20'000; ++i) caller.pass(1, [] { return false; });
  for (int i = 0; i < 20'000; ++i) caller.pass(1, [] { return true; });
  const std::uint64_t before = caller.retries;
  bool failed = false;
  for (int i = 0; i < 100; ++i) caller.pass(1, [&] { return std::exchange(failed, true); });
  EXPECT_EQ(caller.retries, before + 1);
}

TEST_P(EveryRetryBudget, AnswersTheSameToTheSame) {
  const auto answers = [&] {
    const auto budget = make_budget(GetParam());
    RandomStream random(7);
    Instant now = kStart;
    std::vector<bool> given;
    for (int i = 0; i < 100'000; ++i) {
      now += Duration(static_cast<std::int64_t>(random.below(10'000'000)));
      if (random.below(3) != 0) budget->on_request(now);
      if (random.below(2) != 0) {
        budget->on_success();
        continue;
      }
      budget->on_failure();
      given.push_back(
          budget->withdraw({.active = static_cast<std::uint32_t>(random.below(100)),
                            .retries = static_cast<std::uint32_t>(random.below(10)),
                            .backing_off = static_cast<std::uint32_t>(random.below(10))},
                           now));
    }
    return given;
  };
  EXPECT_EQ(answers(), answers());
}

TEST_P(EveryRetryBudget, AllocatesNothingOnceMade) {
  const auto budget = make_budget(GetParam());
  const std::uint64_t before = allocations();
  for (int i = 0; i < 10'000; ++i) {
    const Instant now = kStart + i * 7ms;
    budget->on_request(now);
    budget->on_failure();
    budget->withdraw({.active = 30, .retries = 2, .backing_off = 1}, now);
    budget->on_success();
  }
  EXPECT_EQ(allocations() - before, 0u);
}

}  // namespace
}  // namespace steelyard::test
