// The calls a service makes for each of its requests, laid out as a world runs them: which are made
// at once, how likely each is, and which of the instance's channels it goes through.
//
// The same layout in every world, since draws about a call are made by its number (draws.h).
// Plain data; no errors: the loader has checked the calls.
#pragma once

#include <cstdint>
#include <vector>

#include "scenarios/scenario.h"

namespace steelyard {

struct CallSite {
  double probability = 1;            // that the call is made at all
  std::uint32_t channel_offset = 0;  // into CallPlan::callees
  std::uint8_t number = 0;           // from 0, unique in its service
};

struct CallPlan {
  std::vector<std::vector<CallSite>> stages;  // one after the other; calls of one are made at once
  // Services called, each once, in the order in which the calls first name them: an instance has
  // one channel to each. Indices into Scenario::services.
  std::vector<std::uint32_t> callees;
};

// REQUIRES: at most 255 calls, as the loader guarantees.
CallPlan call_plan(const ServiceSpec& service);

}  // namespace steelyard
