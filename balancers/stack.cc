#include "balancers/stack.h"

#include <utility>

#include "balancers/layer.h"
#include "core/check.h"
#include "core/make.h"

namespace steelyard {

Result<std::unique_ptr<Balancer>> make_balancer(const Stack& stack) {
  const auto& [balancer, layers] = stack;
  auto innermost = Registration<Balancer>::make(balancer);
  if (!innermost || layers.empty()) return innermost;
  const StrategyInfo& info = *Catalogue::find(Balancer::kKind, balancer.name);
  BalancerMaker maker{[balancer = balancer] { return make_checked<Balancer>(balancer); },
                      info.has_trait("hashing")};
  for (std::size_t i = layers.size(); i-- > 0;) {
    auto made = Registration<Layer>::make(layers[i]);
    if (!made) return Error{made.error()};
    const std::shared_ptr<const Layer> layer = std::move(made.value());
    const bool by_key = maker.by_key;
    maker = {[layer, inner = std::move(maker)] { return layer->in_front_of(inner); }, by_key};
  }
  return maker.make();
}

std::unique_ptr<Balancer> make_balancer_checked(const Stack& stack) {
  auto made = make_balancer(stack);
  STEELYARD_CHECK(made.ok(), "the scenario loader has checked the balancer and its layers");
  return std::move(made.value());
}

}  // namespace steelyard
