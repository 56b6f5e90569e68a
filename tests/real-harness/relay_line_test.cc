#include "real-harness/network/relay_line.h"

#include <gtest/gtest.h>

#include <string>

#include "real-harness/network/wire.h"

namespace steelyard::live {
namespace {

TEST(RelayLine, NothingOvertakesWhatWasSentBefore) {
  RelayLine line;
  line.push("slow", kStart + 5ms);
  line.push("fast", kStart + 1ms);
  line.push(RelayLine::Kind::end, kStart);
  EXPECT_EQ(line.bytes(), 8u);
  EXPECT_EQ(line.front_bytes(), "slow");
  line.pop();
  EXPECT_EQ(line.front_bytes(), "fast");
  EXPECT_EQ(line.front().due, kStart + 5ms);
  line.pop();
  EXPECT_EQ(line.front().kind, RelayLine::Kind::end);
  EXPECT_EQ(line.front().due, kStart + 5ms);
  line.pop();
  EXPECT_TRUE(line.empty());
}

TEST(RelayLine, KeepsItsBytesWhileMuchPassesThroughIt) {
  RelayLine line;
  std::string sent;
  std::string got;
  for (int i = 0; i < 3000; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 200), static_cast<char>('a' + i % 26));
    line.push(piece, kStart);
    sent += piece;
    if (i < 1000) continue;  // a thousand pieces are always under way
    got += line.front_bytes();
    line.pop();
  }
  while (!line.empty()) {
    got += line.front_bytes();
    line.pop();
  }
  EXPECT_EQ(got, sent);
  EXPECT_EQ(line.bytes(), 0u);
}

TEST(SharedLink, WhatComesWhileItIsBusyWaits) {
  SharedLink link{.bytes_per_second = 1e6};
  EXPECT_EQ(link.pass(1000, kStart), kStart + 1ms);
  EXPECT_EQ(link.pass(2000, kStart), kStart + 3ms) << "behind the first";
  EXPECT_EQ(link.pass(1000, kStart + 10ms), kStart + 11ms) << "the link was idle again";
  SharedLink unlimited;
  EXPECT_EQ(unlimited.pass(1 << 30, kStart), kStart);
}

}  // namespace
}  // namespace steelyard::live
