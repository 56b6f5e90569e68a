#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/bench_figures.h"
#include "tests/app/command.h"
#include "tests/bench/balancers_bench_load.h"

namespace steelyard::app {
namespace {

using test::Finished;
using test::Folder;
using test::steelyard;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Figures = std::map<std::string, std::vector<BenchFigure>>;

// A request's nanoseconds at 100, 1000, 10,000 and 100,000 endpoints.
Figures requests(const std::string& name, double (*ns)(double endpoints)) {
  Figures figures;
  for (const int endpoints : {100, 1000, 10000, 100000})
    figures[name + "/request/" + std::to_string(endpoints)] = {{.ns = ns(endpoints)}};
  return figures;
}

BenchRow row_of(const Figures& figures) { return bench_rows(figures).at(0); }

TEST(BenchRows, TakeTheMedianOfRepetitions) {
  EXPECT_EQ(row_of({{"p2c/pick/10", {{.ns = 9}, {.ns = 4}, {.ns = 5}}}}).ns("pick", 10), 5);
  EXPECT_EQ(row_of({{"p2c/pick/10", {{.ns = 9}, {.ns = 4}}}}).ns("pick", 10), 6.5);
}

TEST(BenchRows, BeginWithTheBaselineAndThenTheQuickest) {
  std::vector<std::string> names;
  for (const BenchRow& row : bench_rows({{"random/request/1000", {{.ns = 3}}},
                                         {"p2c/request/1000", {{.ns = 2}}},
                                         {"baseline/request/1000", {{.ns = 1}}},
                                         {"no_benchmark", {{.ns = 1}}}}))
    names.push_back(row.name);
  EXPECT_EQ(names, (std::vector<std::string>{"baseline", "p2c", "random"}));
}

TEST(Growth, IsTheExponentOfAPowerLaw) {
  EXPECT_NEAR(row_of(requests("p2c", [](double n) { return 7 * std::sqrt(n); })).growth(), 0.5,
              1e-12);
  EXPECT_NEAR(row_of(requests("p2c", [](double) { return 7.0; })).growth(), 0, 1e-12);
  EXPECT_TRUE(std::isnan(row_of({{"p2c/request/1000", {{.ns = 1}}}}).growth()));
}

// `random` claims O(1), `least_request` O(log n), and `first` what cannot be contradicted.
TEST(Growth, ContradictsAClaimOnlyBeyondWhatCachesAndLogarithmsExplain) {
  const auto scan = [](double n) { return 10 + n; };
  const auto tenfold = [](double n) { return 10 * std::pow(n / 100, 1.0 / 3); };
  const auto logarithm_and_tenfold = [](double n) {
    return std::log(n) * std::pow(n / 100, 1.0 / 3);
  };
  EXPECT_TRUE(row_of(requests("random", scan)).contradicts_claim());
  EXPECT_FALSE(row_of(requests("random", tenfold)).contradicts_claim());
  EXPECT_TRUE(row_of(requests("least_request", scan)).contradicts_claim());
  EXPECT_FALSE(row_of(requests("least_request", logarithm_and_tenfold)).contradicts_claim());
  EXPECT_FALSE(row_of(requests("first", scan)).contradicts_claim());
}

TEST(BenchTable, SaysWhichClaimIsContradicted) {
  const std::string table =
      bench_table(bench_rows(requests("random", [](double n) { return n; })), 200, false);
  EXPECT_THAT(table, HasSubstr("random claims O(1), and takes n^1.00\n"));
  EXPECT_THAT(table, HasSubstr("1,000"));
  EXPECT_THAT(table, Not(HasSubstr("\x1b")));
}

TEST(Bench, MeasuresWhateverIsRegistered) {
  const Finished listed = steelyard({"bench", "--benchmark_list_tests=true"});
  EXPECT_EQ(listed.code, 0) << listed.err;
  for (const StrategyInfo* info : bench::measured())
    for (const char* benchmark :
         {"/pick/10\n", "/request/1000\n", "/weighted/10000\n", "/change/100000\n"})
      EXPECT_THAT(listed.out, HasSubstr("\n" + info->name + benchmark));
}

TEST(Bench, WritesFiguresAndAPage) {
  const Folder folder;
  const Finished finished =
      steelyard({"bench", "random", "least_request", "--quick", "--benchmark_min_time=0.0001",
                 "--format", "csv", "-o", folder / "out"});
  ASSERT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.out,
              StartsWith("balancer,benchmark,endpoints,ns,allocations,bytes_per_endpoint\n"));
  std::size_t rows = 0;
  std::istringstream lines(finished.out);
  for (std::string line; std::getline(lines, line); ++rows) {
  }
  EXPECT_EQ(rows, 1U + 3 * 3 * 3);  // baseline, two balancers; three benchmarks; three sizes

  const auto json = nlohmann::json::parse(test::text_of(folder / "out/bench.json"));
  EXPECT_EQ(json.at("benchmarks").size(), 3U * 3 * 3);
  EXPECT_EQ(json.at("balancers").size(), 3U);
  EXPECT_TRUE(json.at("context").contains("num_cpus"));
  EXPECT_THAT(test::text_of(folder / "out/bench.html"),
              HasSubstr("\"balancer\":\"least_request\""));
}

// A tournament over n endpoints is kept; a random draw keeps nothing.
TEST(Bench, CountsWhatABalancerKeepsAndThatAPickAllocatesNothing) {
  const Finished finished = steelyard(
      {"bench", "random", "least_request", "--benchmark_min_time=0.0001",
       "--benchmark_filter=^(random|least_request)/(pick|request)/1000$", "--format", "json"});
  ASSERT_EQ(finished.code, 0) << finished.err;
  const auto figures = nlohmann::json::parse(finished.out).at("figures");
  ASSERT_EQ(figures.size(), 4U);
  for (const auto& figure : figures) {
    EXPECT_EQ(figure.at("allocations"), 0) << figure;
    if (figure.at("balancer") == "random")
      EXPECT_LT(figure.at("bytes_per_endpoint"), 1) << figure;
    else
      EXPECT_GT(figure.at("bytes_per_endpoint"), 4) << figure;
  }
}

TEST(Bench, SaysWhatItDoesNotKnow) {
  const Finished balancer = steelyard({"bench", "p2x"});
  EXPECT_EQ(balancer.code, 2);
  EXPECT_THAT(balancer.err, HasSubstr("unknown balancer or layer 'p2x'; did you mean 'p2c'?"));
  const Finished option = steelyard({"bench", "--quik"});
  EXPECT_EQ(option.code, 2);
  EXPECT_THAT(option.err, HasSubstr("--quik"));
  EXPECT_EQ(steelyard({"bench", "--benchmark_no_such=1"}).code, 2);
  EXPECT_EQ(steelyard({"bench", "--benchmark_filter=nothing_is_called_so"}).code, 2);
  EXPECT_EQ(steelyard({"bench", "--help"}).code, 0);
}

}  // namespace
}  // namespace steelyard::app
