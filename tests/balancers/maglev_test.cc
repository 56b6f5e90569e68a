#include <algorithm>

#include "core/hash.h"
#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

Picker::Entries table(std::int64_t size) { return {{"table_size", {size}}}; }

std::vector<std::size_t> slots(Picker& picker, std::uint64_t size) {
  std::vector<std::size_t> owners;
  for (std::uint64_t slot = 0; slot < size; ++slot) owners.push_back(picker.pick_key(slot));
  return owners;
}

// Envoy's own vector: hosts 127.0.0.1:90..95 in a table of seven.
TEST(Maglev, IsEnvoysTable) {
  Picker picker("maglev", hosts(90, 6), table(7));
  EXPECT_EQ(slots(picker, 7), (std::vector<std::size_t>{2, 4, 0, 1, 5, 0, 3}));
}

// Hosts take their turns in the order of their names, whatever the order of the set.
TEST(Maglev, TheOrderOfTheSetDoesNotMatter) {
  auto endpoints = hosts(90, 6);
  std::reverse(endpoints.begin(), endpoints.end());
  Picker picker("maglev", endpoints, table(7));
  // Position i is now host 95-i.
  EXPECT_EQ(slots(picker, 7), (std::vector<std::size_t>{3, 1, 5, 4, 0, 5, 2}));
}

// Weights 1:2 (Envoy's vector): a has a turn in rounds 1, 2, 4, 6, …, b in all. After round r they
// have 1 + floor(r/2) and r slots; round 43691 ends it: 1 + 21845 = 21846 and 43691, in all 65537.
TEST(Maglev, SharesFollowTheWeightsToTheSlot) {
  auto endpoints = hosts(90, 2);
  endpoints[1].weight = 2;
  Picker picker("maglev", endpoints);
  const auto owners = slots(picker, 65537);
  EXPECT_EQ(std::count(owners.begin(), owners.end(), 0u), 21846);
  EXPECT_EQ(std::count(owners.begin(), owners.end(), 1u), 43691);
}

// 65537 = 10 * 6553 + 7: ten equal hosts have 6553 or 6554 slots.
TEST(Maglev, EqualHostsDifferByOneSlot) {
  Picker picker("maglev", hosts(90, 10));
  const auto owners = slots(picker, 65537);
  for (std::size_t i = 0; i < 10; ++i) {
    const auto count = std::count(owners.begin(), owners.end(), i);
    EXPECT_TRUE(count == 6553 || count == 6554) << count;
  }
}

// The slot is hash mod 65537 although no division is made: slot 2^64 - 1 mod 65537 is 0, since
// 65537 divides 2^32 + 1 and so 2^64 - 1; one less is 65536; 2^64 - 65538 is 0 again.
TEST(Maglev, TheSlotIsTheRemainderForAnyHash) {
  Picker picker("maglev", hosts(90, 1000));
  const auto owners = slots(picker, 65537);
  const std::uint64_t top = ~std::uint64_t{0};
  EXPECT_EQ(picker.pick_key(top), owners[0]);
  EXPECT_EQ(picker.pick_key(top - 1), owners[65536]);
  EXPECT_EQ(picker.pick_key(top - 65537), owners[0]);
  for (std::uint64_t i = 1; i <= 1000; ++i)
    EXPECT_EQ(picker.pick_key(mix64(i)), owners[mix64(i) % 65537]);
}

TEST(Maglev, ATableSizeThatIsNotPrimeIsRefusedInWords) {
  Named named = defaults(Balancer::kKind, "maglev");
  named.settings.set("table_size", {std::int64_t{65536}});
  const auto made = Registration<Balancer>::make(named);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error(), "table_size is 65536, expected a prime such as 65521 or 65537");
}

// More hosts than slots: every slot is somebody's, and nothing loops.
TEST(Maglev, MoreHostsThanSlotsLeavesSomeWithout) {
  Picker picker("maglev", hosts(90, 20), table(7));
  auto owners = slots(picker, 7);
  std::sort(owners.begin(), owners.end());
  EXPECT_EQ(std::unique(owners.begin(), owners.end()) - owners.begin(), 7);
}

}  // namespace
}  // namespace steelyard::test
