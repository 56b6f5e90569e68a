// What every registered layer must hold, by being registered, in front of balancers of all kinds.
#include <cctype>

#include "tests/balancers/allocations.h"
#include "tests/contract/layers.h"
#include "tests/contract/parameter_bounds.h"

namespace steelyard::test::layers {
namespace {

constexpr std::uint32_t kWeightMax = 4294967295;
const std::vector<std::string> kInner{"round_robin",          "p2c",       "least_request",
                                      "weighted_round_robin", "ring_hash", "peak_ewma"};

struct Case {
  Named outer;
  std::string inner;
};
void PrintTo(const Case& each, std::ostream* out) {  // NOLINT: GoogleTest's name
  *out << to_text(each.outer, info_of(each.outer).parameters) << " over " << each.inner;
}
std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const Named& outer : all_variants())
    for (const std::string& inner : kInner) cases.push_back({outer, inner});
  return cases;
}
std::vector<Case> over(std::string_view inner) {
  std::vector<Case> cases = all_cases();
  std::erase_if(cases, [&](const Case& each) { return each.inner != inner; });
  return cases;
}
// Those that leave out nobody for who or where they are.
std::vector<Case> impartial() {
  std::vector<Case> cases = all_cases();
  std::erase_if(cases, [](const Case& each) {
    const StrategyInfo& info = info_of(each.outer);
    return info.has_trait("subset") || info.has_trait("locality");
  });
  return cases;
}
std::vector<Case> ejecting() {
  std::vector<Case> cases = all_cases();
  std::erase_if(cases, [](const Case& each) { return !info_of(each.outer).has_trait("ejects"); });
  return cases;
}
std::string test_name(const testing::TestParamInfo<Case>& param) {
  std::string name =
      std::to_string(param.index) + "_" + param.param.outer.name + "_" + param.param.inner;
  return name;
}

std::unique_ptr<Balancer> made(const Case& each) {
  return stack({each.outer}, balancer(each.inner));
}

class EveryLayer : public testing::TestWithParam<Case> {};
class ImpartialLayer : public EveryLayer {};
class EjectingLayer : public EveryLayer {};
class LayerOverHashing : public EveryLayer {};
class LayerOverTwoChoices : public EveryLayer {};

#define FOR_ALL(suite, cases) \
  INSTANTIATE_TEST_SUITE_P(All, suite, testing::ValuesIn(cases), test_name)
FOR_ALL(EveryLayer, all_cases());
FOR_ALL(ImpartialLayer, impartial());
FOR_ALL(EjectingLayer, ejecting());
FOR_ALL(LayerOverHashing, over("ring_hash"));
FOR_ALL(LayerOverTwoChoices, over("p2c"));
#undef FOR_ALL

TEST(LayerContract, EveryLayerExplainsItself) {
  for (const StrategyInfo* info : Catalogue::of_kind(Layer::kKind)) {
    EXPECT_LE(info->summary.size(), 90) << info->name;
    EXPECT_EQ(info->summary.back(), '.') << info->name;
    std::size_t sentences = 0;
    for (std::size_t i = 0; i < info->doc.size(); ++i)
      if (info->doc[i] == '.' && (i + 1 == info->doc.size() || info->doc[i + 1] == ' '))
        ++sentences;
    EXPECT_GE(sentences, 4) << info->name;
    EXPECT_FALSE(info->formula.empty()) << info->name;
    EXPECT_EQ(info->cost.substr(0, 2), "O(") << info->name;
    EXPECT_FALSE(info->source.empty()) << info->name;
    for (const Parameter& parameter : info->parameters) {
      EXPECT_FALSE(parameter.doc.empty()) << parameter.name;
      EXPECT_FALSE(parameter.source.empty()) << info->name << ": " << parameter.name;
      EXPECT_TRUE(parameter.fallback.given()) << parameter.name;
    }
    for (const std::string& trait : info->traits)
      EXPECT_TRUE(trait == "subset" || trait == "health" || trait == "locality" ||
                  trait == "sessions" || trait == "ejects")
          << "balancers/layer.h does not say what '" << trait << "' means";
  }
}

