// Layers in front of layers: whatever stands outside, nobody is picked whom a layer behind leaves
// out.
#include <set>

#include "tests/contract/layers.h"

namespace steelyard::test::layers {
namespace {

// Picks the first it is offered, so that layers in front that look at loads or sessions have
// reason to want another; and notes who was offered.
class Offered final : public Balancer {
 public:
  explicit Offered(std::shared_ptr<std::set<std::uint32_t>> ids) : ids_(std::move(ids)) {}
  void on_endpoints(std::span<const Endpoint>, Instant, RandomStream&) override {}
  std::size_t pick(const Choice& choice) override {
    for (const Endpoint& endpoint : choice.endpoints) ids_->insert(endpoint.id);
    return 0;
  }

 private:
  std::shared_ptr<std::set<std::uint32_t>> ids_;
};

std::unique_ptr<Balancer> in_front_of_offered(
    const Named& outer, const Named& inner,
    const std::shared_ptr<std::set<std::uint32_t>>& offered) {
  BalancerMaker maker{[offered] { return std::make_unique<Offered>(offered); }, false};
  for (const Named& each : {inner, outer}) {
    const std::shared_ptr<Layer> layer = std::move(Registration<Layer>::make(each).value());
    maker.make = [layer, inside = maker] { return layer->in_front_of(inside); };
  }
  return maker.make();
}

// In three zones and two levels, each with one that is sick; three in four have a label.
std::vector<Endpoint> fleet(std::size_t sick) {
  auto endpoints = mixed(18);
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    endpoints[i].weight = 1 + static_cast<std::uint32_t>(i % 2);
    if (i % 4 != 3) endpoints[i].labels = {"version=2"};
  }
  for (std::size_t zone = 0; zone < 3; ++zone) endpoints[3 * sick + zone].healthy = false;
  return endpoints;
}

std::vector<Named> variants_and_labels() {
  std::vector<Named> variants = all_variants();
  variants.push_back(layer("label_subset", {{"labels", {Value::List{{"version=2"}}}}}));
  variants.push_back(layer("locality_weighted",
                           {{"weights", {Value::List{{std::int64_t{1}}, {std::int64_t{2}}}}}}));
  return variants;
}

// One request in two belongs to a session that is older than the set as it is now; the others are
// new, so that everybody who may be picked is offered. Requests stay in flight, in growing numbers.
void expect_nobody_left_out_is_picked(const Named& outer, const Named& inner) {
  const auto offered = std::make_shared<std::set<std::uint32_t>>();
  Picker picker(in_front_of_offered(outer, inner, offered), {}, 1, kCaller);
  RandomStream random(1);
  for (const std::size_t sick : {0u, 3u, 5u}) {
    const std::vector<Endpoint> endpoints = fleet(sick);
    std::vector<Endpoint> seen = endpoints;
    if (!picker.balancer().wants_unhealthy())
      std::erase_if(seen, [](const Endpoint& endpoint) { return !endpoint.healthy; });
    picker.set_endpoints(seen);
    offered->clear();
    std::set<std::uint32_t> picked;
    for (std::uint64_t i = 0; i < 200; ++i) {
      picker.has_key = true;
      picker.key_hash = i % 2 == 0 ? mix64(random.below(10)) : random.next();
      picker.source_ipv4 = static_cast<std::uint32_t>(picker.key_hash);
      const std::size_t position = picker.try_send();
      if (position < Balancer::kNobody) picked.insert(picker.endpoints()[position].id);
    }
    for (const std::uint32_t id : picked) {
      EXPECT_TRUE(endpoints[id].healthy) << id << " is sick";
      EXPECT_TRUE(offered->contains(id)) << id << " was never offered to the balancer behind";
    }
  }
}

TEST(LayerPairs, NobodyIsPickedWhomALayerBehindLeavesOut) {
  for (const Named& outer : variants_and_labels())
    for (const Named& inner : variants_and_labels()) {
      expect_nobody_left_out_is_picked(outer, inner);
      ASSERT_FALSE(HasFailure()) << to_text(outer, info_of(outer).parameters) << " in front of "
                                 << to_text(inner, info_of(inner).parameters);
    }
}

// Who failed five times in a row gets nothing more, not even from sessions that began there.
TEST(LayerPairs, NobodyIsPickedWhomALayerBehindHasEjected) {
  const Named ejecting = layer("outlier_ejection", {{"max_ejected", {1.0}}});
  for (const Named& outer : all_variants()) {
    Picker picker(stack({outer, ejecting}, balancer("first")), fleet(0), 1, kCaller);
    RandomStream random(1);
    const auto one = [&] {
      picker.now += 1ms;
      while (picker.wakes_at() <= picker.now) picker.wake();
      picker.has_key = true;
      picker.key_hash = mix64(random.below(3));
      return picker.try_pick();
    };
    const std::size_t bad = one();
    if (bad >= Balancer::kNobody) continue;
    std::set<std::size_t> after;
    for (int i = 0; i < 5; ++i) {
      picker.set_in_flight(std::vector<std::uint32_t>(picker.endpoints().size(), 1));
      picker.finish(bad, 1ms, Outcome::error_status);
    }
    for (int i = 0; i < 200; ++i) after.insert(one());
    EXPECT_FALSE(after.contains(bad)) << to_text(outer, info_of(outer).parameters);
  }
}

}  // namespace
}  // namespace steelyard::test::layers
