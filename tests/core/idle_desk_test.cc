#include "core/idle_desk.h"

#include <gtest/gtest.h>

namespace steelyard {
namespace {

TEST(IdleDesk, TellsNobodyWhoDidNotAsk) {
  IdleDesk<int> desk(RandomStream(1));
  EXPECT_EQ(desk.tell(), std::nullopt);
}

TEST(IdleDesk, TellsOneOfThoseWhoAskedAndTheNextOneAfterTheNextRequest) {
  IdleDesk<int> desk(RandomStream(1));
  desk.ask(1);
  desk.ask(2);
  const int first = desk.tell().value();
  EXPECT_EQ(desk.tell(), std::nullopt) << "it is still the same idleness";
  desk.request_came();
  EXPECT_EQ(desk.tell(), 3 - first);
  desk.request_came();
  EXPECT_EQ(desk.tell(), std::nullopt) << "both were told, and did not ask again";
}

TEST(IdleDesk, ForgetsWhoHasLeft) {
  IdleDesk<int> desk(RandomStream(1));
  desk.ask(1);
  desk.ask(2);
  desk.forget([](int asker) { return asker == 1; });
  EXPECT_EQ(desk.tell(), 2);
  desk.ask(3);
  EXPECT_EQ(desk.forget_all(), std::vector<int>{3});
}

// Three who ask again each time: a third each of 3000, deviation 26.
TEST(IdleDesk, DrawsWhomToTell) {
  IdleDesk<int> desk(RandomStream(7));
  for (int asker = 0; asker < 3; ++asker) desk.ask(asker);
  std::vector<int> told(3);
  for (int i = 0; i < 3000; ++i) {
    desk.request_came();
    const int asker = desk.tell().value();
    ++told[static_cast<std::size_t>(asker)];
    desk.ask(asker);
  }
  for (const int times : told) EXPECT_NEAR(times, 1000, 130) << "seed 7";
}

}  // namespace
}  // namespace steelyard
