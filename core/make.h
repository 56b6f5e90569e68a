// Makes a strategy whose settings were checked before.
#pragma once

#include <memory>
#include <utility>

#include "core/check.h"
#include "core/registry.h"

namespace steelyard {

// REQUIRES: a scenario loader, or defaults(), gave `named`; aborts otherwise.
template <class Interface>
std::unique_ptr<Interface> make_checked(const Named& named) {
  auto made = Registration<Interface>::make(named);
  STEELYARD_CHECK(made.ok(), "the loader checked this strategy");
  return std::move(made.value());
}

}  // namespace steelyard
