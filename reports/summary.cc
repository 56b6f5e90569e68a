#include "reports/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "reports/generator.h"
#include "reports/pictures.h"

namespace steelyard {
namespace {

constexpr double kNsPerMs = 1e6;

double ratio(double part, double whole) { return whole > 0 ? part / whole : kNoValue; }
double ratio(std::uint64_t part, std::uint64_t whole) {
  return ratio(static_cast<double>(part), static_cast<double>(whole));
}

// One sample per replication.
std::vector<double> sample(const std::vector<RunRecord>& runs,
                           const std::function<double(const RunRecord&)>& statistic) {
  std::vector<double> samples;
  samples.reserve(runs.size());
  for (const RunRecord& run : runs) samples.push_back(statistic(run));
  return samples;
}

double mean_of_known(const std::vector<double>& samples) {
  const double mean = estimate_mean(samples).value;
  return std::isnan(mean) ? 0 : mean;
}

using LatencyStatistics = std::array<double, metric::kLatencies>;

LatencyStatistics latency_statistics(const Histogram& latency_ns) {
  LatencyStatistics ms{};
  if (latency_ns.count() == 0) {
    ms.fill(kNoValue);
    return ms;
  }
  ms[metric::kMean] = latency_ns.mean() / kNsPerMs;
  ms[metric::kP50] = static_cast<double>(latency_ns.quantile(0.5)) / kNsPerMs;
  ms[metric::kP90] = static_cast<double>(latency_ns.quantile(0.9)) / kNsPerMs;
  ms[metric::kP99] = static_cast<double>(latency_ns.quantile(0.99)) / kNsPerMs;
  ms[metric::kP999] = static_cast<double>(latency_ns.quantile(0.999)) / kNsPerMs;
  ms[metric::kMax] = static_cast<double>(latency_ns.max()) / kNsPerMs;
  return ms;
}

void fill_latency(std::span<Metric> metrics, const std::vector<LatencyStatistics>& replications) {
  for (std::size_t m = 0; m < metric::kLatencies; ++m) {
    std::vector<double> samples;
    for (const LatencyStatistics& ms : replications) samples.push_back(ms[m]);
    const double quantum = latency_quantum(m, mean_of_known(samples));
    metrics[m] = make_metric(std::move(samples), quantum);
  }
}

OutcomeCounts finished(const RunRecord& run) {
  OutcomeCounts sum{};
  for (const ClientRecord& client : run.clients)
    for (std::size_t i = 0; i < kOutcomes; ++i) sum[i] += client.finished[i];
  return sum;
}

double error_ratio(const OutcomeCounts& counts) {
  const std::uint64_t all = total(counts);
  return ratio(all - counts[static_cast<std::size_t>(Outcome::ok)], all);
}

// A ratio moves in steps of one request.
double one_request(const std::vector<RunRecord>& runs) {
  std::uint64_t requests = 0;
  for (const RunRecord& run : runs) requests += total(finished(run));
  return requests == 0 ? 0 : static_cast<double>(runs.size()) / static_cast<double>(requests);
}

const std::vector<std::uint32_t>& weights_of(const ScenarioFacts& scenario, std::size_t service) {
  static const std::vector<std::uint32_t> kEqual;
  return service < scenario.services.size() ? scenario.services[service].weights : kEqual;
}

double largest_imbalance(const RunRecord& run, const ScenarioFacts& scenario) {
  double largest = kNoValue;
  for (std::size_t s = 0; s < run.services.size(); ++s) {
    const double imbalance = load_imbalance(run.services[s], weights_of(scenario, s));
    if (!(largest >= imbalance)) largest = std::isnan(imbalance) ? largest : imbalance;
  }
  return largest;
}

void fill_metrics(VariantSummary& summary, const std::vector<RunRecord>& runs,
                  const ScenarioFacts& scenario) {
  std::vector<LatencyStatistics> latency;
  for (const RunRecord& run : runs) {
    Histogram merged;
    for (const ClientRecord& client : run.clients) merged.merge(client.latency_ns);
    latency.push_back(latency_statistics(merged));
    summary.latency_ns.merge(merged);
  }
  fill_latency(std::span(summary.metrics).first(metric::kLatencies), latency);

  const auto per_second = [](std::uint64_t count, const RunRecord& run) {
    return ratio(static_cast<double>(count), run.measured_seconds);
  };
  const auto set = [&](std::size_t m, double quantum, const auto& statistic) {
    summary.metrics[m] = make_metric(sample(runs, statistic), quantum);
  };
  const double one = one_request(runs);
  const double one_per_second = runs.empty() ? 0 : per_second(1, runs.front());
  set(metric::kThroughput, one_per_second,
      [&](const RunRecord& run) { return per_second(run.answered, run); });
  set(metric::kGoodput, one_per_second,
      [&](const RunRecord& run) { return per_second(run.succeeded, run); });
  set(metric::kErrorRatio, one, [](const RunRecord& run) { return error_ratio(finished(run)); });
  set(metric::kImbalance, one,
      [&](const RunRecord& run) { return largest_imbalance(run, scenario); });
  set(metric::kAttempts, one, [](const RunRecord& run) {
    std::uint64_t attempts = 0;
    for (const ClientRecord& client : run.clients) attempts += client.attempts;
    return ratio(attempts, total(finished(run)));
  });
  set(metric::kConnections, 0, [](const RunRecord& run) {
    return run.connections ? static_cast<double>(*run.connections) : kNoValue;
  });
}

ClientSummary summarise_client(std::size_t index, const std::vector<RunRecord>& runs) {
  ClientSummary summary;
  std::vector<LatencyStatistics> latency;
  std::vector<double> errors;
  std::uint64_t requests = 0;
  for (const RunRecord& run : runs) {
    if (index >= run.clients.size()) continue;
    latency.push_back(latency_statistics(run.clients[index].latency_ns));
    errors.push_back(error_ratio(run.clients[index].finished));
    requests += total(run.clients[index].finished);
  }
  fill_latency(summary.latency, latency);
  const double step =
      requests == 0 ? 0 : static_cast<double>(errors.size()) / static_cast<double>(requests);
  summary.error_ratio = make_metric(std::move(errors), step);
  return summary;
}

struct ServiceTotals {
  std::uint64_t attempts = 0;
  std::uint64_t failed = 0;
  double busy_seconds = 0;
};

ServiceTotals totals_of(const ServiceRecord& service) {
  ServiceTotals totals;
  for (const InstanceRecord& instance : service.instances) {
    totals.attempts += instance.attempts;
    totals.failed += instance.failed;
    totals.busy_seconds += instance.busy_seconds;
  }
  return totals;
}

ServiceSummary summarise_service(std::size_t index, const std::vector<RunRecord>& runs,
                                 const ScenarioFacts& scenario) {
  std::vector<double> busy, rate, failed, imbalance;
  for (const RunRecord& run : runs) {
    if (index >= run.services.size()) continue;
    const ServiceRecord& service = run.services[index];
    const ServiceTotals totals = totals_of(service);
    busy.push_back(ratio(totals.busy_seconds,
                         run.measured_seconds * static_cast<double>(service.instances.size())));
    rate.push_back(ratio(static_cast<double>(totals.attempts), run.measured_seconds));
    failed.push_back(ratio(totals.failed, totals.attempts));
    imbalance.push_back(load_imbalance(service, weights_of(scenario, index)));
  }
  ServiceSummary summary;
  summary.utilisation = make_metric(std::move(busy), 0);
  summary.attempts_per_second = make_metric(std::move(rate), 0);
  summary.failed_ratio = make_metric(std::move(failed), 0);
  summary.load_imbalance = make_metric(std::move(imbalance), 0);
  return summary;
}

void fill_accounts(VariantSummary& summary, const std::vector<RunRecord>& runs) {
  for (const RunRecord& run : runs) {
    summary.offered += run.offered;
    summary.unfinished += run.unfinished;
    for (std::size_t i = 0; i < kOutcomes; ++i) summary.finished[i] += run.finished[i];
    summary.wall_seconds += run.wall_seconds;
    summary.cpu_seconds += run.cpu_seconds;
    summary.events += run.events;
  }
}

}  // namespace

double latency_quantum(std::size_t metric, double latency_ms) {
  const bool exact = metric == metric::kMean || metric == metric::kMax;
  return exact || std::isnan(latency_ms) ? 0 : latency_ms / 256;
}

Metric make_metric(std::vector<double> samples, double quantum) {
  const Estimate estimate = estimate_mean(samples, quantum);
  Metric metric{.samples = std::move(samples),
                .quantum = quantum,
                .value = estimate.value,
                .ci95 = estimate.ci95};
  if (metric.ci95) metric.ci95->low = std::max(metric.ci95->low, 0.0);
  return metric;
}

double load_imbalance(const ServiceRecord& service, const std::vector<std::uint32_t>& weights) {
  double attempts = 0;
  double weight = 0;
  double peak = 0;
  std::size_t weighted = 0;
  for (std::size_t i = 0; i < service.instances.size(); ++i) {
    const double w = i < weights.size() ? weights[i] : 1;
    if (w == 0) continue;  // meant to get nothing
    const auto received = static_cast<double>(service.instances[i].attempts);
    attempts += received;
    weight += w;
    peak = std::max(peak, received / w);
    ++weighted;
  }
  return weighted < 2 ? kNoValue : ratio(peak, attempts / weight);
}

std::vector<LatencyPoint> latency_percentiles(const Histogram& latency_ns) {
  std::vector<LatencyPoint> points;
  if (latency_ns.count() == 0) return points;
  const auto add = [&](double percentile) {
    const auto ns = static_cast<double>(latency_ns.quantile(percentile / 100));
    points.push_back({percentile, ns / kNsPerMs});
  };
  points.push_back({0, static_cast<double>(latency_ns.min()) / kNsPerMs});
  for (int tenth = 10; tenth < 100; tenth += 10) add(tenth);
  constexpr double kBeyond = 5;  // requests, fewer would be noise
  for (double decade = 1; decade < 1e9; decade *= 10)
    for (const double step : {20.0, 50.0, 100.0}) {
      const double tail = step * decade;  // 1/(1-p)
      if (static_cast<double>(latency_ns.count()) / tail >= kBeyond) add(100 - 100 / tail);
    }
  points.push_back({100, static_cast<double>(latency_ns.max()) / kNsPerMs});
  return points;
}

VariantSummary summarise(const VariantRecord& variant, const ScenarioFacts& scenario) {
  VariantSummary summary;
  summary.name = variant.name;
  summary.settings = variant.settings;
  fill_accounts(summary, variant.runs);
  fill_metrics(summary, variant.runs, scenario);
  for (std::size_t c = 0; c < scenario.clients.size(); ++c) {
    summary.clients.push_back(summarise_client(c, variant.runs));
    summary.clients.back().name = scenario.clients[c].name;
  }
  for (std::size_t s = 0; s < scenario.services.size(); ++s) {
    summary.services.push_back(summarise_service(s, variant.runs, scenario));
    summary.services.back().name = scenario.services[s].name;
    summary.instances.push_back(instance_map(s, variant.runs, scenario.services[s].name));
  }
  summary.live = merged_live(variant.runs);
  summary.attachments = variant.attachments;
  summary.percentiles = latency_percentiles(summary.latency_ns);
  summary.series = time_series(variant.runs);
  summary.saturated = did_not_keep_up(variant.runs, scenario.warmup);
  return summary;
}

}  // namespace steelyard
