// Small scenes for tests of the simulated world: what happened to each client, as one line.
//
//   happened(R"(
//   services:
//     a: {instances: 1, service_time: 10ms}
//   clients:
//     x: {calls: a, arrivals: {timestamps: at_ms 0}}
//     y: {calls: a, arrivals: {timestamps: at_ms 1}}
//   )")  ==  "x 10, y 19"
//
// Numbers are latencies in milliseconds, names are outcomes. The "file" of `timestamps` is its own
// content: the name of the column and its values.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/loader.h"
#include "sim/simulation.h"

namespace steelyard::test {

inline Result<std::string> words_as_lines(const std::string& path) {
  std::string text = path + "\n";
  for (char& c : text)
    if (c == ' ') c = '\n';
  return text;
}

// The first variant. Fails the test, printing what is wrong, if the text is not a scenario.
inline Scenario scenario_of(const std::string& text, std::vector<std::string> overrides = {}) {
  const LoadResult result = load_scenario_text(
      text, "scene.yaml", {.overrides = std::move(overrides), .read_file = words_as_lines});
  for (const Problem& problem : result.problems) ADD_FAILURE() << to_text(problem);
  if (!result.comparison) throw std::runtime_error("the text is not a scenario");
  return result.comparison->base();
}

inline std::uint64_t succeeded(const RunRecord& record) {
  return record.finished[static_cast<std::size_t>(Outcome::ok)];
}
inline std::uint64_t failed(const RunRecord& record) {
  return total(record.finished) - succeeded(record);
}

// One run, in which no request was lost or invented.
inline RunRecord simulated(const Scenario& scenario, std::uint64_t replication = 0) {
  RunRecord record = simulate(scenario, replication).value();
  EXPECT_EQ(record.offered, succeeded(record) + failed(record) + record.unfinished);
  std::uint64_t offered = 0;
  std::uint64_t ended = 0;
  for (const SeriesBucket& bucket : record.series) {
    offered += bucket.offered;
    ended += bucket.succeeded + bucket.failed;
  }
  EXPECT_EQ(record.offered, offered);
  EXPECT_EQ(total(record.finished), ended);
  return record;
}

// A scene lasts 120 ms, so that a bucket of its series lasts 1 ms.
inline Scenario scene(const std::string& text) {
  return scenario_of("name: scene\nrun: {duration: 120ms, warmup: 0s, replications: 1}\n" + text);
}

inline std::string happened(const std::string& text) {
  const Scenario scenario = scene(text);
  const RunRecord record = simulated(scenario);
  std::string line;
  for (std::size_t i = 0; i < scenario.clients.size(); ++i) {
    const ClientRecord& client = record.clients[i];
    line += (line.empty() ? "" : ", ") + scenario.clients[i].name;
    // Processor sharing ends a nanosecond late, hence microseconds.
    const auto ms = [](std::uint64_t ns) {
      const std::uint64_t us = ns / 1000;  // shown in whole microseconds
      return static_cast<double>(us) / 1000;
    };
    if (client.latency_ns.count() > 0) line += fmt::format(" {}", ms(client.latency_ns.min()));
    if (client.latency_ns.max() != client.latency_ns.min())
      line += fmt::format("..{}", ms(client.latency_ns.max()));
    if (client.latency_ns.count() > 1) line += fmt::format(" x{}", client.latency_ns.count());
    for (std::size_t outcome = 1; outcome < kOutcomes; ++outcome) {
      const std::uint64_t count = client.finished[outcome];
      if (count > 0) line += fmt::format(" {}", kOutcomeNames[outcome]);
      if (count > 1) line += fmt::format(" x{}", count);
    }
  }
  if (record.unfinished > 0) line += fmt::format("; {} unfinished", record.unfinished);
  return line;
}

// Milliseconds of a scene in which requests failed.
inline std::vector<std::size_t> failures_ms(const RunRecord& record) {
  std::vector<std::size_t> ms;
  for (std::size_t i = 0; i < record.series.size(); ++i)
    ms.insert(ms.end(), record.series[i].failed, i);
  return ms;
}

// How long, in milliseconds of a scene, an instance had something outstanding.
inline std::size_t busy_ms(const RunRecord& record, std::size_t service, std::size_t instance = 0) {
  std::size_t ms = 0;
  for (std::size_t i = 0; i < record.series.size(); ++i)
    ms += record.services[service].outstanding[instance * record.series.size() + i] > 0 ? 1 : 0;
  return ms;
}

}  // namespace steelyard::test
