#include "tests/resilience/budget.h"

namespace steelyard::test {
namespace {

// How many retries may be under way beside so many requests.
std::uint32_t retries_beside(const Entries& changed, std::uint32_t active) {
  const auto budget = make_budget("concurrent", changed);
  std::uint32_t retries = 0;
  while (budget->withdraw({.active = active, .retries = retries}, kStart)) ++retries;
  return retries;
}

// envoy#9069: "a budget of 20% with a minimum retry concurrency of 3 will allow 5 active retries
// while there are 25 active requests. If there are 2 active requests, there are still 3".
TEST(Concurrent, AllowsAShareOfWhatIsActiveAndAlwaysTheMinimum) {
  EXPECT_EQ(retries_beside({}, 25), 5u);
  EXPECT_EQ(retries_beside({}, 2), 3u);
  EXPECT_EQ(retries_beside({}, 0), 3u);
}

TEST(Concurrent, RoundsItsShareDown) {
  EXPECT_EQ(retries_beside({}, 24), 4u);  // 4.8
  EXPECT_EQ(retries_beside({}, 1000), 200u);
  EXPECT_EQ(retries_beside({{"budget_percent", {12.5}}, {"min_retry_concurrency", {whole(0)}}}, 17),
            2u);  // 2.125
}

// Envoy's max_retries, 3 by default, for any load.
TEST(Concurrent, IsAFixedNumberWithoutAShare) {
  for (const std::uint32_t active : {0u, 25u, 100'000u})
    EXPECT_EQ(retries_beside({{"budget_percent", {0.0}}}, active), 3u);
}

TEST(Concurrent, AllowsNoneToTheIdleWithoutAMinimum) {
  const Entries no_minimum{{"min_retry_concurrency", {whole(0)}}};
  EXPECT_EQ(retries_beside(no_minimum, 4), 0u);
  EXPECT_EQ(retries_beside(no_minimum, 5), 1u);
}

// How many of `requests` that fail one after the other are repeated, if all of these back off.
std::uint32_t repeated_of_a_burst(const std::string& backoff, std::uint32_t requests) {
  const auto budget = make_budget("concurrent", {{"backoff", {backoff}}});
  RetryLoad load{.active = requests};
  for (std::uint32_t i = 0; i < requests; ++i) {
    --load.active;
    if (budget->withdraw(load, kStart)) ++load.backing_off;
  }
  return load.backing_off;
}

// The comments to envoy#30205: a thousand requests fail at once.
TEST(Concurrent, CountsThoseThatBackOffAsItIsTold) {
  // Envoy: with k backing off, one more is allowed while k < 0.2 * those that are still active. All
  // of the first are allowed, until k = 0.2 * (1000 - k), at 166. From then on active only shrinks.
  EXPECT_EQ(repeated_of_a_burst("as_retry", 1000), 166u);
  // Active as well: they are a fifth of those left and themselves, so refusals shrink it no less.
  // After 199 were allowed 800 are left: 199 < 0.2 * (800 + 199) is 199 < 199.8, rounded down not.
  EXPECT_EQ(repeated_of_a_burst("as_both", 1000), 199u);
  // Nothing is under way that counts as a retry: the burst is not seen until it comes back.
  EXPECT_EQ(repeated_of_a_burst("as_neither", 1000), 1000u);
}

}  // namespace
}  // namespace steelyard::test
