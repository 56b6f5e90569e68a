// What every registered layer must hold, by being registered, in front of balancers of all kinds.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include "tests/balancers/allocations.h"
#include "tests/balancers/layers.h"
#include "tests/contract/parameter_bounds.h"

namespace steelyard::test {
namespace {

constexpr std::uint32_t kWeightMax = 4294967295;
const std::vector<std::string> kInner{"round_robin",          "p2c",       "least_request",
                                      "weighted_round_robin", "ring_hash", "peak_ewma"};

const StrategyInfo& info_of(const Named& named) {
  return *Catalogue::find(Layer::kKind, named.name);
}

// As it is by default, with each flag turned and each choice taken; and so that it has something to
// do with a dozen endpoints.
std::vector<Named> all_variants() {
  std::vector<Named> variants;
  for (const StrategyInfo* info : Catalogue::of_kind(Layer::kKind)) {
    Named small = defaults(Layer::kKind, info->name);
    for (const Parameter& parameter : info->parameters) {
      if (parameter.name == "size" || parameter.name == "min_aperture" ||
          parameter.name == "min_cluster_size" || parameter.name == "capacity")
        small.settings.set(parameter.name, {std::int64_t{3}});
      if (parameter.name == "failover_delay") small.settings.set(parameter.name, {Duration(0s)});
    }
    variants.push_back(defaults(Layer::kKind, info->name));
    variants.push_back(small);
    for (const Parameter& parameter : info->parameters) {
      std::vector<Value> values;
      if (parameter.type == Type::boolean) values = {{true}, {false}};
      for (const std::string& choice : parameter.choices) values.push_back({choice});
      for (const Value& value : values) {
        if (value == parameter.fallback) continue;
        variants.push_back(small);
        variants.back().settings.set(parameter.name, value);
      }
    }
  }
  return variants;
}

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
std::string test_name(const testing::TestParamInfo<Case>& param) {
  std::string name =
      std::to_string(param.index) + "_" + param.param.outer.name + "_" + param.param.inner;
  return name;
}

const Caller kCaller{.index = 2, .count = 5, .zone = 1, .count_by_zone = {2, 2, 1}};

// In three zones, two in three at priority 0.
std::vector<Endpoint> mixed(std::size_t count) {
  auto endpoints = hosts(1, count);
  for (std::size_t i = 0; i < count; ++i) {
    endpoints[i].zone = static_cast<std::uint16_t>(i % 3);
    endpoints[i].priority = i % 3 == 2 ? 1 : 0;
    endpoints[i].weight = static_cast<std::uint32_t>(mix64(i) % 5);
  }
  if (count > 0) endpoints[0].weight = 3;
  return endpoints;
}

// Requests with keys that come and are answered, at a picker whose time goes on.
class Traffic {
 public:
  Traffic(std::unique_ptr<Balancer> balancer, std::vector<Endpoint> endpoints,
          std::uint64_t seed = 1)
      : wants_unhealthy_(balancer->wants_unhealthy()),
        picker(std::move(balancer), {}, seed, kCaller),
        random_(mix64(seed)) {
    set_endpoints(std::move(endpoints));
  }
  explicit Traffic(const Case& each, std::vector<Endpoint> endpoints, std::uint64_t seed = 1)
      : Traffic(stack({each.outer}, balancer(each.inner)), std::move(endpoints), seed) {}

  // As a channel does it: those that are not healthy are left out, unless they are wanted.
  void set_endpoints(std::vector<Endpoint> endpoints) {
    all = std::move(endpoints);
    std::vector<Endpoint> seen = all;
    if (!wants_unhealthy_)
      std::erase_if(seen, [](const Endpoint& endpoint) { return !endpoint.healthy; });
    picker.set_endpoints(std::move(seen));
    std::erase_if(under_way_, [&](std::uint32_t id) { return position_of(id) < 0; });
  }

