// Which closed forms apply to a scenario.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/facts.h"
#include "models/arrivals.h"
#include "models/dispatching.h"
#include "models/distribution.h"
#include "models/queueing.h"

namespace steelyard::app {
namespace {

// A scenario simple enough for theory: Poisson arrivals at n like instances of one service.
struct Plain {
  const ServiceSpec* service = nullptr;
  double rate = 0;  // of all arrivals, per second
  std::int64_t instances = 1;
  std::int64_t servers = 1;  // of each instance
  double mean = 0;           // service time, seconds
  double variance = 0;
  bool exponential = false;

  double load() const {
    return rate * mean / static_cast<double>(instances) / static_cast<double>(servers);
  }
};

bool network_takes_time(const NetworkSpec& network) {
  return network.latency_within || network.latency_between || network.loss > 0 ||
         network.bandwidth_within > 0 || network.bandwidth_between > 0;
}

std::optional<Plain> plain(const Scenario& scenario) {
  if (scenario.clients.size() != 1 || scenario.services.size() != 1 || !scenario.faults.empty() ||
      network_takes_time(scenario.network))
    return std::nullopt;
  const ClientSpec& client = scenario.clients.front();
  const ServiceSpec& service = scenario.services.front();
  const InstanceSpec& first = service.instances.front();
  const bool alike = std::all_of(
      service.instances.begin(), service.instances.end(),
      [&](const InstanceSpec& i) { return i.speed == first.speed && i.weight == first.weight; });
  if (!alike || service.queue_limit || service.strategies.resilience.timeout > 0s ||
      !client.arrivals || client.arrivals->name != "poisson")
    return std::nullopt;
  const auto arrivals = Registration<Arrivals>::make(*client.arrivals);
  const auto service_time = Registration<Distribution>::make(service.service_time);
  if (!arrivals || !service_time || arrivals.value()->constant_rate() <= 0) return std::nullopt;
  Plain plain;
  plain.service = &service;
  plain.rate = arrivals.value()->constant_rate();
  plain.instances = static_cast<std::int64_t>(service.instances.size());
  plain.servers = service.concurrency;
  plain.mean = service_time.value()->mean_seconds() / first.speed;
  plain.variance = service_time.value()->variance_seconds2() / (first.speed * first.speed);
  plain.exponential = service.service_time.name == "exponential";
  if (!(plain.load() < 1) || !std::isfinite(plain.variance)) return std::nullopt;
  return plain;
}

// Every instance sees Poisson arrivals of its own: there is only one, or each is drawn at random.
bool splits_into_poisson(const Plain& plain) {
  const std::string& balancer = plain.service->strategies.balancer.name;
  return plain.instances == 1 || balancer == "random" || balancer == "weighted_random";
}

void add_single_queue(const Plain& plain, std::vector<TheoryValue>& values) {
  const double rate = plain.rate / static_cast<double>(plain.instances);
  const auto add = [&](const char* metric, const char* model, double seconds) {
    values.push_back({.metric = metric, .model = model, .value = seconds * 1e3});
  };
  if (plain.service->discipline == Discipline::processor_sharing) {
    if (plain.servers == 1)
      add("latency_ms.mean", "M/G/1-PS", queueing::mg1_ps_mean_response(rate, plain.mean));
    return;
  }
  if (plain.exponential) {
    const queueing::MMc queue{
        .arrival_rate = rate, .mean_service = plain.mean, .servers = plain.servers};
    const char* model = plain.servers == 1 ? "M/M/1" : "M/M/c";
    add("latency_ms.mean", model, queue.mean_response());
    // The order of service changes the spread of the waits, not their mean.
    if (plain.service->discipline != Discipline::fifo) return;
    add("latency_ms.p50", model, queue.response_quantile(0.50));
    add("latency_ms.p90", model, queue.response_quantile(0.90));
    add("latency_ms.p99", model, queue.response_quantile(0.99));
  } else if (plain.servers == 1) {
    add("latency_ms.mean", "M/G/1, Pollaczek-Khinchine",
        queueing::mg1_mean_response(rate, plain.mean, plain.variance));
  }
}

// The supermarket model is the limit of many servers, corrected for n of them. More choices and the
// tail are off by a similar share, so that far the limit itself is not expected to hold.
void add_supermarket(const Plain& plain, std::vector<TheoryValue>& values) {
  const Named& balancer = plain.service->strategies.balancer;
  if (balancer.name != "p2c" || !plain.exponential || plain.servers != 1 ||
      plain.service->discipline != Discipline::fifo)
    return;
  const double load = plain.load();
  const std::int64_t choices = balancer.settings.integer("choices");
  const double mean = queueing::supermarket_mean_response(load, choices);
  const double correction = queueing::supermarket_correction(load, plain.instances);
  const auto add = [&](const char* metric, std::string model, double services, double tolerance) {
    values.push_back({.metric = metric,
                      .model = std::move(model),
                      .value = services * plain.mean * 1e3,
                      .tolerance = tolerance});
  };
  if (choices == 2)
    add("latency_ms.mean", fmt::format("supermarket model, n = {}", plain.instances),
        mean + correction, 0.01);
  const double off_limit = 0.01 + 1.5 * correction / mean;
  const char* limit = "supermarket model, n → ∞";
  add("latency_ms.mean", limit, mean, off_limit);
  add("latency_ms.p50", limit, queueing::supermarket_response_quantile(load, choices, 0.50),
      off_limit);
  add("latency_ms.p99", limit, queueing::supermarket_response_quantile(load, choices, 0.99),
      off_limit);
}

}  // namespace

std::vector<TheoryValue> theory_of(const Scenario& scenario) {
  std::vector<TheoryValue> values;
  const std::optional<Plain> found = plain(scenario);
  if (!found) return values;
  if (splits_into_poisson(*found))
    add_single_queue(*found, values);
  else
    add_supermarket(*found, values);
  return values;
}

}  // namespace steelyard::app
