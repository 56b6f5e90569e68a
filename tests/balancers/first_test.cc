#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

const Picker::Entries kLimitOfTwo{{"limit", {std::int64_t{2}}}};

TEST(First, FillsOneAfterTheOther) {
  Picker picker("first", weighted({1, 1, 1}), kLimitOfTwo);
  std::vector<std::size_t> sent;
  for (int i = 0; i < 6; ++i) sent.push_back(picker.send());
  EXPECT_EQ(sent, (std::vector<std::size_t>{0, 0, 1, 1, 2, 2}));
}

TEST(First, ComesBackToTheFirstAsSoonAsItHasRoom) {
  Picker picker("first", weighted({1, 1, 1}), kLimitOfTwo);
  for (int i = 0; i < 5; ++i) picker.send();
  picker.finish(0, 1ms);
  EXPECT_EQ(picker.pick(), 0);
}

TEST(First, GoesByIdNotByPosition) {
  Picker picker("first", {{.name = "x", .id = 8}, {.name = "y", .id = 3}, {.name = "z", .id = 5}});
  EXPECT_EQ(picker.pick(), 1);
}

TEST(First, WhenAllAreFullTheLeastLoadedGetsIt) {
  Picker picker("first", weighted({1, 1, 1}), kLimitOfTwo);
  picker.set_in_flight({4, 2, 3});
  EXPECT_EQ(picker.pick(), 1);
}

}  // namespace
}  // namespace steelyard::test