  // A request comes, or one is answered. The id it was sent to; -1: an answer, -2: nobody may.
  int step() {
    picker.now += Duration(static_cast<std::int64_t>(random_.below(20000000)));
    while (picker.wakes_at() <= picker.now) picker.wake();
    if (!under_way_.empty() && random_.chance(under_way_.size() > 40 ? 0.7 : 0.4)) {
      std::swap(under_way_[random_.below(under_way_.size())], under_way_.back());
      const int position = position_of(under_way_.back());
      under_way_.pop_back();
      picker.finish(static_cast<std::size_t>(position),
                    Duration(static_cast<std::int64_t>(random_.below(50000000))),
                    random_.chance(0.9) ? Outcome::ok : Outcome::error_status);
      return -1;
    }
    if (picker.endpoints().empty()) return -2;
    be_somebody(random_.next());
    const std::size_t position = picker.try_send();
    if (position >= Balancer::kNobody) return -2;
    under_way_.push_back(picker.endpoints()[position].id);
    return static_cast<int>(under_way_.back());
  }
  std::vector<int> steps(int count) {
    std::vector<int> sent;
    for (int i = 0; i < count; ++i) sent.push_back(step());
    return sent;
  }
  void be_somebody(std::uint64_t who) {
    picker.has_key = true;
    picker.key_hash = mix64(who % 97);
    picker.source_ipv4 = static_cast<std::uint32_t>(mix64(~(who % 97)));
  }

 private:
  int position_of(std::uint32_t id) const {
    for (std::size_t i = 0; i < picker.endpoints().size(); ++i)
      if (picker.endpoints()[i].id == id) return static_cast<int>(i);
    return -1;
  }
  bool wants_unhealthy_;

 public:
  Picker picker;
  std::vector<Endpoint> all;

 private:
  RandomStream random_;
  std::vector<std::uint32_t> under_way_;  // ids
};

// Something about the set changes: one comes, goes, falls ill, recovers, moves or weighs
// differently.
std::vector<Endpoint> changed(std::vector<Endpoint> endpoints, RandomStream& random,
                              std::uint32_t& next_id) {
  const auto any = [&]() -> Endpoint& { return endpoints[random.below(endpoints.size())]; };
  switch (endpoints.empty() ? 0 : random.below(6)) {
    case 0:
      endpoints.push_back({.name = "new" + std::to_string(next_id), .id = next_id});
      ++next_id;
      break;
    case 1:
      endpoints.erase(endpoints.begin() + static_cast<int>(random.below(endpoints.size())));
      break;
    case 2:
      any().weight = static_cast<std::uint32_t>(random.below(4));
      break;
    case 3:
      any().zone = static_cast<std::uint16_t>(random.below(3));
      any().priority = static_cast<std::uint8_t>(random.below(3));
      break;
    case 4:
      std::swap(any(), any());
      break;
    default:
      any().healthy = random.chance(0.5);
  }
  return endpoints;
}

class EveryLayer : public testing::TestWithParam<Case> {};
class ImpartialLayer : public EveryLayer {};
class LayerOverHashing : public EveryLayer {};
class LayerOverTwoChoices : public EveryLayer {};

#define FOR_ALL(suite, cases) \
  INSTANTIATE_TEST_SUITE_P(All, suite, testing::ValuesIn(cases), test_name)
FOR_ALL(EveryLayer, all_cases());
FOR_ALL(ImpartialLayer, impartial());
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
                  trait == "sessions")
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
      const auto made = Registration<Layer>::make(at_end.outer);
      EXPECT_TRUE(made.ok() || !made.error().empty());
      if (!made.ok()) continue;
      Traffic traffic(at_end, mixed(12));
      traffic.steps(200);
      EXPECT_FALSE(HasFailure()) << parameter.name;
    }
  }
}

TEST_P(EveryLayer, PicksFromWhateverSetThereIs) {
  Traffic traffic(GetParam(), {});
  for (const std::size_t count : {1, 2, 0, 2, 1, 12, 0, 1}) {
    traffic.set_endpoints(mixed(count));
    for (int i = 0; count > 0 && i < 20; ++i) EXPECT_LT(traffic.picker.pick(), count);
  }
}

TEST_P(EveryLayer, SameSeedSamePicks) {
  Traffic one(GetParam(), mixed(20), 7);
  Traffic two(GetParam(), mixed(20), 7);
  EXPECT_EQ(one.steps(2000), two.steps(2000)) << "seed 7";
}

TEST_P(EveryLayer, TakesAnyWeights) {
  for (const auto& weights : {weighted({kWeightMax, kWeightMax, kWeightMax}),
                              weighted({0, kWeightMax, 1}), weighted({0, 0, 0})}) {
    Traffic traffic(GetParam(), weights);
    traffic.steps(300);
  }
}

