#include "tests/resilience/budget.h"

namespace steelyard::test {
namespace {

Entries account(double retry_ratio, double min_retries_per_second, Duration ttl) {
  return {{"retry_ratio", {retry_ratio}},
          {"min_retries_per_second", {min_retries_per_second}},
          {"ttl", {ttl}}};
}

// Finagle's RetryBudgetTest: of 10,000 requests at one instant, each of which wants a retry, as
// many get one as the ratio and the reserve say, give or take one.
std::uint64_t retried_of_10000(const Entries& settings) {
  const auto budget = make_budget("deposit", settings);
  std::uint64_t retried = 0;
  for (int i = 0; i < 10'000; ++i) {
    budget->on_request(kStart);
    if (budget->withdraw({}, kStart)) ++retried;
  }
  return retried;
}

TEST(Deposit, LetsAShareOfTheRequestsBeRepeated) {
  for (const double ratio : {0.1, 0.5, 0.25, 0.75, 0.99, 0.999, 0.9999, 0.01, 0.001, 0.0001})
    EXPECT_NEAR(static_cast<double>(retried_of_10000(account(ratio, 0, 60s))), 10'000 * ratio, 1)
        << ratio;
}

// 0.29 * 100 is less than 29 in binary fractions.
TEST(Deposit, CountsWholeRetriesWhole) {
  const auto budget = make_budget("deposit", account(0.29, 0, 10s));
  for (int i = 0; i < 100; ++i) budget->on_request(kStart);
  EXPECT_EQ(withdrawals(*budget, kStart), 29u);
}

TEST(Deposit, AddsAReserve) {
  EXPECT_EQ(retried_of_10000(account(0, 10, 1s)), 10u);
  EXPECT_EQ(retried_of_10000(account(0, 5, 2s)), 10u);
  EXPECT_NEAR(static_cast<double>(retried_of_10000(account(0.1, 10, 1s))), 1010, 1);
  EXPECT_NEAR(static_cast<double>(retried_of_10000(account(0.5, 5, 2s))), 5010, 1);
}

TEST(Deposit, IsEmptyWithNeither) { EXPECT_EQ(retried_of_10000(account(0, 0, 10s)), 0u); }

// Ten a second for ten seconds, before the first request; five requests are one more.
TEST(Deposit, BeginsWithItsReserve) {
  const auto budget = make_budget("deposit");
  EXPECT_EQ(withdrawals(*budget, kStart), 100u);
  for (int i = 0; i < 4; ++i) budget->on_request(kStart);
  EXPECT_EQ(withdrawals(*budget, kStart), 0u);
  budget->on_request(kStart);
  EXPECT_EQ(withdrawals(*budget, kStart), 1u);
}

// Tenths of the ttl: what was paid in during the first counts in that and in nine more.
TEST(Deposit, ForgetsWhatIsOlderThanItsTimeToLive) {
  const auto paid_in_at_start = [] {
    auto budget = make_budget("deposit", account(0.5, 0, 10s));
    for (int i = 0; i < 10; ++i) budget->on_request(kStart);
    return budget;
  };
  EXPECT_EQ(withdrawals(*paid_in_at_start(), kStart + 9999ms), 5u);
  EXPECT_EQ(withdrawals(*paid_in_at_start(), kStart + 10s), 0u);
  EXPECT_EQ(withdrawals(*paid_in_at_start(), kStart + 24h), 0u);
}

TEST(Deposit, GetsItsReserveBackWhenWithdrawalsAreForgotten) {
  const auto budget = make_budget("deposit");
  EXPECT_EQ(withdrawals(*budget, kStart), 100u);
  EXPECT_EQ(withdrawals(*budget, kStart + 9999ms), 0u);
  EXPECT_EQ(withdrawals(*budget, kStart + 10s), 100u);
}

// A retry taken out late outlives the deposits that paid for it: the account is overdrawn then,
// and new deposits go into the hole first, as in Finagle's window.
TEST(Deposit, PaysItsDebtsFirst) {
  const auto budget = make_budget("deposit", account(0.5, 0, 10s));
  for (int i = 0; i < 10; ++i) budget->on_request(kStart);
  EXPECT_EQ(withdrawals(*budget, kStart + 5s), 5u);
  for (int i = 0; i < 10; ++i) budget->on_request(kStart + 10s);
  EXPECT_EQ(withdrawals(*budget, kStart + 10s), 0u);
  EXPECT_EQ(withdrawals(*budget, kStart + 15s), 5u);
}

}  // namespace
}  // namespace steelyard::test
