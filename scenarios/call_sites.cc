#include "scenarios/call_sites.h"

#include <algorithm>

namespace steelyard {

CallPlan call_plan(const ServiceSpec& service) {
  CallPlan plan;
  std::uint8_t number = 0;
  for (const ParallelCalls& stage : service.calls) {
    std::vector<CallSite>& sites = plan.stages.emplace_back();
    for (const CallSpec& call : stage) {
      const auto callee = static_cast<std::uint32_t>(call.service);
      auto known = std::find(plan.callees.begin(), plan.callees.end(), callee);
      if (known == plan.callees.end()) known = plan.callees.insert(known, callee);
      sites.push_back(
          {call.probability, static_cast<std::uint32_t>(known - plan.callees.begin()), number++});
    }
  }
  return plan;
}

}  // namespace steelyard
