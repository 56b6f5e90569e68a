// Layers stand in front of balancers, of any kind: subsets, priorities, zones, panic, slow start,
// outlier ejection, bounded loads, sessions. Each is written once, and none is part of a balancer.
//
// What a layer yields is a balancer again, so layers stack, and a channel never knows of them
// (balancers/stack.h puts them together). To add one: copy the shape of balancers/layers/panic.cc.
// Most arrange the endpoints into groups and choose a group for each attempt; the mechanics of that
// are Grouped (balancers/grouped.h). docs/LAYERS.md compares them all.
//
// Traits a layer may claim at its registration; tests/contract/ holds it to them:
//   subset   some endpoints get nothing from one caller, always the same ones while the set is
//   health   decides what happens to endpoints that are not healthy
//   locality some endpoints get less than their share because of where they are
//   sessions the same key gets the same endpoint, whatever stands behind
//   ejects   an endpoint all of whose answers are failures gets nothing for a while
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "balancers/balancer.h"
#include "core/registry.h"

namespace steelyard {

// What stands behind a layer, as often as it needs one.
struct BalancerMaker {
  std::function<std::unique_ptr<Balancer>()> make;
  // The balancer sends the same key to the same endpoint (trait `hashing`), so a layer in front of
  // it has to decide by key too where it would draw.
  bool by_key = false;
};

class Layer {
 public:
  static constexpr const char* kKind = "layer";

  Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;
  virtual ~Layer() = default;

  virtual std::unique_ptr<Balancer> in_front_of(BalancerMaker inner) const = 0;

  // Why it does nothing in front of so many endpoints, as a sentence without its name: allowed, and
  // probably not meant. Empty if it does something.
  virtual std::string idle_with(std::size_t endpoints) const = 0;
};

// The layer that puts a T in front: for registrations, `.make = layer_of<T>`.
// REQUIRES of T: a Grouped made from (const Settings&, BalancerMaker).
template <class T>
Result<std::unique_ptr<Layer>> layer_of(const Settings& settings) {
  class LayerOf final : public Layer {
   public:
    explicit LayerOf(const Settings& given) : settings_(given) {}
    std::unique_ptr<Balancer> in_front_of(BalancerMaker inner) const override {
      return std::make_unique<T>(settings_, std::move(inner));
    }
    std::string idle_with(std::size_t endpoints) const override {
      return T::idle_with(settings_, endpoints);
    }

   private:
    Settings settings_;
  };
  return std::make_unique<LayerOf>(settings);
}

}  // namespace steelyard
