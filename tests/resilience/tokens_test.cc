#include "tests/resilience/budget.h"

namespace steelyard::test {
namespace {

void fail(RetryBudget& budget, int times) {
  for (int i = 0; i < times; ++i) budget.on_failure();
}
void succeed(RetryBudget& budget, int times) {
  for (int i = 0; i < times; ++i) budget.on_success();
}
bool allows(RetryBudget& budget) { return budget.withdraw({}, kStart); }

// gRPC A6: of 10 tokens each failure takes one, and at half or less nothing is repeated.
TEST(Tokens, BlocksAfterHalfOfThemHaveGone) {
  const auto budget = make_budget("tokens");
  for (int failure = 1; failure <= 4; ++failure) {
    fail(*budget, 1);
    EXPECT_TRUE(allows(*budget)) << "after failure " << failure;
  }
  fail(*budget, 1);
  EXPECT_FALSE(allows(*budget)) << "5 of 10 are left, and 5 is no more than half";
}

// From 5.0, one success makes 5.1: above the half. From 0, ten each for one token make 51.
TEST(Tokens, AllowsAgainOnceSuccessesHaveEarnedThemBack) {
  const auto budget = make_budget("tokens");
  fail(*budget, 5);
  succeed(*budget, 1);
  EXPECT_TRUE(allows(*budget));
  fail(*budget, 1000);
  succeed(*budget, 50);
  EXPECT_FALSE(allows(*budget)) << "5.0 exactly: tenths add up without a rest";
  succeed(*budget, 1);
  EXPECT_TRUE(allows(*budget));
}

TEST(Tokens, AreNeverMoreThanTheMost) {
  const auto budget = make_budget("tokens");
  succeed(*budget, 1'000'000);
  fail(*budget, 5);
  EXPECT_FALSE(allows(*budget));
}

TEST(Tokens, CostNothingToRepeat) {
  const auto budget = make_budget("tokens");
  fail(*budget, 4);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(allows(*budget));
}

// With tenths, one failure in eleven attempts costs what ten successes earn; one in ten more.
TEST(Tokens, GoByTheShareOfFailures) {
  const auto blocked_at = [](int successes_a_failure) {
    const auto budget = make_budget("tokens");
    for (int round = 0; round < 10'000; ++round) {
      fail(*budget, 1);
      if (!allows(*budget)) return true;
      succeed(*budget, successes_a_failure);
    }
    return false;
  };
  EXPECT_FALSE(blocked_at(10));
  EXPECT_TRUE(blocked_at(9));
}

// max 5 -> threshold 2.5: blocked at 2, after the third.
TEST(Tokens, HalveAnOddNumberToo) {
  const auto budget = make_budget("tokens", {{"max_tokens", {whole(5)}}});
  fail(*budget, 2);
  EXPECT_TRUE(allows(*budget));
  fail(*budget, 1);
  EXPECT_FALSE(allows(*budget));
}

}  // namespace
}  // namespace steelyard::test
