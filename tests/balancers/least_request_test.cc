#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

const Picker::Entries kRotation{{"ties", {std::string("rotation")}}};

TEST(LeastRequest, TakesTheLeastLoaded) {
  Picker picker("least_request", weighted({1, 1, 1, 1}));
  picker.set_in_flight({3, 2, 1, 2});
  EXPECT_EQ(picker.letters(3), "ccc");
}

// Loads 6/4 = 1.5, 2/1 = 2, 1/1 = 1, 1/2 = 0.5.
TEST(LeastRequest, DividesByTheWeight) {
  Picker picker("least_request", weighted({4, 1, 1, 2}));
  picker.set_in_flight({6, 2, 1, 1});
  EXPECT_EQ(picker.pick(), 3);
}

// Weight 3:1 from idle to 8 in flight: least loaded means 6 and 2 whatever ties decided.
TEST(LeastRequest, FillsUpInProportion) {
  Picker picker("least_request", weighted({3, 1}));
  for (int i = 0; i < 8; ++i) picker.send();
  EXPECT_EQ(picker.in_flight(), (std::vector<std::uint32_t>{6, 2}));
}

// b, d and e tie at 1; weights 1:2:1. 40,000 picks: 10,000, 20,000, 10,000; deviation at most 100.
TEST(LeastRequest, SharesTiesByWeight) {
  Picker picker("least_request", weighted({1, 1, 1, 2, 1}));
  picker.set_in_flight({2, 1, 3, 2, 1});
  const auto counts = picker.counts(40000);
  EXPECT_EQ(counts[0] + counts[2], 0);
  EXPECT_NEAR(counts[1], 10000, 400);
  EXPECT_NEAR(counts[3], 20000, 400);
}

TEST(LeastRequest, RotationTakesTurnsAmongTheTied) {
  Picker picker("least_request", weighted({1, 1, 1, 1}), kRotation);
  picker.set_in_flight({0, 1, 0, 0});
  EXPECT_EQ(picker.letters(7), "acdacda");
}

TEST(LeastRequest, RotationGoesOnBehindTheLastWhenTheSetChanges) {
  Picker picker("least_request", weighted({1, 1, 1, 1}), kRotation);
  EXPECT_EQ(picker.letters(2), "ab");
  const auto e = picker.endpoints();
  picker.set_endpoints({e[1], e[2], e[3]});  // b, the last, is first now: c comes next
  EXPECT_EQ(picker.pick(), 1);
  picker.set_endpoints({e[1], e[3]});  // c, the last, left: d comes next
  EXPECT_EQ(picker.pick(), 1);
}

// The tournament is only told of changes; a scan looks at everything. They have to agree.
TEST(LeastRequest, AlwaysPicksWhatAScanWouldPick) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    RandomStream random(seed);
    auto endpoints = hosts(80, 1 + random.below(30));
    for (Endpoint& endpoint : endpoints)
      endpoint.weight = static_cast<std::uint32_t>(1 + random.below(4));
    Picker picker("least_request", endpoints, {}, seed);
    std::vector<std::size_t> under_way;
    for (int step = 0; step < 1000; ++step) {
      if (!under_way.empty() && random.chance(0.48)) {
        std::swap(under_way[random.below(under_way.size())], under_way.back());
        picker.finish(under_way.back(), 1ms);
        under_way.pop_back();
        continue;
      }
      const auto before = picker.in_flight();
      const std::size_t picked = picker.send();
      under_way.push_back(picked);
      for (std::size_t i = 0; i < endpoints.size(); ++i)
        ASSERT_LE(before[picked] * endpoints[i].weight, before[i] * endpoints[picked].weight)
            << "seed " << seed << ", step " << step;
    }
  }
}

const Picker::Entries kReported{{"load", {std::string("reported")}}};

// Here a has 3 and b 1, but b says that it has 5 in all: 1 of ours, 4 of others.
TEST(LeastRequest, GoesByWhatServersReportIfAsked) {
  Picker picker("least_request", weighted({1, 1}), kReported);
  picker.set_in_flight({3, 2});
  picker.report.in_flight = 5;
  picker.finish(1, 1ms);
  EXPECT_EQ(picker.letters(3), "aaa");
  // Two more of ours make a as loaded as b, a third makes b the less loaded.
  EXPECT_EQ(picker.send(), 0);
  EXPECT_EQ(picker.send(), 0);
  picker.set_in_flight({6, 1});
  EXPECT_EQ(picker.pick(), 1);
}

// Shunned for a load that it reported once, b could never report that it is idle again.
TEST(LeastRequest, ForgetsAReportWhenItIsOld) {
  Picker picker("least_request", weighted({1, 1}), kReported);
  picker.set_in_flight({1, 1});
  picker.report.in_flight = 100;
  picker.finish(1, 1ms);
  picker.now += 1s;
  EXPECT_EQ(picker.pick(), 0);
  picker.now += 1ns;
  EXPECT_EQ(picker.pick(), 1);
}

// A channel that forgets to report what it changed is a bug; silence would mean wrong picks.
TEST(LeastRequestDeathTest, NoticesCountsThatChangeBehindItsBack) {
  const auto balancer =
      std::move(Registration<Balancer>::make(defaults(Balancer::kKind, "least_request")).value());
  const auto endpoints = weighted({1, 1, 1});
  std::vector<std::uint32_t> in_flight{0, 0, 0};
  RandomStream random(1);
  balancer->on_endpoints(endpoints, kStart, random);
  const Choice choice{
      .now = kStart, .endpoints = endpoints, .in_flight = in_flight, .random = random};
  balancer->pick(choice);
  in_flight = {7, 7, 7};
  EXPECT_DEATH(
      {
        for (int i = 0; i < 3; ++i) balancer->pick(choice);
      },
      "without a pick or a feedback");
}

}  // namespace
}  // namespace steelyard::test
