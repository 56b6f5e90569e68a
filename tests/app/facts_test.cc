#include "app/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "scenarios/loader.h"

namespace steelyard::app {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

Scenario scenario_of(const std::string& more, std::vector<std::string> overrides = {}) {
  const LoadResult loaded =
      load_scenario_text(R"(
name: facts
question: What is left out?
services:
  api: {instances: 2, service_time: 1ms}
clients:
  users: {calls: api, arrivals: {constant: {rate: 10/s}}}
)" + more,
                         "test.yaml", {.overrides = std::move(overrides), .read_file = {}});
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

// 10% of 9 is less than one, of 10 it is one: the default of outlier_ejection, as in Envoy.
TEST(Notes, NameLayersThatDoNothingInFrontOfSoFewEndpoints) {
  const auto notes_with = [](int instances, const std::string& layer, const std::string& view) {
    return notes_on(scenario_of("strategies: {layers: [" + layer + "], view: {" + view + "}}\n",
                                {"services.api.instances=" + std::to_string(instances)}));
  };
  EXPECT_THAT(notes_with(9, "outlier_ejection", ""),
              ElementsAre("In front of api, outlier_ejection never ejects any of 9 endpoints, as "
                          "max_ejected is 10% and `limit` keeps it from one; `limit: always_one` "
                          "lets one go."));
  EXPECT_THAT(notes_with(10, "outlier_ejection", ""), IsEmpty());
  EXPECT_THAT(notes_with(10, "outlier_ejection", "known: 90%"), SizeIs(1));
  EXPECT_THAT(notes_with(3, "{outlier_ejection: {limit: before}}", ""), IsEmpty());
  EXPECT_THAT(notes_with(5, "zone_aware", ""),
              ElementsAre("In front of api, zone_aware ignores zones, as there are 5 endpoints and "
                          "its min_cluster_size is 6."));
  EXPECT_THAT(notes_with(6, "zone_aware", ""), IsEmpty());
  EXPECT_THAT(notes_with(20, "deterministic_subset", ""),
              ElementsAre("In front of api, deterministic_subset gives every caller all 20 "
                          "endpoints, as its size is 20."));
  for (const char* layer : {"deterministic_subset", "random_subset", "rocksteadier_subset"})
    EXPECT_THAT(notes_with(21, layer, ""), IsEmpty()) << layer;
  EXPECT_THAT(notes_with(12, "aperture", ""), SizeIs(1));
  EXPECT_THAT(notes_with(13, "aperture", ""), IsEmpty());
  EXPECT_THAT(notes_with(1, "panic", ""), IsEmpty());
}

}  // namespace
}  // namespace steelyard::app
