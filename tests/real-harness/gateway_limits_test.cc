#include <gtest/gtest.h>

#include "core/random.h"
#include "real-harness/gateway/limits.h"

namespace steelyard::live::gateway {
namespace {

using Per = RateLimitSpec::Per;

Instant at(Duration after) { return kStart + after; }

TEST(RateLimits, AllowABurstAndThenTheRate) {
  RateLimiter limiter({.rate = 10, .burst = 3, .per = Per::route}, 1);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.ask("", "", at(0s)).allowed);
  // The next token comes after 1/10 s.
  const auto refused = limiter.ask("", "", at(0s));
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.retry_after, 100ms);
  EXPECT_EQ(limiter.ask("", "", at(60ms)).retry_after, 40ms);
  EXPECT_TRUE(limiter.ask("", "", at(100ms)).allowed);
  EXPECT_FALSE(limiter.ask("", "", at(100ms)).allowed);
  // A second later it is full again, and no fuller than that.
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.ask("", "", at(10s)).allowed);
  EXPECT_FALSE(limiter.ask("", "", at(10s)).allowed);
}

// Whatever the pattern: at most burst + rate * time in any window. 50 s at 20/s with 5 more.
TEST(RateLimits, NeverLetMoreThroughThanBurstAndRate) {
  constexpr std::uint64_t kSeed = 11;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  RandomStream random(kSeed);
  RateLimiter limiter({.rate = 20, .burst = 5, .per = Per::address}, 2);
  std::vector<Instant> allowed;
  Instant now = kStart;
  while (now < at(50s)) {
    now += Duration(static_cast<std::int64_t>(random.below(40'000'000)));
    if (limiter.ask("10.0.0.1", "", now).allowed) allowed.push_back(now);
  }
  EXPECT_GT(allowed.size(), 900u);
  for (std::size_t first = 0; first < allowed.size(); ++first)
    for (std::size_t last = first; last < std::min(first + 60, allowed.size()); ++last)
      ASSERT_LE(static_cast<double>(last - first + 1),
                5 + 20 * to_seconds(allowed[last] - allowed[first]) + 1e-6);
}

TEST(RateLimits, CountCallersApart) {
  RateLimiter by_address({.rate = 1, .burst = 1, .per = Per::address}, 3);
  EXPECT_TRUE(by_address.ask("10.0.0.1", "alice", at(0s)).allowed);
  EXPECT_TRUE(by_address.ask("10.0.0.2", "alice", at(0s)).allowed);
  EXPECT_FALSE(by_address.ask("10.0.0.1", "bob", at(0s)).allowed);
  RateLimiter by_consumer({.rate = 1, .burst = 1, .per = Per::consumer}, 3);
  EXPECT_TRUE(by_consumer.ask("10.0.0.1", "alice", at(0s)).allowed);
  EXPECT_TRUE(by_consumer.ask("10.0.0.1", "bob", at(0s)).allowed);
  EXPECT_FALSE(by_consumer.ask("10.0.0.2", "alice", at(0s)).allowed);
  RateLimiter by_route({.rate = 1, .burst = 1, .per = Per::route}, 3);
  EXPECT_TRUE(by_route.ask("10.0.0.1", "alice", at(0s)).allowed);
  EXPECT_FALSE(by_route.ask("10.0.0.2", "bob", at(0s)).allowed);
}

// Who has a whole /64 to choose from does not get a bucket for each address.
TEST(RateLimits, CountAnIpv6HouseholdOnce) {
  EXPECT_EQ(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:2:ffff::2"));
  EXPECT_NE(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:3::1"));
  EXPECT_EQ(address_key("::ffff:10.0.0.1"), address_key("10.0.0.1"));
  EXPECT_NE(address_key("10.0.0.1"), address_key("10.0.0.2"));
  EXPECT_NE(address_key("pipe"), address_key("another"));
}

TEST(RateLimits, DoNotGrowAndForgetOnlyWhoIsIdle) {
  RateLimiter limiter({.rate = 1, .burst = 10, .per = Per::consumer}, 4, 1024);
  EXPECT_EQ(limiter.places(), 1024u);
  // One caller uses its bucket up; a hundred thousand others come by once each.
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limiter.ask("", "greedy", at(0s)).allowed);
  for (int i = 0; i < 100'000; ++i)
    EXPECT_TRUE(limiter.ask("", "caller " + std::to_string(i), at(1ms)).allowed);
  EXPECT_EQ(limiter.places(), 1024u);
  EXPECT_FALSE(limiter.ask("", "greedy", at(2ms)).allowed);
}

TEST(RateLimits, SayWhenToComeBack) {
  EXPECT_EQ(retry_after_seconds(1ns), 1);
  EXPECT_EQ(retry_after_seconds(1s), 1);
  EXPECT_EQ(retry_after_seconds(1001ms), 2);
  EXPECT_EQ(retry_after_seconds(1h), 3600);
}

// The extremes that a scenario may write.
TEST(RateLimits, HoldOneAnHourWithAMillionAtOnce) {
  RateLimiter limiter({.rate = 1.0 / 3600, .burst = 1'000'000, .per = Per::route}, 5);
  for (int i = 0; i < 1'000'000; ++i) ASSERT_TRUE(limiter.ask("", "", at(0s)).allowed);
  const auto refused = limiter.ask("", "", at(0s));
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.retry_after, 1h);
}

}  // namespace
}  // namespace steelyard::live::gateway
