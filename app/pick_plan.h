// What the user of `steelyard pick` asked for, understood.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/commands.h"
#include "balancers/balancer.h"
#include "core/result.h"

namespace steelyard::app {

struct PickKey {
  std::string text;
  std::uint64_t hash = 0;
};

// What happened before the first pick.
struct PickEvent {
  enum class Kind : std::uint8_t {
    wait,    // for `duration`
    answer,  // of endpoint `id`, after `duration`, with `outcome`
    load,    // endpoint `id` says from now on, with answers and to probes, `report`
    join,    // `endpoint`
    leave,   // endpoint `id`
    sick,    // endpoint `id` is not healthy
    well,    // or is again
  };
  Kind kind = Kind::wait;
  std::uint32_t id = 0;
  Duration duration{};
  Outcome outcome = Outcome::ok;
  LoadReport report{};
  Endpoint endpoint{};
};

struct PickPlan {
  std::unique_ptr<Balancer> balancer;
  std::vector<Endpoint> endpoints;       // at first, healthy or not
  std::vector<std::uint32_t> in_flight;  // of these
  std::vector<PickEvent> history;
  std::vector<PickKey> keys;
  std::uint64_t count = 0;
};

// Errors say which option is wrong, and what was expected.
Result<PickPlan> pick_plan(const PickArguments& arguments);

}  // namespace steelyard::app
