#include "app/theory_report.h"

#include <algorithm>
#include <utility>

#include "models/capacity.h"
#include "reports/json_text.h"

namespace steelyard::app {
namespace {

Json range_json(const Range& seconds) {
  if (seconds.low == seconds.high) return number(seconds.low * 1e3);
  return Json::array({number(seconds.low * 1e3), number(seconds.high * 1e3)});
}

Json latency_json(const ClosedForm& form) {
  Json latency = Json::object();
  latency["mean"] = range_json(form.mean);
  const std::pair<const char*, const Range*> quantiles[] = {
      {"p50", &form.p50}, {"p90", &form.p90}, {"p99", &form.p99}};
  for (const auto& [name, range] : quantiles)
    if (range->known()) latency[name] = range_json(*range);
  return latency;
}

Json at_once_json(const ServiceTimes& times) {
  Json all = Json::array();
  for (const SlowestCall& slowest : times.at_once)
    all.push_back({{"calls", slowest.calls},
                   {"mean_ms", range_json(slowest.mean)},
                   {"p99_ms", range_json(slowest.p99)}});
  return all;
}

Json optional_json(const std::optional<std::int64_t>& count) {
  return count ? Json(*count) : Json(nullptr);
}

const std::string& name_of(const TheoryReport& report, std::size_t service) {
  return report.traffic.services[service].spec->name;
}

Json service_json(const TheoryReport& report, std::size_t i) {
  const ServiceTraffic& service = report.traffic.services[i];
  const ServiceTimes& times = report.times.services[i];
  Json visits = Json::object();
  Json lost = Json::object();
  for (std::size_t client = 0; client < report.traffic.clients.size(); ++client) {
    const ClientTraffic& of = report.traffic.clients[client];
    visits[of.spec->name] = number(of.visits[i]);
    lost[of.spec->name] = number(report.dependencies.losses[i].of_clients[client]);
  }
  Json json{{"name", service.spec->name},
            {"instances", service.instances()},
            {"concurrency", service.spec->concurrency},
            {"visits", std::move(visits)},
            {"rate_rps", number(times.rate)},
            {"rate_is_at_least", times.at_least},
            {"busy_places", number(times.busy)},
            {"utilisation", number(times.utilisation)},
            {"model", times.own.model},
            {"model_tolerance", number(times.own.tolerance)},
            {"latency_ms", latency_json(times.own)},
            {"error_ratio", number(times.own.block_probability)},
            {"latency_with_calls_ms", range_json(times.with_calls)},
            {"calls_at_once", at_once_json(times)},
            {"lost_with_it", std::move(lost)}};
  const ServicePlan& plan = report.capacity.services[i];
  const bool never = plan.keep_up == queueing::kNeverEnough;
  json["instances_to_keep_up"] = never ? Json(nullptr) : Json(plan.keep_up);
  if (report.options.p99_seconds) {
    json["instances_for_p99_at_best"] = optional_json(plan.at_best);
    json["instances_for_p99_at_random"] = optional_json(plan.at_random);
  }
  if (report.availability) {
    const AvailabilityPlan::Service& planned = report.availability->services[i];
    json["instances_needed"] = planned.needed;
    json["availability"] = planned.availability ? number(planned.availability->available) : Json(0);
  }
  return json;
}

Json client_json(const TheoryReport& report, std::size_t i) {
  const ClientTimes& times = report.times.clients[i];
  Json path = Json::array();
  for (const graph::CriticalPath::Step& step : times.path.steps)
    path.push_back({{"service", name_of(report, step.service)},
                    {"visits", number(step.visits)},
                    {"time_ms", number(step.time * 1e3)}});
  Json json{{"name", report.traffic.clients[i].spec->name},
            {"rate_rps", times.rate > 0 ? number(times.rate) : Json(nullptr)},
            {"latency_mean_ms", range_json(times.mean)},
            {"at_least", times.at_least},
            {"critical_path", std::move(path)}};
  if (report.availability) {
    const graph::FailureChance& failing = report.availability->of_clients[i];
    json["availability"] = number(1 - failing.high);
    json["availability_is_at_least"] = failing.low < failing.high;
  }
  return json;
}

Json ways_json(const TheoryReport& report) {
  Json ways = Json::array();
  for (const WayToStore& way : report.dependencies.ways) {
    Json passes = Json::array();
    for (const std::size_t service : way.passes) passes.push_back(name_of(report, service));
    Json cut = Json::array();
    for (const std::size_t service : way.instances.nodes) cut.push_back(name_of(report, service));
    ways.push_back({{"client", report.traffic.clients[way.client].spec->name},
                    {"store", name_of(report, way.store)},
                    {"passes", std::move(passes)},
                    {"cut", {{"instances", way.instances.cost}, {"of", std::move(cut)}}}});
  }
  return ways;
}

}  // namespace

TheoryReport theory_report(const Scenario& scenario, const TheoryOptions& options) {
  TheoryReport report;
  report.options = options;
  report.traffic = at_peak(traffic_of(scenario));
  report.times = response_times(scenario, report.traffic);
  report.dependencies = dependencies_of(report.traffic);
  report.capacity = capacity_plan(report.traffic, report.times, options.p99_seconds);
  if (options.failures)
    report.availability = availability_plan(report.traffic, report.capacity, *options.failures);
  return report;
}

Json theory_json(const TheoryReport& report) {
  Json services = Json::array();
  for (std::size_t i = 0; i < report.traffic.services.size(); ++i)
    services.push_back(service_json(report, i));
  Json clients = Json::array();
  for (std::size_t i = 0; i < report.traffic.clients.size(); ++i)
    clients.push_back(client_json(report, i));
  Json links = Json::array();
  for (const auto& [from, to] : report.dependencies.only_links)
    if (from) links.push_back(Json::array({name_of(report, *from), name_of(report, to)}));
  Json bottleneck = nullptr;
  const bool known = std::none_of(report.times.services.begin(), report.times.services.end(),
                                  [](const ServiceTimes& times) { return times.at_least; });
  if (report.capacity.bottleneck && known)
    bottleneck = {{"service", name_of(report, *report.capacity.bottleneck)},
                  {"growth", number(report.capacity.growth)}};
  return {{"exact", report.times.left_out.empty()},
          {"not_covered", report.times.left_out},
          {"clients", std::move(clients)},
          {"services", std::move(services)},
          {"stores", ways_json(report)},
          {"only_links", std::move(links)},
          {"bottleneck", std::move(bottleneck)}};
}

}  // namespace steelyard::app
