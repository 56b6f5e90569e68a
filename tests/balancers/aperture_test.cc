#include <algorithm>
#include <map>

#include "balancers/layers/ring_window.h"
#include "tests/balancers/layers.h"

namespace steelyard::test {
namespace {

using Window = std::vector<std::pair<std::uint64_t, std::uint64_t>>;  // endpoint, units covered
Window window(std::uint64_t caller, std::uint64_t callers, std::uint64_t endpoints,
              std::uint64_t width) {
  Window shares;
  for (const RingShare& share : ring_window(caller, callers, endpoints, width))
    shares.emplace_back(share.endpoint, share.covered);
  return shares;
}

// [Finagle, dApertureWidth: ceil(aperture * callers / servers) callers' parts. 4 callers, 10
// servers, 3 wanted: ceil(3 * 4 / 10) = 2 parts = half of the ring = 5 servers]
TEST(RingWindow, IsAWholeNumberOfCallersParts) {
  EXPECT_EQ(window(0, 4, 10, 3), (Window{{0, 4}, {1, 4}, {2, 4}, {3, 4}, {4, 4}}));
  EXPECT_EQ(window(1, 4, 10, 3), (Window{{2, 2}, {3, 4}, {4, 4}, {5, 4}, {6, 4}, {7, 2}}));
  EXPECT_EQ(window(3, 4, 10, 3), (Window{{7, 2}, {8, 4}, {9, 4}, {0, 4}, {1, 4}, {2, 2}}))
      << "round the end of the ring";
}

TEST(RingWindow, IsTheWholeRingForOneCallerOrAWideAperture) {
  EXPECT_EQ(window(0, 1, 3, 1), (Window{{0, 1}, {1, 1}, {2, 1}}));
  EXPECT_EQ(window(1, 2, 3, 12), (Window{{1, 2}, {2, 2}, {0, 2}}));
}

TEST(RingWindow, CoversEveryEndpointEqually) {
  for (const std::uint64_t callers : {1u, 2u, 7u, 30u, 101u})
    for (const std::uint64_t endpoints : {1u, 3u, 10u, 64u, 250u})
      for (const std::uint64_t width : {1u, 12u, 100u}) {
        std::map<std::uint64_t, std::uint64_t> covered;
        for (std::uint64_t caller = 0; caller < callers; ++caller) {
          const auto shares = ring_window(caller, callers, endpoints, width);
          EXPECT_GE(shares.size(), std::min(width, endpoints));
          for (const RingShare& share : shares) covered[share.endpoint] += share.covered;
        }
        ASSERT_EQ(covered.size(), endpoints);
        for (const auto& [endpoint, units] : covered)
          EXPECT_EQ(units, covered[0]) << callers << " callers, " << endpoints << " endpoints";
      }
}

// 7 callers, 50 endpoints: windows of ceil(12 * 7 / 50) = 2 callers' parts = 14.3 endpoints.
TEST(Aperture, LoadsEndpointsAlikeAlthoughEachCallerUsesFew) {
  std::vector<double> load(50, 0);
  for (std::uint32_t caller = 0; caller < 7; ++caller) {
    Picker picker = layered(layer("aperture"), "weighted_round_robin", hosts(80, 50),
                            {.index = caller, .count = 7});
    const std::vector<double> each = shares(picker, 20000);
    const auto used = std::count_if(each.begin(), each.end(), [](double s) { return s > 0; });
    EXPECT_GE(used, 12);
    EXPECT_LE(used, 16);
    for (std::size_t i = 0; i < 50; ++i) load[i] += each[i];
  }
  for (const double each : load) EXPECT_NEAR(each * 50 / 7, 1, 0.02);
}

TEST(Aperture, UsesAllOfFew) {
  Picker picker =
      layered(layer("aperture"), "round_robin", hosts(80, 12), {.index = 3, .count = 100});
  EXPECT_EQ(picker.counts(120), std::vector<int>(12, 10));
}

std::size_t used(Picker& picker) {
  const std::vector<int> counts = picker.counts(3000);
  return static_cast<std::size_t>(
      std::count_if(counts.begin(), counts.end(), [](int count) { return count > 0; }));
}

// [Finagle, LoadBand: above 2 in flight per endpoint the aperture widens, below 0.5 it narrows]
TEST(RandomAperture, GrowsAndShrinksWithTheLoad) {
  const Named random =
      layer("aperture", {{"mode", {"random"}}, {"min_aperture", {std::int64_t{1}}}});
  Picker picker = layered(random, "p2c", hosts(80, 20));
  EXPECT_EQ(used(picker), 1u) << "one request at a time";
  // 16 in flight for long enough: the average is 16, and 9 endpoints have less than 2 each.
  std::vector<std::size_t> sent;
  for (int i = 0; i < 15; ++i) sent.push_back(picker.send());
  for (int i = 0; i < 600; ++i) {
    picker.wake();
    picker.finish(sent.front(), 1ms);
    sent.erase(sent.begin());
    sent.push_back(picker.send());
  }
  for (const std::size_t position : sent) picker.finish(position, 1ms);
  const std::size_t grown = used(picker);
  EXPECT_GE(grown, 8u);
  EXPECT_LE(grown, 12u);
  for (int i = 0; i < 600; ++i) {
    picker.wake();
    picker.pick();
  }
  EXPECT_LE(used(picker), 2u);
}

TEST(RandomAperture, KeepsWhomItHasWhenItGrows) {
  const Named narrow =
      layer("aperture", {{"mode", {"random"}}, {"min_aperture", {std::int64_t{3}}}});
  const Named wide = layer("aperture", {{"mode", {"random"}}, {"min_aperture", {std::int64_t{5}}}});
  Picker three = layered(narrow, "round_robin", hosts(80, 20));
  Picker five = layered(wide, "round_robin", hosts(80, 20));
  const std::vector<int> few = three.counts(30);
  const std::vector<int> more = five.counts(30);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_TRUE(few[i] == 0 || more[i] > 0) << i;
}

}  // namespace
}  // namespace steelyard::test
