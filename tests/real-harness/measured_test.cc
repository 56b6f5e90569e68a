#include "tests/real-harness/measured.h"

namespace steelyard::live {
namespace {

TEST(Measured, FailsIfEveryAttemptDoes) {
  int attempts = 0;
  EXPECT_NONFATAL_FAILURE(measured([&] { EXPECT_EQ(++attempts, 0); }), "attempts");
  EXPECT_EQ(attempts, 3);
}

TEST(Measured, EndsWithTheFirstAttemptThatSucceeds) {
  int attempts = 0;
  measured([&] { ASSERT_EQ(++attempts, 2); });
  EXPECT_EQ(attempts, 2);
}

}  // namespace
}  // namespace steelyard::live
