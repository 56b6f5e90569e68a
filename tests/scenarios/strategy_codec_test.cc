#include "scenarios/strategy_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/support.h"

namespace steelyard {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Strategies : public testing::Test {
 protected:
  // "p2c(choices=3)", or the complaints.
  std::string read(const std::string& kind, const std::string& text) {
    Problems problems;
    const NodePtr root = parse_yaml(text, {.source = problems.add_source("t", text)}, problems);
    Reader reader(problems, [](const std::string&) -> Result<std::shared_ptr<const Table>> {
      return Error{"no tables here"};
    });
    named = {};
    if (strategy(kind).read(*root, reader, named))
      return to_text(named, Catalogue::find(kind, named.name)->parameters);
    std::string all;
    for (const Problem& problem : problems.sorted())
      all += (all.empty() ? "" : "\n") + problem.path + ": " + problem.message;
    return all;
  }
  Named named;
};

TEST_F(Strategies, MayBeWrittenInThreeWays) {
  EXPECT_EQ(read("balancer", "p2c"), "p2c");
  EXPECT_EQ(read("balancer", "{p2c: }"), "p2c");
  EXPECT_EQ(read("balancer", "{p2c: {}}"), "p2c");
  EXPECT_EQ(read("balancer", "{p2c: {choices: 3}}"), "p2c(choices=3)");
  EXPECT_EQ(read("balancer", "{p2c: 3}"), "p2c(choices=3)");
}

TEST_F(Strategies, HaveEveryDeclaredParameterSet) {
  read("balancer", "{p2c: {choices: 3}}");
  std::vector<std::string> names;
  for (const auto& entry : named.settings.entries()) names.push_back(entry.name);
  std::vector<std::string> declared;
  for (const Parameter& parameter : Catalogue::find("balancer", "p2c")->parameters)
    declared.push_back(parameter.name);
  EXPECT_EQ(names, declared);
}

TEST_F(Strategies, MayBePlainValuesWhereAConstantIsMeant) {
  EXPECT_EQ(read("distribution", "5ms"), "constant(value=5ms)");
  EXPECT_EQ(read("schedule", "2000/s"), "constant(rate=2000)");
  EXPECT_THAT(read("distribution", "5"), HasSubstr("did you mean '5ms' or '5s'?"));
  EXPECT_THAT(read("arrivals", "100/s"), HasSubstr("unknown arrivals '100/s'"));
}

TEST_F(Strategies, AreRecognisedByTheNamesThatOthersHaveForThem) {
  EXPECT_THAT(read("balancer", "least_conn"),
              HasSubstr("did you mean 'least_request'? ('least_conn': nginx's name for it)"));
  for (const auto& [foreign, ours] :
       std::vector<std::pair<std::string, std::string>>{{"leastconn", "least_request"},
                                                        {"roundrobin", "round_robin"},
                                                        {"rr", "round_robin"},
                                                        {"wrr", "weighted_round_robin"},
                                                        {"power_of_two", "p2c"},
                                                        {"random_two", "p2c"},
                                                        {"ewma", "peak_ewma"}})
    EXPECT_THAT(read("balancer", foreign), HasSubstr("did you mean '" + ours + "'?")) << foreign;
  EXPECT_EQ(read("distribution", "{gamma: {mean: 4ms, cv: 2}}"),
            "gamma.cv: unknown parameter 'cv' of gamma; did you mean 'shape'? ('cv': shape = "
            "1/cv²)");
}

// A name that means one strategy here cannot be another's elsewhere as well.
TEST_F(Strategies, AreKnownElsewhereByNamesThatNoneHasHere) {
  for (const StrategyInfo* info : Catalogue::all())
    for (const ForeignName& foreign : info->also_known_as) {
      EXPECT_EQ(Catalogue::find(info->kind, foreign.name), nullptr) << foreign.name;
      for (const StrategyInfo* other : Catalogue::of_kind(info->kind))
        for (const ForeignName& same : other->also_known_as)
          EXPECT_TRUE(other == info || same.name != foreign.name) << foreign.name;
    }
}

TEST_F(Strategies, HoldOthers) {
  EXPECT_EQ(read("arrivals", "{poisson: {rate: 100/s}}"), "poisson(rate=constant(rate=100))");
  EXPECT_EQ(read("arrivals", "{poisson: 100/s}"), "poisson(rate=constant(rate=100))");
  EXPECT_EQ(read("distribution", "{mixture: {weights: [1, 2], of: [1ms, {exponential: 2ms}]}}"),
            "mixture(weights=[1, 2], of=[constant(value=1ms), exponential(mean=2ms)])");
  EXPECT_THAT(read("distribution", "{mixture: {weights: [1], of: [{exponental: 2ms}]}}"),
              "mixture.of.0.exponental: unknown distribution 'exponental'; did you mean "
              "'exponential'?");
}

TEST_F(Strategies, SpeakUpThemselvesAboutCombinations) {
  EXPECT_THAT(read("distribution", "{mixture: {weights: [1, 2], of: [1ms]}}"),
              HasSubstr("got 2 weights and 1 distributions"));
}

TEST_F(Strategies, ReadPercentilesAsPeopleWriteThem) {
  read("distribution", "{empirical: {percentiles: {p0: 0s, p50: 1ms, p99.9: 8ms, p9999: 9ms}}}");
  std::vector<double> ratios;
  for (const Value& row : named.settings.list("percentiles"))
    ratios.push_back(std::get<double>(std::get<Value::List>(row.held)[0].held));
  // p9999 is the 99.99th percentile, as p999 is the 99.9th.
  EXPECT_THAT(ratios, ElementsAre(0, 0.5, testing::DoubleEq(0.999), testing::DoubleEq(0.9999)));
  EXPECT_THAT(read("distribution", "{empirical: {percentiles: {p101.5: 1ms}}}"),
              HasSubstr("expected a percentile such as p50 or p99.9"));
}

TEST_F(Strategies, ComeFromTheCatalogue) {
  for (const StrategyInfo* info : Catalogue::all()) {
    const bool needs_more =
        std::any_of(info->parameters.begin(), info->parameters.end(),
                    [](const Parameter& parameter) { return parameter.required; });
    if (needs_more) {
      EXPECT_THAT(read(info->kind, info->name), HasSubstr("got no '")) << info->name;
    }
    EXPECT_THAT(read(info->kind, "{" + info->name + ": {no_such_parameter: 1}}"),
                HasSubstr("unknown parameter 'no_such_parameter' of " + info->name));
  }
}

TEST(StrategyDefinitions, NameEveryStrategyAndParameter) {
  const Json definitions = strategy_definitions();
  for (const StrategyInfo* info : Catalogue::all()) {
    const std::string text = definitions.at(info->kind).dump();
    EXPECT_THAT(text, HasSubstr("\"" + info->name + "\""));
    for (const Parameter& parameter : info->parameters)
      EXPECT_THAT(text, HasSubstr("\"" + parameter.name + "\"")) << info->name;
  }
}

}  // namespace
}  // namespace steelyard
