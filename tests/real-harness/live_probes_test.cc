// Load reports, probes and idle announcements as real messages between real processes; and the logs
// of such runs replay as those of any other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "real-harness/channels/log.h"
#include "real-harness/run/live_run.h"
#include "tests/real-harness/live_scenario.h"

namespace steelyard::live {
namespace {

namespace fs = std::filesystem;

// A front that calls a back, so that both the generator's channels and an instance's own ask.
Scenario scene(const std::string& balancer) {
  return scenario_of(R"(
name: probes
run: {seed: 5, duration: 3s, warmup: 500ms, replications: 1}
services:
  front: {instances: 3, concurrency: 4, service_time: {exponential: {mean: 4ms}}, calls: [back]}
  back: {instances: 2, concurrency: 4, service_time: {exponential: {mean: 2ms}}}
clients:
  shoppers: {calls: front, instances: 2, arrivals: {poisson: {rate: 200/s}}}
strategies:
  balancer: )" + balancer +
                     R"(
  resilience: {timeout: 2s}
)");
}

// All that happened in the channels of the run, in words.
std::string transcript_of(const fs::path& folder) {
  std::string lines;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string log{std::istreambuf_iterator<char>(file), {}};
    const Result<Replay> replayed =
        replay(log, [&](const std::string& line) { lines += line + "\n"; });
    EXPECT_TRUE(replayed.ok()) << entry.path() << ": " << replayed.error();
    if (replayed.ok()) {
      EXPECT_EQ(replayed.value().difference, "") << entry.path();
    }
  }
  return lines;
}

class LiveProbes : public testing::TestWithParam<std::string> {};

TEST_P(LiveProbes, AreAnsweredAndReplayed) {
  const fs::path folder = fs::path(testing::TempDir()) / ("probes_" + std::to_string(getpid()));
  fs::remove_all(folder);
  const Result<std::optional<RunRecord>> run =
      run_live(scene(GetParam()), {.record_folder = folder.string()});
  ASSERT_TRUE(run.ok()) << run.error();
  const RunRecord& record = *run.value();
  EXPECT_GT(record.offered, 400u);
  EXPECT_EQ(record.finished[static_cast<std::size_t>(Outcome::ok)] + record.unfinished,
            record.offered);
  for (const InstanceRecord& instance : record.services[0].instances)
    EXPECT_GT(instance.attempts, 20u) << "everybody gets something";
  const std::string transcript = transcript_of(folder);
  const bool asks = GetParam() == "prequal" || GetParam() == "join_idle_queue";
  EXPECT_THAT(transcript, testing::ContainsRegex(asks ? "probe [0-9]+: [0-9]+ in flight"
                                                      : "reply .*: ok, [0-9]+ in flight"));
  fs::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(All, LiveProbes,
                         testing::Values("prequal", "join_idle_queue", "c3", "adaptive",
                                         "client_weighted_round_robin"),
                         [](const auto& balancer) { return balancer.param; });

}  // namespace
}  // namespace steelyard::live
