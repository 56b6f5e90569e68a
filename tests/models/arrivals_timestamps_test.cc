#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

TEST(TimestampsArrivals, ComeExactlyWhenTheLogSays) {
  const auto timestamps =
      make<Arrivals>("timestamps", {{"file", table({"seconds"}, {0, 0.25, 0.25, 3})}});
  timestamps->start(RandomStream(1));
  EXPECT_EQ(timestamps->next(), kStart);
  EXPECT_EQ(timestamps->next(), kStart + 250ms);
  EXPECT_EQ(timestamps->next(), kStart + 250ms);
  EXPECT_EQ(timestamps->next(), kStart + 3s);
  EXPECT_EQ(timestamps->next(), kNever);
  EXPECT_EQ(timestamps->next(), kNever);
}

TEST(TimestampsArrivals, StartWhereToldAndCompressTime) {
  const auto timestamps =
      make<Arrivals>("timestamps", {{"file", table({"user", "at_ms"}, {7, 500, 8, 1500, 9, 3500})},
                                    {"column", text("at_ms")},
                                    {"start", time(1s)},
                                    {"time_compression", number(10)}});
  timestamps->start(RandomStream(1));
  EXPECT_EQ(timestamps->next(), kStart + 50ms);
  EXPECT_EQ(timestamps->next(), kStart + 250ms);
  EXPECT_EQ(timestamps->next(), kNever);
}

TEST(TimestampsArrivals, SayWhatIsWrongWithTheFile) {
  EXPECT_EQ(refusal<Arrivals>("timestamps", {{"file", table({"seconds"}, {1, 0.5})}}),
            "test.csv: row 2, column 'seconds': got 0.5 after 1, expected ascending times");
  EXPECT_EQ(
      refusal<Arrivals>("timestamps", {{"file", table({"seconds"}, {1, 2})}, {"start", time(3s)}}),
      "test.csv: got no time at or after start 3s");
}

}  // namespace
}  // namespace steelyard