TEST_P(LayerOverTwoChoices, AcceptsTheBoundsItDeclares) {
  for (const Parameter& parameter : info_of(GetParam().outer).parameters) {
    if (parameter.type == Type::boolean || parameter.type == Type::text || parameter.list ||
        !parameter.choices.empty())
      continue;
    for (const bool upper : {false, true}) {
      Case at_end = GetParam();
      at_end.outer.settings.set(parameter.name, at_bound(parameter, upper));
      const auto layer = Registration<Layer>::make(at_end.outer);
      EXPECT_TRUE(layer.ok() || !layer.error().empty());
      if (!layer.ok()) continue;
      Traffic traffic(made(at_end), mixed(12));
      traffic.steps(200);
      EXPECT_FALSE(HasFailure()) << parameter.name;
    }
  }
}

TEST_P(EveryLayer, PicksFromWhateverSetThereIs) {
  Traffic traffic(made(GetParam()), {});
  for (const std::size_t count : {1, 2, 0, 2, 1, 12, 0, 1}) {
    traffic.set_endpoints(mixed(count));
    for (int i = 0; count > 0 && i < 20; ++i) EXPECT_LT(traffic.picker.pick(), count);
  }
}

TEST_P(EveryLayer, SameSeedSamePicks) {
  Traffic one(made(GetParam()), mixed(20), 7);
  Traffic two(made(GetParam()), mixed(20), 7);
  EXPECT_EQ(one.steps(2000), two.steps(2000)) << "seed 7";
}

TEST_P(EveryLayer, SaysWhatItGoesByAndIsNoDifferentForIt) {
  Traffic asked(made(GetParam()), mixed(20), 7);
  Traffic unasked(made(GetParam()), mixed(20), 7);
  for (int step = 0; step < 500; ++step) {
    for (const Insight::Column& column : asked.picker.insight().columns)
      ASSERT_EQ(column.values.size(), asked.picker.endpoints().size()) << column.name;
    ASSERT_EQ(asked.step(), unasked.step()) << "seed 7, step " << step;
  }
}

TEST_P(EveryLayer, TakesAnyWeights) {
  for (const auto& weights : {weighted({kWeightMax, kWeightMax, kWeightMax}),
                              weighted({0, kWeightMax, 1}), weighted({0, 0, 0})}) {
    Traffic traffic(made(GetParam()), weights);
    traffic.steps(300);
  }
}

TEST_P(EveryLayer, SurvivesChurnWithRequestsUnderWay) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    RandomStream random(mix64(seed));
    std::uint32_t next_id = 12;
    Traffic traffic(made(GetParam()), mixed(12), seed);
    for (int change = 0; change < 100; ++change) {
      traffic.steps(20);
      traffic.set_endpoints(changed(traffic.all, random, next_id));
      ASSERT_FALSE(HasFailure()) << "seed " << seed << ", change " << change;
    }
  }
}

// Callers close their connections to the others.
TEST_P(EveryLayer, HasAUseForWhomItPicks) {
  RandomStream random(mix64(1));
  std::uint32_t next_id = 12;
  Traffic traffic(made(GetParam()), mixed(12));
  for (int change = 0; change < 100; ++change) {
    for (int i = 0; i < 20 && !traffic.picker.endpoints().empty(); ++i) {
      const std::size_t position = traffic.picker.try_pick();
      ASSERT_TRUE(position >= Balancer::kNobody || traffic.picker.balancer().uses(position));
    }
    traffic.set_endpoints(changed(traffic.all, random, next_id));
  }
}

// Nine of twelve are healthy: no level and no zone is in panic, and nobody else may be picked.
TEST_P(EveryLayer, LeavesOutWhoIsNotHealthyWhileEnoughAre) {
  auto endpoints = mixed(12);
  for (const std::size_t sick : {0u, 4u, 8u}) endpoints[sick].healthy = false;
  Traffic traffic(made(GetParam()), endpoints);
  for (int i = 0; i < 1000; ++i) {
    const int id = traffic.step();
    EXPECT_TRUE(id < 0 || endpoints[static_cast<std::size_t>(id)].healthy) << id;
  }
}

// One of twelve fails whatever it gets, and two seconds are enough to find that out. From then on
// no attempt goes there, with the set as it is or changed, until it has had time to recover.
TEST_P(EjectingLayer, PicksNobodyWhomItHasEjected) {
  auto endpoints = hosts(80, 12);
  constexpr std::size_t kBad = 5;
  Picker picker(made(GetParam()), endpoints, 1, kCaller);
  const auto attempts_at_the_bad = [&](int attempts) {
    int bad = 0;
    for (int i = 0; i < attempts; ++i) {
      picker.now += 1ms;
      while (picker.wakes_at() <= picker.now) picker.wake();
      const std::size_t picked = picker.send();
      const bool is_bad = picker.endpoints()[picked].id == kBad;
      bad += is_bad ? 1 : 0;
      picker.finish(picked, 1ms, is_bad ? Outcome::error_status : Outcome::ok);
    }
    return bad;
  };
  EXPECT_GT(attempts_at_the_bad(2000), 0);
  EXPECT_EQ(attempts_at_the_bad(2000), 0);
  std::swap(endpoints[kBad], endpoints[0]);
  endpoints.push_back({.name = "new", .id = 12});
  picker.set_endpoints(endpoints);
  EXPECT_EQ(attempts_at_the_bad(2000), 0);
}

