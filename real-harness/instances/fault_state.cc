#include "real-harness/instances/fault_state.h"

#include <algorithm>

namespace steelyard::live {
namespace {

// That at least one of two independent things happens.
double either(double a, double b) { return 1 - (1 - a) * (1 - b); }

void add(const FaultSpec& fault, FaultState& state) {
  switch (fault.kind) {
    case FaultKind::slow:
      state.slow *= fault.factor;
      break;
    case FaultKind::crash:
      state.crashed = true;
      break;
    case FaultKind::pause:
      state.paused = true;
      break;
    case FaultKind::refuse:
    case FaultKind::absent:
      state.refuses = true;
      break;
    case FaultKind::reset:
      state.reset_probability = either(state.reset_probability, fault.probability);
      break;
    case FaultKind::error:
      state.error_probability = either(state.error_probability, fault.probability);
      state.error_status = fault.status;
      break;
    case FaultKind::truncate:
      state.truncate_probability = either(state.truncate_probability, fault.probability);
      break;
    case FaultKind::network_delay:
    case FaultKind::bandwidth:
    case FaultKind::blackhole:
    case FaultKind::slow_close:
      break;  // on the wire: network/relay.h
  }
}

}  // namespace

FaultState combined(const Scenario& scenario, const std::vector<bool>& on, std::size_t service,
                    std::size_t instance) {
  FaultState state;
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    const FaultSpec& fault = scenario.faults[i];
    const bool hits = std::any_of(fault.targets.begin(), fault.targets.end(), [&](const auto& t) {
      return t.service == service && t.instance == instance;
    });
    if (on[i] && hits) add(fault, state);
  }
  return state;
}

}  // namespace steelyard::live
