#include "app/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/loader.h"

namespace steelyard::app {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

Scenario scenario_of(const std::string& more) {
  const LoadResult loaded = load_scenario_text(R"(
name: facts
question: What is left out?
services:
  api: {instances: 2, service_time: 1ms}
clients:
  users: {calls: api, arrivals: {constant: {rate: 10/s}}}
)" + more,
                                               "test.yaml", {});
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_text(problem);
  return loaded.comparison->base();
}

TEST(Limitations, OfALiveRunNameTheRelaysWhereThereAreAny) {
  const auto relays = Contains(HasSubstr("to connect takes no time"));
  EXPECT_THAT(limitations_of(scenario_of(""), "live"), Not(relays));
  EXPECT_THAT(limitations_of(scenario_of("network: {latency: 1ms}\n"), "live"), relays);
  EXPECT_THAT(limitations_of(scenario_of("network: {latency: 1ms}\n"), "sim"), Not(relays));
  EXPECT_THAT(
      limitations_of(scenario_of("faults: [{at: 1s, blackhole: {target: api/0}}]\n"), "live"),
      relays);
}

TEST(Limitations, OfALiveRunNameFaultsThatDoNotReachTheirTarget) {
  const auto out_of_reach = Contains(HasSubstr("Services with targets see only"));
  const std::string targets = "targets: {api: [http://127.0.0.1:1, http://127.0.0.1:2]}\n";
  const std::string crash = "faults: [{at: 1s, crash: {target: api/0}}]\n";
  EXPECT_THAT(limitations_of(scenario_of(crash), "live"), Not(out_of_reach));
  EXPECT_THAT(limitations_of(scenario_of(crash + targets), "live"), out_of_reach);
  for (const char* reaches :
       {"reset: {target: api/0}", "slow_close: {target: api/0, latency: 1s}"}) {
    const std::string fault = "faults: [{at: 1s, " + std::string(reaches) + "}]\n";
    EXPECT_THAT(limitations_of(scenario_of(fault + targets), "live"), Not(out_of_reach));
  }
}

}  // namespace
}  // namespace steelyard::app
