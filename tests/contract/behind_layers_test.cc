// What layers tell the balancer behind them: the truth, and all of it, under the contract of a
// balancer.
#include <algorithm>

#include "tests/contract/layers.h"

namespace steelyard::test::layers {
namespace {

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
    EXPECT_GE(now, wake_);
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

TEST(BehindLayers, TheBalancerIsToldTheTruth) {
  for (const Named& outer : all_variants())
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      spy_on({outer}, seed);
      ASSERT_FALSE(HasFailure()) << to_text(outer, info_of(outer).parameters);
    }
}

// Any three layers, in any order.
TEST(BehindLayers, TheBalancerAStackIsToldTheTruth) {
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
}  // namespace steelyard::test::layers
