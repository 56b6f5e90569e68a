// The published figures that no pick shows by itself, as `steelyard pick --why` has them: what a
// balancer goes by after a history. Where each comes from stands beside the balancer's own test.
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/app/command.h"

namespace steelyard {
namespace {

// The first table that is printed, and the figures below it.
struct Why {
  std::string picked;
  std::map<std::string, std::map<std::string, double>> of;  // endpoint, column
  std::map<std::string, double> figure;
};

Why why(const std::string& balancer, const std::string& endpoints,
        std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"pick", "-b", balancer, "-e", endpoints, "-n", "1", "--why"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const test::Finished finished = test::steelyard(arguments);
  EXPECT_EQ(finished.code, 0) << finished.err;
  std::istringstream lines(finished.out);
  Why why;
  std::vector<std::string> header;
  std::getline(lines, why.picked);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::vector<std::string> cells;
    for (std::string word; words >> word;)
      if (word != ">") cells.push_back(word);
    const bool rule = cells.empty() || cells.front().find("─") == 0;
    if (rule) continue;
    if (header.empty()) {
      header = cells;
    } else if (cells.size() == header.size()) {
      for (std::size_t i = 1; i < cells.size(); ++i)
        if (cells[i] != "–") why.of[cells.front()][header[i]] = std::stod(cells[i]);
    } else {
      EXPECT_EQ(cells.size(), 2u) << line;
      why.figure[cells.front()] = std::stod(cells.back());
    }
  }
  return why;
}

// e^-1 of 1000 ms and the rest of 100: 100 + 900 / e.
TEST(PickWhy, AnEwmaFallsByAndBy) {
  const Why after = why("peak_ewma", "a,b", {"--history", "answer a 1s; wait 10s; answer a 100ms"});
  EXPECT_NEAR(after.of.at("a").at("ewma_ms"), 431.09, 0.005);
  EXPECT_EQ(after.of.at("b").count("ewma_ms"), 0u);
  EXPECT_EQ(after.picked, "b");  // without history, so it is tried
}

// R - s + (1 + out clients + q)^3 s = 10 - 5 + (1 + 3 + 2)^3 * 5.
TEST(PickWhy, C3CubesTheQueue) {
  const Why c3 = why("c3", "a,b",
                     {"--caller", "0/3", "--in-flight", "1,0", "--history",
                      "load a queued=2 service_time=5ms; answer a 10ms"});
  EXPECT_DOUBLE_EQ(c3.of.at("a").at("score"), 1085);
}

TEST(PickWhy, AWeightIsDividedByActiveRequests) {
  const Why weights = why("weighted_least_request", "a=2,b=1", {"--in-flight", "4,0"});
  EXPECT_NEAR(weights.of.at("a").at("weight"), 2.0 / (4 + 1), 1e-6);
  EXPECT_NEAR(weights.of.at("b").at("weight"), 1, 1e-6);
}

// Of 11 in flight and one more, 125% are 15, and a third of that is 5; of 2 and one more, 4 and 2.
TEST(PickWhy, LoadsAreBoundedBySlots) {
  const auto slots = [](const char* in_flight) {
    return why("maglev", "a,b,c", {"-l", "[bounded_load]", "--in-flight", in_flight})
        .of.at("c")
        .at("slots");
  };
  EXPECT_EQ(slots("1,1,0"), 2);
  EXPECT_EQ(slots("5,5,1"), 5);
}

// 2 / ((1 - 16/100) * 3 - 1) with 100 endpoints and 16 answers in the pool.
TEST(PickWhy, PrequalReusesAnswers) {
  std::string endpoints = "e0";
  for (int i = 1; i < 100; ++i) endpoints += ",e" + std::to_string(i);
  EXPECT_NEAR(why("prequal", endpoints).figure.at("reuse_budget"), 1.316, 0.0005);
}

TEST(PickWhy, SlowStartRaisesWeights) {
  const std::vector<std::string> joined{"--history", "join c; wait 15s", "-l"};
  const auto share = [&](const char* layers) {
    std::vector<std::string> more = joined;
    more.push_back(layers);
    return why("weighted_random", "a,b", more).of.at("c").at("weight_share");
  };
  EXPECT_DOUBLE_EQ(share("[slow_start]"), 0.25);                    // 15 s of 60
  EXPECT_DOUBLE_EQ(share("[{slow_start: {aggression: 2}}]"), 0.5);  // its square root
  // What counts is the share of the last refresh, after 10 s of 60.
  EXPECT_NEAR(share("[{slow_start: {refresh: 10s}}]"), 1.0 / 6, 1e-6);
}

// Weights are made anew by the first pick after an interval, and that pick goes by the new ones:
// 100 / 0.5 and 300 / 0.5; sum 40 ms less 10 and less 30.
TEST(PickWhy, SaysWhatThePickGoesByThatMakesWeightsAnew) {
  const Why grpc = why("client_weighted_round_robin", "a,b",
                       {"--history",
                        "load a requests_per_second=100 utilisation=0.5; answer a 1ms; load b "
                        "requests_per_second=300 utilisation=0.5; answer b 1ms; wait 11s"});
  EXPECT_NEAR(grpc.of.at("a").at("weight"), 200, 1e-3);
  EXPECT_NEAR(grpc.of.at("b").at("weight"), 600, 1e-3);
  const Why ribbon =
      why("weighted_response_time", "a,b", {"--history", "answer a 10ms; answer b 30ms; wait 31s"});
  EXPECT_NEAR(ribbon.of.at("a").at("weight_ms"), 30, 1e-6);
  EXPECT_NEAR(ribbon.of.at("b").at("weight_ms"), 10, 1e-6);
}

// Woken every nanosecond, a wait of a day would never end.
TEST(PickWhy, NothingIsDoneMoreOftenThanEveryMillisecond) {
  const test::Finished finished = test::steelyard(
      {"pick", "-b", "random", "-l", "[{slow_start: {refresh: 1ns}}]", "-e", "a,b", "-n", "1"});
  EXPECT_EQ(finished.code, 2);
  EXPECT_NE(finished.err.find("refresh: got '1ns', expected 1ms to 24h"), std::string::npos)
      << finished.err;
}

// {50, 100, 100, 100, 100}: 90 - 1.9 * 20; a sweep leaves out whoever is below.
TEST(PickWhy, OutliersAreBelowTheThreshold) {
  const auto judged = [](const std::string& more) {
    return why(
        "round_robin", "a,b,c,d,e",
        {"-l", "[{outlier_ejection: {max_ejected: 50%, success_rate_requests: 2}}]", "--history",
         "answer a 1ms; answer a 1ms error_status; answer b 1ms; answer b 1ms; answer c 1ms; "
         "answer c 1ms; answer d 1ms; answer d 1ms; answer e 1ms; answer e 1ms" +
             more});
  };
  EXPECT_DOUBLE_EQ(judged("").figure.at("success_threshold_percent"), 52);
  EXPECT_EQ(judged("").of.at("a").at("success_percent"), 50);
  EXPECT_EQ(judged("").of.at("a").at("ejected"), 0);
  EXPECT_EQ(judged("; wait 10s").of.at("a").at("ejected"), 1);
}

// All fail five times: Envoy leaves out nobody of five at 10%, gRPC one; of three at 67% Envoy two,
// gRPC all (envoy#27066).
TEST(PickWhy, EjectionsAreLimitedBeforeOrAfter) {
  const auto ejected = [](const std::string& names, const std::string& settings) {
    std::string history;
    for (const char name : names)
      for (int i = 0; name != ',' && i < 5; ++i)
        history += std::string("answer ") + name + " 1ms error_status; ";
    const Why after = why("random", names,
                          {"-l", "[{outlier_ejection: {" + settings + "}}, panic]", "--history",
                           history + "wait 1ms"});
    double sum = 0;
    for (const auto& [name, columns] : after.of) sum += columns.at("ejected");
    return sum;
  };
  EXPECT_EQ(ejected("a,b,c,d,e", "limit: after"), 0);
  EXPECT_EQ(ejected("a,b,c,d,e", "limit: before"), 1);
  EXPECT_EQ(ejected("a,b,c", "max_ejected: 67%, limit: after"), 2);
  EXPECT_EQ(ejected("a,b,c", "max_ejected: 67%, limit: before"), 3);
}

TEST(PickWhy, MaglevSharesOutItsTable) {
  const Why table = why("maglev", "127.0.0.1:90=1,127.0.0.1:91=2");
  EXPECT_EQ(table.of.at("127.0.0.1:90").at("table_slots"), 21846);
  EXPECT_EQ(table.of.at("127.0.0.1:91").at("table_slots"), 43691);
  EXPECT_EQ(table.figure.at("table_size"), 65537);
}

TEST(PickWhy, SourcesAreHashedAsNginxDoes) {
  EXPECT_EQ(why("source_hash", "a,b,c", {"--key", "192.168.1.7"}).figure.at("hash"), 154);
}

// So many of a hundred are healthy at each level.
TEST(PickWhy, PrioritiesSpillAsEnvoys) {
  const auto loads = [](const std::vector<int>& healthy) {
    std::string endpoints;
    for (std::size_t level = 0; level < healthy.size(); ++level)
      for (int i = 0; i < 100; ++i)
        endpoints += (endpoints.empty() ? "p" : ",p") + std::to_string(level) + "-" +
                     std::to_string(i) + (i < healthy[level] ? "" : "!") + "#" +
                     std::to_string(level);
    const Why why_picked = why("random", endpoints, {"-l", "[priority]"});
    std::vector<int> percent;
    for (std::size_t level = 0; level < healthy.size(); ++level)
      percent.push_back(static_cast<int>(
          100 * why_picked.of.at("p" + std::to_string(level) + "-0").at("level_share") + 0.5));
    return percent;
  };
  using Percent = std::vector<int>;
  EXPECT_EQ(loads({72, 100}), (Percent{100, 0}));
  EXPECT_EQ(loads({71, 100}), (Percent{99, 1}));
  EXPECT_EQ(loads({50, 100}), (Percent{70, 30}));
  EXPECT_EQ(loads({25, 100}), (Percent{35, 65}));
  EXPECT_EQ(loads({25, 25, 100}), (Percent{35, 35, 30}));
}

// Weights 1 and 2; of the first zone's hundred so many are healthy.
TEST(PickWhy, LocalitiesAreWeightedByWhatIsLeftOfThem) {
  const std::map<int, double> share_at{{100, 0.33}, {70, 0.33}, {69, 0.32}, {50, 0.26}, {25, 0.15}};
  for (const auto& [healthy, share] : share_at) {
    std::string endpoints = "y0@y";
    for (int i = 0; i < 100; ++i)
      endpoints += ",x" + std::to_string(i) + "@x" + (i < healthy ? "" : "!");
    const Why zones = why("random", endpoints,
                          {"-l", "[{locality_weighted: {weights: [2, 1]}}]", "--caller", "@y"});
    EXPECT_NEAR(zones.of.at("x0").at("zone_share"), share, 0.005) << healthy << "% healthy";
  }
}

// qps / (utilisation + errors / qps).
TEST(PickWhy, ReportsBecomeWeights) {
  const Why weights =
      why("client_weighted_round_robin", "a,b",
          {"--history",
           "load a requests_per_second=100 errors_per_second=10 utilisation=0.5; answer a 1ms"});
  EXPECT_NEAR(weights.of.at("a").at("reported_weight"), 100 / (0.5 + 0.1), 0.001);
}

TEST(PickWhy, AveragesAreTheSystemsOwn) {
  const Why nginx = why("least_time", "a,b", {"--history", "answer a 100ms; answer a 200ms"});
  EXPECT_NEAR(nginx.of.at("a").at("average_ms"), 0.95 * 100 + 0.05 * 200, 1e-9);
  const Why dubbo = why("shortest_response", "a,b",
                        {"--history", "answer a 10ms; answer a 30ms", "--in-flight", "2,0"});
  EXPECT_NEAR(dubbo.of.at("a").at("expected_ms"), 20 * (2 + 1), 1e-9);
  const Why ribbon =
      why("weighted_response_time", "a,b", {"--history", "answer a 10ms; answer b 30ms; wait 30s"});
  EXPECT_EQ(ribbon.of.at("a").at("mean_ms"), 10);
}

// The history is what the balancer lived through, in order, and mistakes in it are named.
TEST(PickWhy, SaysWhatIsWrongWithAHistory) {
  const auto complaint = [](const char* history) {
    const test::Finished finished =
        test::steelyard({"pick", "-b", "p2c", "-e", "a,b", "--history", history});
    EXPECT_EQ(finished.code, 2) << history;
    return finished.err;
  };
  EXPECT_EQ(complaint("answer c 1s"), "--history: there is no 'c' by then\n");
  EXPECT_EQ(complaint("leave b; answer b 1s"), "--history: there is no 'b' by then\n");
  EXPECT_EQ(complaint("join a"), "--history: 'a' is there already\n");
  EXPECT_NE(complaint("wait 5").find("did you mean '5ms' or '5s'?"), std::string::npos);
  EXPECT_NE(complaint("answer a 5ms fine").find("expected ok, queue_full"), std::string::npos);
  EXPECT_NE(complaint("pause 5s").find("expected wait DURATION"), std::string::npos);
  EXPECT_NE(complaint("load a depth=3").find("expected in_flight, queued"), std::string::npos);
}

}  // namespace
}  // namespace steelyard
