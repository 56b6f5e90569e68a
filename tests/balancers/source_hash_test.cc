#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

constexpr std::uint32_t ipv4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// nginx: h = 89; (89*113 + 192) mod 6271 = 3978; (3978*113 + 168) mod 6271 = 4441;
// (4441*113 + 1) mod 6271 = 154. With 6271 endpoints the position is the hash.
TEST(SourceHash, IsNginxsHash) {
  Picker picker("source_hash", hosts(1, 6271));
  picker.source_ipv4 = ipv4(192, 168, 1, 7);
  EXPECT_EQ(picker.pick(), 154);
}

TEST(SourceHash, ANetworkOf256GoesTogether) {
  Picker picker("source_hash", hosts(1, 1000));
  picker.source_ipv4 = ipv4(10, 20, 30, 1);
  const std::size_t position = picker.pick();
  for (std::uint32_t host = 0; host < 256; ++host) {
    picker.source_ipv4 = ipv4(10, 20, 30, host);
    EXPECT_EQ(picker.pick(), position);
  }
}

// 154 mod (2+3+2) = 0 is in the first share; 154 mod (1+4) = 4 in the last place of the second;
// 154 mod (0+150+9) = 154 in the third, as 150 <= 154.
TEST(SourceHash, PlacesTheHashInSharesOfTheWeight) {
  const std::uint32_t source = ipv4(192, 168, 1, 0);
  for (const auto& [endpoints, expected] :
       {std::pair{weighted({2, 3, 2}), 0u}, std::pair{weighted({1, 4}), 1u},
        std::pair{weighted({0, 150, 9}), 2u}}) {
    Picker picker("source_hash", endpoints);
    picker.source_ipv4 = source;
    EXPECT_EQ(picker.pick(), expected);
  }
}

// A total of 12542 is twice the number of hashes: 154 falls on unit 308, in the second share.
TEST(SourceHash, LargeWeightsAreScaledDown) {
  Picker picker("source_hash", weighted({308, 1, 12233}));
  picker.source_ipv4 = ipv4(192, 168, 1, 7);
  EXPECT_EQ(picker.pick(), 1);
}

TEST(SourceHash, TheKeyPlaysNoPart) {
  Picker picker("source_hash", hosts(1, 100));
  picker.source_ipv4 = ipv4(10, 0, 0, 1);
  const std::size_t position = picker.pick();
  for (std::uint64_t key = 0; key < 100; ++key) EXPECT_EQ(picker.pick_key(mix64(key)), position);
}

}  // namespace
}  // namespace steelyard::test
