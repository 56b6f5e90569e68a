// Layers to instantiate tests with, and traffic for them.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/balancers/layers.h"
#include "tests/contract/balancer_variants.h"

namespace steelyard::test::layers {

inline const StrategyInfo& info_of(const Named& named) {
  return *Catalogue::find(Layer::kKind, named.name);
}

// As it is by default, with each flag turned and each choice taken; and so that it has something to
// do with a dozen endpoints.
inline std::vector<Named> all_variants() {
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
    for (Named& variant : with_each_choice(small, *info)) variants.push_back(std::move(variant));
  }
  return variants;
}

inline const Caller kCaller{.index = 2, .count = 5, .zone = 1, .count_by_zone = {2, 2, 1}};

// In three zones, two in three at priority 0.
inline std::vector<Endpoint> mixed(std::size_t count) {
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
inline std::vector<Endpoint> changed(std::vector<Endpoint> endpoints, RandomStream& random,
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

}  // namespace steelyard::test::layers
