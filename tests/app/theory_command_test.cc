// `steelyard theory` as users meet it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "reports/layout.h"
#include "tests/app/command.h"

namespace steelyard {
namespace {

using test::Finished;
using test::Folder;
using test::steelyard;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string shipped(const std::string& name) {
  return STEELYARD_SOURCE_DIR "/scenarios/" + name + ".yaml";
}

TEST(Theory, SaysOnceWhatVariantsShareAndNamesThemWhereTheyDiffer) {
  const Finished finished = steelyard({"theory", shipped("supermarket")});
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.err, IsEmpty());
  // Random choice is M/M/1 at .9, ten times 1 ms; two choices of a hundred are a little above 2.61.
  EXPECT_THAT(finished.out, HasSubstr("balancer=random:"));
  EXPECT_THAT(finished.out, HasSubstr("tills    M/M/1  10.0"));
  EXPECT_THAT(finished.out, HasSubstr("supermarket, n = 100  2.64"));
  EXPECT_THAT(finished.out, HasSubstr("shortest queue, bounds"));
  const std::string graph = finished.out.substr(finished.out.find("\nGraph\n"));
  EXPECT_THAT(graph, Not(HasSubstr("balancer=")));
}

TEST(Theory, OfEveryShippedScenarioFitsATerminal) {
  for (const auto& entry : std::filesystem::directory_iterator(STEELYARD_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() != ".yaml") continue;
    const Finished finished =
        steelyard({"theory", entry.path(), "--p99", "100ms", "--mttf", "720h", "--mttr", "5min"});
    EXPECT_EQ(finished.code, 0) << entry.path() << finished.err;
    for (const char* section : {"Traffic", "Response times", "Graph", "Capacity", "Availability"})
      EXPECT_THAT(finished.out, HasSubstr(std::string("\n") + section + "\n")) << entry.path();
    std::istringstream lines(finished.out);
    for (std::string line; std::getline(lines, line);)
      EXPECT_LE(display_width(line), 80u) << entry.path() << "\n" << line;
  }
}

TEST(Theory, AsJsonHasEveryVariantWithNumbers) {
  const Finished finished =
      steelyard({"theory", shipped("supermarket"), "--format", "json", "--p99", "20ms"});
  EXPECT_EQ(finished.code, 0);
  const auto json = nlohmann::json::parse(finished.out);
  ASSERT_EQ(json.size(), 1u);
  ASSERT_EQ(json[0]["variants"].size(), 5u);
  const auto& random = json[0]["variants"][0];
  EXPECT_EQ(random["name"], "balancer=random");
  EXPECT_EQ(random["exact"], true);
  EXPECT_EQ(random["services"][0]["model_tolerance"], 0.01);
  EXPECT_GT(json[0]["variants"][1]["services"][0]["model_tolerance"], 0.01);
  EXPECT_NEAR(random["services"][0]["latency_ms"]["mean"].get<double>(), 10, 1e-6);
  EXPECT_NEAR(random["services"][0]["utilisation"].get<double>(), 0.9, 1e-9);
  EXPECT_EQ(random["bottleneck"]["service"], "tills");
  const auto& shortest = json[0]["variants"][4]["services"][0]["latency_ms"]["mean"];
  ASSERT_EQ(shortest.size(), 2u);
  EXPECT_LT(shortest[0], 1.067);
  EXPECT_GT(shortest[1], 1.067);
}

TEST(Theory, TellsWhatItLeavesOut) {
  const Folder folder;
  const std::string file = folder.write("shop.yaml", R"(
name: shop
services:
  a: {instances: 3, concurrency: 4, service_time: {lognormal: {mean: 5ms, p99: 20ms}}, queue: {limit: 9}}
clients:
  x: {calls: a, arrivals: {poisson: 100/s}}
strategies: {balancer: p2c, resilience: {timeout: 1s}}
)");
  const Finished finished = steelyard({"theory", file});
  EXPECT_EQ(finished.code, 0);
  for (const char* line : {"- a deadline of 1s: a", "- lognormal service, not exponential: a",
                           "- a queue limit: a", "- instances that are not chosen at random: a"})
    EXPECT_THAT(finished.out, HasSubstr(line));
}

TEST(Theory, RefusesWhatItCannotRead) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"theory"},
                                             {"theory", shipped("supermarket"), "--format", "csv"},
                                             {"theory", shipped("supermarket"), "--p99", "50"},
                                             {"theory", shipped("supermarket"), "--p99", "0s"},
                                             {"theory", shipped("supermarket"), "--mttf", "1h"}}) {
    const Finished finished = steelyard(arguments);
    EXPECT_EQ(finished.code, 2) << testing::PrintToString(arguments);
    EXPECT_THAT(finished.out, IsEmpty());
    EXPECT_THAT(finished.err, Not(IsEmpty()));
  }
  EXPECT_EQ(steelyard({"theory", "nowhere.yaml"}).code, 3);
  const Folder folder;
  const Finished cycle = steelyard({"theory", folder.write("cycle.yaml", R"(
name: cycle
services:
  a: {instances: 1, service_time: 1ms, calls: [b]}
  b: {instances: 1, service_time: 1ms, calls: [a]}
clients:
  x: {calls: a, arrivals: {poisson: 1/s}}
)")});
  EXPECT_EQ(cycle.code, 3);
  EXPECT_THAT(cycle.err, HasSubstr("a"));
  EXPECT_THAT(cycle.err, HasSubstr("b"));
}

}  // namespace
}  // namespace steelyard