TEST_P(ImpartialLayer, NobodyStarvesAmongEquals) {
  Traffic traffic(made(GetParam()), hosts(80, 10));
  std::vector<int> counts(10, 0);
  for (int i = 0; i < 10000; ++i)
    if (const int id = traffic.step(); id >= 0) ++counts[static_cast<std::size_t>(id)];
  for (const int count : counts) EXPECT_GT(count, 10);
}

// The callers together leave nobody out either, wherever they are.
TEST_P(EveryLayer, NobodyStarvesAmongAllCallers) {
  std::vector<int> counts(12, 0);
  auto endpoints = hosts(80, 12);
  for (std::size_t i = 0; i < 12; ++i) endpoints[i].zone = static_cast<std::uint16_t>(i % 3);
  for (std::uint32_t caller = 0; caller < 60; ++caller) {
    Picker picker(made(GetParam()), endpoints, caller + 1,
                  {.index = caller,
                   .count = 60,
                   .zone = static_cast<std::uint16_t>(caller % 3),
                   .count_by_zone = {20, 20, 20}});
    for (std::uint64_t i = 0; i < 200; ++i) {
      picker.source_ipv4 = static_cast<std::uint32_t>(mix64(i));
      ++counts[picker.pick_key(mix64(i, caller))];
    }
  }
  for (const int count : counts) EXPECT_GT(count, 100) << "of 1000";
}

TEST_P(LayerOverHashing, LeavesAKeyWhereItIs) {
  Traffic traffic(made(GetParam()), mixed(30));
  std::vector<std::size_t> homes;
  const auto place = [&](std::uint64_t key) {
    traffic.be_somebody(key);
    return traffic.picker.pick();
  };
  for (std::uint64_t key = 0; key < 97; ++key) homes.push_back(place(key));
  for (std::uint64_t key = 0; key < 97; ++key) EXPECT_EQ(place(key), homes[key]);
}

TEST_P(EveryLayer, ForgetsAnAttemptWhoseCallerLeft) {
  Traffic left(made(GetParam()), mixed(7));
  Traffic twin(made(GetParam()), mixed(7));
  for (int round = 0; round < 100; ++round) {
    ASSERT_EQ(left.steps(10), twin.steps(10)) << "round " << round;
    const std::size_t position = left.picker.send();
    left.picker.finish(position, 1ms, Outcome::cancelled);
    ASSERT_EQ(twin.picker.pick(), position) << "round " << round;
    ASSERT_EQ(left.picker.in_flight(), twin.picker.in_flight());
  }
}

TEST_P(LayerOverTwoChoices, DealsWithAHundredThousandEndpoints) {
  Picker picker(stack({GetParam().outer}, balancer("p2c")), {}, 1, kCaller);
  for (const std::size_t count : {100000, 99999}) {
    picker.set_idle_endpoints(mixed(count));
    for (std::uint64_t i = 0; i < 300; ++i) {
      picker.has_key = true;
      picker.key_hash = mix64(i);
      picker.finish(picker.send(), 1ms);
    }
  }
}

TEST_P(EveryLayer, NeitherPickNorFeedbackAllocates) {
  for (const std::size_t count : {1, 2, 12, 1000}) {
    Picker picker(made(GetParam()), mixed(count), 1, kCaller);
    const std::uint64_t before = allocations();
    for (std::uint64_t i = 0; i < 500; ++i) {
      picker.now += 1ms;
      picker.has_key = true;
      picker.key_hash = mix64(i);
      const std::size_t first = picker.send();
      const std::size_t second = picker.send();
      picker.finish(first, 1ms);
      picker.finish(second, 2ms, Outcome::error_status);
    }
    EXPECT_EQ(allocations() - before, 0) << count << " endpoints";
  }
}

}  // namespace
}  // namespace steelyard::test::layers
