#include "reports/scenario_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/results_json.h"
#include "tests/reports/builder.h"

namespace steelyard {
namespace {

using testing::comparison;
using testing::constant_variant;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

ResultSet set_of(const std::string& digest, void (*change)(ScenarioFacts&)) {
  ComparisonRecord record = comparison({constant_variant("p2c", {10})});
  record.scenario.digest = digest;
  record.scenario.faults = {{.from = 4s, .to = 6s, .kind = "slow", .label = "orders/0 slow"}};
  change(record.scenario);
  Result<ResultSet> set = read_result_set("set", compact(results_json(make_report(record))));
  EXPECT_TRUE(set) << set.error();
  return set.value();
}

std::vector<std::string> differences(void (*change)(ScenarioFacts&)) {
  return scenario_differences(set_of("a", [](ScenarioFacts&) {}), set_of("b", change));
}

TEST(ScenarioDifferences, AreNamedByTheirKeys) {
  EXPECT_THAT(differences([](ScenarioFacts& s) {
                s.duration = 30s;
                s.faults[0].from = 10s;
                s.faults[0].to = 15s;
              }),
              ElementsAre("run.duration (10 s and 30 s)", "faults.0.at (4 s and 10 s)",
                          "faults.0.for (2 s and 5 s)"));
  EXPECT_THAT(differences([](ScenarioFacts& s) {
                s.services[0].service_time = "constant(value=1ms)";
                s.clients[0].detail = "poisson 900/s";
              }),
              ElementsAre("clients.shoppers (poisson 1500/s and poisson 900/s)",
                          "services.orders.service_time (exponential(mean=4ms) and "
                          "constant(value=1ms))"));
  EXPECT_THAT(differences([](ScenarioFacts& s) { s.faults.clear(); }),
              ElementsAre("the number of faults (1 and 0)"));
  EXPECT_THAT(differences([](ScenarioFacts& s) { s.faults[0].to = s.duration; }), IsEmpty())
      << "the end of the run may have cut it off";
}

// How often it is run is no part of what is asked.
TEST(ScenarioDifferences, AreNotInTheNumberOfReplications) {
  const ResultSet once = set_of("a", [](ScenarioFacts&) {});
  EXPECT_TRUE(same_scenario(
      once, set_of("b", [](ScenarioFacts& s) { s.overrides = {"run.replications=3"}; })));
  EXPECT_FALSE(same_scenario(once, set_of("b", [](ScenarioFacts& s) {
                               s.overrides = {"run.replications=3", "run.duration=5s"};
                             })));
}

TEST(ScenarioDifferences, AreNoneWhereResultsDoNotTell) {
  EXPECT_THAT(differences([](ScenarioFacts&) {}), IsEmpty());
  ResultSet damaged = set_of("b", [](ScenarioFacts&) {});
  for (const char* key : {"graph", "faults", "duration_s"})
    damaged.results["scenario"][key] = "nonsense";
  EXPECT_NO_THROW(scenario_differences(set_of("a", [](ScenarioFacts&) {}), damaged));
}

}  // namespace
}  // namespace steelyard
