#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

// 40,000 picks of 4: 10,000 each, standard deviation sqrt(40000 * 1/4 * 3/4) = 86.6; four of them.
TEST(Random, IgnoresWeightAndLoad) {
  Picker picker("random", weighted({5, 1, 1, 0}));
  picker.set_in_flight({100, 0, 0, 0});
  for (const int count : picker.counts(40000)) EXPECT_NEAR(count, 10000, 350);
}

TEST(Random, DrawsOncePerPick) {
  Picker picker("random", weighted({1, 1, 1}));
  RandomStream twin = picker.random;
  picker.pick();
  twin.next();
  EXPECT_EQ(picker.random.next(), twin.next());
}

}  // namespace
}  // namespace steelyard::test
