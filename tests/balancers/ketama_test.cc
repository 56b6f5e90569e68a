#include "core/hash.h"
#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

std::size_t place_of(Picker& picker, const char* key) { return picker.pick_key(crc32(key)); }

// nginx's own vectors, with keys hashed as nginx does.
TEST(Ketama, IsNginxsRing) {
  Picker picker("ketama", hosts(7777, 2));
  EXPECT_EQ(place_of(picker, "/some/path"), 1);
  EXPECT_EQ(place_of(picker, "/some/longer/path"), 0);
  EXPECT_EQ(place_of(picker, "/g"), 0);
}

// The first point of a server: host, zero, port, and zero for the point before. The second: the
// first in place of that zero.
TEST(Ketama, PointsAreAtTheHashOfHostPortAndThePointBefore) {
  Picker picker("ketama", hosts(7777, 2));
  const std::uint32_t first = crc32(std::string_view("127.0.0.1\0007778\0\0\0\0", 18));
  EXPECT_EQ(picker.pick_key(first), 1);
  std::string text("127.0.0.1\0007778", 14);
  for (const int shift : {0, 8, 16, 24}) text += static_cast<char>((first >> shift) & 0xff);
  EXPECT_EQ(picker.pick_key(crc32(text)), 1);
}

// What is after the last colon is the port if it is all digits; a socket's path has none.
TEST(Ketama, NamesNeedNoPort) {
  Picker picker("ketama", {{.name = "cache-a", .id = 0}, {.name = "unix:/run/b", .id = 1}});
  EXPECT_EQ(picker.pick_key(crc32(std::string_view("cache-a\0\0\0\0\0", 12))), 0);
  EXPECT_EQ(picker.pick_key(crc32(std::string_view("/run/b\0\0\0\0\0", 11))), 1);
}

// [nginx, ngx_http_upstream_update_chash(): the prefix in any case, and what follows is the host
// as it is]
TEST(Ketama, ASocketIsOneInCapitalsTooAndHasNoPort) {
  Picker picker("ketama", {{.name = "cache-a", .id = 0}, {.name = "UNIX:/run/b:80", .id = 1}});
  EXPECT_EQ(picker.pick_key(crc32(std::string_view("/run/b:80\0\0\0\0\0", 14))), 1);
}

// The place is the key's low half: the high half makes no difference. Behind the last point the
// ring closes.
TEST(Ketama, TheRingHas32Bits) {
  Picker picker("ketama", hosts(7777, 5));
  for (std::uint64_t key = 0; key < 1000; ++key)
    EXPECT_EQ(picker.pick_key(mix64(key)), picker.pick_key(mix64(key) & 0xffffffff));
  EXPECT_EQ(picker.pick_key(0xffffffff), picker.pick_key(0));
}

// 160 and 320 points: 1/3 of 30,000 keys. The share's deviation is about 1/3 / sqrt(160), 790.
TEST(Ketama, PointsAreInProportionToWeights) {
  auto endpoints = hosts(7777, 2);
  endpoints[1].weight = 2;
  Picker picker("ketama", endpoints);
  int first = 0;
  for (std::uint64_t key = 0; key < 30000; ++key) first += picker.pick_key(mix64(key)) == 0 ? 1 : 0;
  EXPECT_NEAR(first, 10000, 2400);
}

// A heavier b has the points it had, and more: keys move to it and nowhere else.
TEST(Ketama, AChangeOfWeightMovesKeysOnlyToWhereItGrew) {
  Picker picker("ketama", hosts(7777, 10));
  std::vector<std::size_t> before;
  for (std::uint64_t key = 0; key < 5000; ++key) before.push_back(picker.pick_key(mix64(key)));
  auto endpoints = picker.endpoints();
  endpoints[3].weight = 2;
  picker.set_endpoints(endpoints);
  int moved = 0;
  for (std::uint64_t key = 0; key < 5000; ++key) {
    const std::size_t now = picker.pick_key(mix64(key));
    if (now == before[key]) continue;
    EXPECT_EQ(now, 3);
    ++moved;
  }
  EXPECT_GT(moved, 0);
}

// 2^32 weight units would be 687 billion points; shared out in proportion, 3:1 stays 3:1.
TEST(Ketama, HeavyWeightsKeepTheirProportion) {
  auto endpoints = hosts(7777, 2);
  endpoints[0].weight = 3000000000;
  endpoints[1].weight = 1000000000;
  Picker picker("ketama", endpoints);
  int first = 0;
  for (std::uint64_t key = 0; key < 20000; ++key) first += picker.pick_key(mix64(key)) == 0 ? 1 : 0;
  EXPECT_NEAR(first, 15000, 250);  // deviation 61
}

}  // namespace
}  // namespace steelyard::test
