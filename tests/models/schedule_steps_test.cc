#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

TEST(StepsSchedule, TakesOneRateAfterAnotherAndKeepsTheLast) {
  const auto steps =
      make<RateSchedule>("steps", {{"rates", numbers_of({100, 0, 300})}, {"every", time(10s)}});
  EXPECT_EQ(steps->rate_at(9.9), 100);
  EXPECT_EQ(steps->rate_at(10), 0);
  EXPECT_EQ(steps->rate_at(25), 300);
  EXPECT_EQ(steps->rate_at(1000), 300);
  EXPECT_DOUBLE_EQ(steps->expected_by(30), 4000);  // 1000 + 0 + 3000
  EXPECT_DOUBLE_EQ(steps->time_of(1000), 10);
  EXPECT_DOUBLE_EQ(steps->time_of(1300), 21);
}

TEST(StepsSchedule, MayChangeAtGivenTimes) {
  const auto steps =
      make<RateSchedule>("steps", {{"rates", numbers_of({100, 50})}, {"at", times({5s, 20s})}});
  EXPECT_EQ(steps->rate_at(4), 0);
  EXPECT_EQ(steps->rate_at(5), 100);
  EXPECT_EQ(steps->rate_at(20), 50);
  EXPECT_DOUBLE_EQ(steps->time_of(100), 6);
}

TEST(StepsSchedule, SaysWhatIsWrong) {
  const auto refused = [](Given given) { return refusal<RateSchedule>("steps", std::move(given)); };
  EXPECT_EQ(refused({{"rates", numbers_of({1, 2})}}),
            "got none of them, expected exactly one of every, at");
  EXPECT_EQ(refused({{"rates", numbers_of({1, 2})}, {"at", times({5s})}}),
            "got 2 rates and 1 times, expected as many of one as of the other");
  EXPECT_EQ(refused({{"rates", numbers_of({1, 2})}, {"at", times({5s, 5s})}}),
            "got 5s after 5s in at, expected ascending times");
  EXPECT_EQ(refused({{"rates", numbers_of({0, 0})}, {"every", time(1s)}}),
            "got no rate above zero, expected at least one");
  EXPECT_EQ(refused({{"rates", numbers_of({})}, {"every", time(1s)}}),
            "got no rate above zero, expected at least one");
}

}  // namespace
}  // namespace steelyard