TEST_P(EveryLayer, SurvivesChurnWithRequestsUnderWay) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    RandomStream random(mix64(seed));
    std::uint32_t next_id = 12;
    Traffic traffic(GetParam(), mixed(12), seed);
    for (int change = 0; change < 100; ++change) {
      traffic.steps(20);
      traffic.set_endpoints(changed(traffic.all, random, next_id));
      ASSERT_FALSE(HasFailure()) << "seed " << seed << ", change " << change;
    }
  }
}

// Nine of twelve are healthy: no level and no zone is in panic, and nobody else may be picked.
TEST_P(EveryLayer, LeavesOutWhoIsNotHealthyWhileEnoughAre) {
  auto endpoints = mixed(12);
  for (const std::size_t sick : {0u, 4u, 8u}) endpoints[sick].healthy = false;
  Traffic traffic(GetParam(), endpoints);
  for (int i = 0; i < 1000; ++i) {
    const int id = traffic.step();
    EXPECT_TRUE(id < 0 || endpoints[static_cast<std::size_t>(id)].healthy) << id;
  }
}

TEST_P(ImpartialLayer, NobodyStarvesAmongEquals) {
  Traffic traffic(GetParam(), hosts(80, 10));
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
    Picker picker(stack({GetParam().outer}, balancer(GetParam().inner)), endpoints, caller + 1,
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
  Traffic traffic(GetParam(), mixed(30));
  std::vector<std::size_t> homes;
  const auto place = [&](std::uint64_t key) {
    traffic.be_somebody(key);
    return traffic.picker.pick();
  };
  for (std::uint64_t key = 0; key < 97; ++key) homes.push_back(place(key));
  for (std::uint64_t key = 0; key < 97; ++key) EXPECT_EQ(place(key), homes[key]);
}

TEST_P(EveryLayer, ForgetsAnAttemptWhoseCallerLeft) {
  Traffic left(GetParam(), mixed(7));
  Traffic twin(GetParam(), mixed(7));
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
    Picker picker(stack({GetParam().outer}, balancer(GetParam().inner)), mixed(count), 1, kCaller);
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

// ---- What the balancer behind is told -----------------------------------------------------------

// Holds whoever is in front of it to the contract of a balancer.
class Spy final : public Balancer {
 public:
  struct Truth {
    const Picker* picker = nullptr;  // null: nothing is known yet
    std::uint64_t picks = 0;
    std::uint64_t wakes = 0;
    std::uint64_t questions = 0;
    std::uint64_t answers = 0;
    std::uint64_t forgotten = 0;  // questions to endpoints that left the group
  };
  explicit Spy(std::shared_ptr<Truth> truth) : truth_(std::move(truth)) {}
  ~Spy() override { truth_->forgotten += asked_.size(); }

  void on_caller(const Caller& caller) override { EXPECT_EQ(caller.index, kCaller.index); }
  void on_endpoints(std::span<const Endpoint> endpoints, Instant now, RandomStream&) override {
    std::vector<std::uint32_t> asked;
    for (const std::uint32_t id : asked_)
      if (std::any_of(endpoints.begin(), endpoints.end(),
                      [&](const Endpoint& endpoint) { return endpoint.id == id; }))
        asked.push_back(id);
    truth_->forgotten += asked_.size() - asked.size();
    asked_ = std::move(asked);
    endpoints_.assign(endpoints.begin(), endpoints.end());
    for (const Endpoint& endpoint : endpoints_) EXPECT_TRUE(endpoint.healthy) << endpoint.name;
    counted_.clear();
    told_.assign(endpoints.size(), true);
    if (wake_ != kNever) return;
    wake_ = now + 15ms;
    ask_wake(wake_);
  }

  std::size_t pick(const Choice& choice) override {
    ++truth_->picks;
    EXPECT_EQ(choice.endpoints.size(), endpoints_.size());
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
      EXPECT_EQ(choice.endpoints[i].id, endpoints_[i].id);
      EXPECT_EQ(choice.in_flight[i], in_flight_of(endpoints_[i].id)) << endpoints_[i].name;
      EXPECT_TRUE(told_[i] || choice.in_flight[i] == counted_[i]) << "nobody told it";
    }
    counted_.assign(choice.in_flight.begin(), choice.in_flight.end());
    told_.assign(endpoints_.size(), false);
    const std::size_t picked = choice.hash_or_random() % endpoints_.size();
    told_[picked] = true;
    if (asked_.size() < 5) {
      ++truth_->questions;
      asked_.push_back(endpoints_[picked].id);
      ask_probe({.position = picked, .tag = endpoints_[picked].id});
    }
    return picked;
  }

  void on_feedback(const Feedback& feedback) override {
    told_[feedback.position] = true;
    EXPECT_NE(feedback.report, nullptr);
  }
  void on_in_flight(std::size_t position) override { told_[position] = true; }
  bool wants_feedback() const override { return true; }
  bool wants_reports() const override { return true; }
  bool asks() const override { return true; }

  void on_probe(const ProbeReply& reply) override {
    ++truth_->answers;
    const std::uint32_t id = endpoints_[reply.position].id;
    EXPECT_EQ(reply.tag, id);
    const auto asked = std::find(asked_.begin(), asked_.end(), id);
    ASSERT_NE(asked, asked_.end()) << "was not asked, or was forgotten";
    asked_.erase(asked);
  }
  void on_wake(Instant now) override {
    ++truth_->wakes;
    EXPECT_EQ(now, wake_);
    wake_ = now + 15ms;
    ask_wake(wake_);
  }

 private:
  std::uint32_t in_flight_of(std::uint32_t id) const {
    for (std::size_t i = 0; i < truth_->picker->endpoints().size(); ++i)
      if (truth_->picker->endpoints()[i].id == id) return truth_->picker->in_flight()[i];
    ADD_FAILURE() << id << " is not in the set";
    return 0;
  }

  std::shared_ptr<Truth> truth_;
  std::vector<Endpoint> endpoints_;
  std::vector<std::uint32_t> counted_;
  std::vector<bool> told_;
  std::vector<std::uint32_t> asked_;  // ids
  Instant wake_ = kNever;
};

void spy_on(const std::vector<Named>& layers, std::uint64_t seed) {
  const auto truth = std::make_shared<Spy::Truth>();
  BalancerMaker maker{[truth] { return std::make_unique<Spy>(truth); }, seed % 2 == 0};
  for (std::size_t i = layers.size(); i-- > 0;) {
    const std::shared_ptr<Layer> layer = std::move(Registration<Layer>::make(layers[i]).value());
    maker.make = [layer, inner = maker] { return layer->in_front_of(inner); };
  }
  Traffic traffic(maker.make(), {}, seed);
  truth->picker = &traffic.picker;
  RandomStream random(mix64(seed));
  std::uint32_t next_id = 12;
  traffic.set_endpoints(mixed(12));
  for (int change = 0; change < 200; ++change) {
    traffic.steps(10);
    while (!traffic.picker.probes().empty() && random.chance(0.7))
      traffic.picker.answer_probe(&traffic.picker.report);
    traffic.set_endpoints(changed(traffic.all, random, next_id));
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << ", change " << change;
  }
  while (!traffic.picker.probes().empty()) traffic.picker.answer_probe(nullptr);
  EXPECT_EQ(truth->answers + truth->forgotten, truth->questions);
  EXPECT_GT(truth->picks, 100u);
  EXPECT_GT(truth->answers, 30u);
  EXPECT_GT(truth->wakes, 200u);
}

TEST(LayerContract, TheBalancerBehindIsToldTheTruth) {
  for (const Named& outer : all_variants())
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      spy_on({outer}, seed);
      ASSERT_FALSE(HasFailure()) << to_text(outer, info_of(outer).parameters);
    }
}

// Any three layers, in any order.
TEST(LayerContract, TheBalancerBehindAStackIsToldTheTruth) {
  const std::vector<Named> variants = all_variants();
  RandomStream random(1);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::vector<Named> layers;
    std::string names;
    for (int i = 0; i < 3; ++i) {
      layers.push_back(variants[random.below(variants.size())]);
      names += " " + to_text(layers.back(), info_of(layers.back()).parameters);
    }
    spy_on(layers, seed);
    ASSERT_FALSE(HasFailure()) << names;
  }
}

}  // namespace
}  // namespace steelyard::test
