// Small records, built by hand: what a test does not say is one client, one service with two
// equal instances, ten seconds of which two are warm-up, and no failures.
#pragma once

#include <cmath>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "core/math.h"
#include "core/random.h"
#include "core/records.h"

namespace steelyard::testing {

inline std::uint64_t ms_in_ns(double ms) {
  return static_cast<std::uint64_t>(std::llround(ms * 1e6));
}

// One replication in which these requests succeeded after the warm-up, offered evenly over time.
inline RunRecord run_with(const std::vector<double>& latencies_ms, std::uint64_t failures = 0,
                          Outcome cause = Outcome::queue_full) {
  RunRecord run;
  run.measured_seconds = 8;
  run.clients.resize(1);
  ClientRecord& client = run.clients[0];
  for (const double ms : latencies_ms) client.latency_ns.record(ms_in_ns(ms));
  const auto ok = static_cast<std::size_t>(Outcome::ok);
  const auto why = static_cast<std::size_t>(cause);
  client.finished[ok] = latencies_ms.size();
  client.finished[why] += failures;
  client.attempts = total(client.finished);
  run.finished = client.finished;
  run.offered = total(run.finished);
  run.answered = run.offered;
  run.succeeded = latencies_ms.size();

  ServiceRecord service;
  service.instances.resize(2);
  for (InstanceRecord& instance : service.instances) {
    instance.attempts = client.attempts / 2;
    instance.busy_seconds = 4;  // of 8
  }
  service.sampled = {0, 1};
  service.outstanding = {1, 2, 3, 4, 5, 6, 7, 8};  // two rows of four
  run.services = {service};

  run.bucket_length = 2500ms;
  run.series.resize(4);
  for (std::size_t b = 0; b < run.series.size(); ++b) {
    run.series[b].offered = run.offered / 4;
    run.series[b].succeeded = run.succeeded / 4;
    run.series[b].failed = failures / 4;
  }
  for (const double ms : latencies_ms) run.series[1].latency_ns.record(ms_in_ns(ms));
  run.events = 3 * run.offered;
  run.cpu_seconds = 0.5;
  run.wall_seconds = 0.6;
  return run;
}

// Exponential latencies with this mean: `count` requests.
inline std::vector<double> exponential_ms(double mean_ms, std::size_t count, RandomStream stream) {
  std::vector<double> latencies;
  for (std::size_t i = 0; i < count; ++i)
    latencies.push_back(-mean_ms * math::log(stream.uniform_positive()));
  return latencies;
}

inline VariantRecord variant(std::string balancer, std::vector<RunRecord> runs) {
  VariantRecord record;
  record.name = "balancer=" + balancer;
  record.settings = {{"balancer", std::move(balancer)}};
  record.runs = std::move(runs);
  return record;
}

inline ComparisonRecord comparison(std::vector<VariantRecord> variants) {
  ComparisonRecord record;
  record.version = "0.1.0";
  record.commit = "0123456789abcdef";
  record.world = "sim";
  record.seed = 7;
  record.scenario.name = "quickstart";
  record.scenario.file = "scenarios/quickstart.yaml";
  record.scenario.digest = "00000000deadbeef";
  record.scenario.question = "Which balancer keeps checkout fast while one instance is slow?";
  record.scenario.text = "name: quickstart\n";
  record.scenario.duration = 10s;
  record.scenario.warmup = 2s;
  record.scenario.clients = {{.name = "shoppers", .client = true, .detail = "poisson 1500/s"}};
  record.scenario.services = {{.name = "orders",
                               .instances = 2,
                               .concurrency = 8,
                               .discipline = "fifo",
                               .queue_limit = 200,
                               .service_time = "exponential(mean=4ms)",
                               .weights = {1, 1}}};
  record.scenario.edges = {{.from = "shoppers", .to = "orders"}};
  record.variants = std::move(variants);
  record.limitations = {"connections are not modelled"};
  record.peak_rss_mib = 42;
  return record;
}

// A variant whose every request takes as long as its replication's entry says.
inline VariantRecord constant_variant(std::string balancer, const std::vector<double>& ms,
                                      std::size_t requests = 100) {
  std::vector<RunRecord> runs;
  for (const double each : ms) runs.push_back(run_with(std::vector<double>(requests, each)));
  return variant(std::move(balancer), std::move(runs));
}

// The same run, measured live: of each hundred sends `late` came 5 ms after their plan and the
// others 20 µs; counted from the send, answers took `service_share` of their latency. The machine
// hiccupped for 12 ms once, and the generator used a quarter of its core.
inline RunRecord live(RunRecord run, std::uint64_t late = 0, double service_share = 0.9) {
  LiveRecord& live = run.live.emplace();
  live.sends = run.offered;
  const std::uint64_t delayed = run.offered * late / 100;
  live.timely = run.offered - delayed;
  live.send_delay_ns.record(20'000, live.timely);
  live.send_delay_ns.record(5'000'000, delayed);
  for (const Histogram::Bucket& bucket : run.clients[0].latency_ns.buckets())
    live.service_time_ns.record(
        static_cast<std::uint64_t>(service_share * static_cast<double>(bucket.highest)),
        bucket.count);
  live.hiccup_ns.record(50'000, 9'980);
  live.hiccup_ns.record(12'000'000, 20);
  live.generator_cpu_seconds = 2.5;
  live.generator_wall_seconds = 10;
  return run;
}

// The variant with every replication measured live.
inline VariantRecord live(VariantRecord record, std::uint64_t late = 0) {
  for (RunRecord& run : record.runs) run = live(std::move(run), late);
  return record;
}

}  // namespace steelyard::testing
