#include "app/traffic.h"

#include <algorithm>
#include <limits>
#include <set>

#include "core/make.h"
#include "models/arrivals.h"
#include "models/distribution.h"

namespace steelyard::app {
namespace {

// The highest rate of the schedule that the arrivals follow, if they do; looked at a thousand times
// in the run.
std::optional<double> peak_of(const Named& arrivals, Duration run) {
  const StrategyInfo* info = Catalogue::find("arrivals", arrivals.name);
  const auto follows = [](const Parameter& parameter) {
    return parameter.name == "rate" && parameter.kind == "schedule";
  };
  if (info == nullptr || std::none_of(info->parameters.begin(), info->parameters.end(), follows) ||
      !arrivals.settings.has("rate"))
    return std::nullopt;
  const auto schedule = make_checked<RateSchedule>(arrivals.settings.strategy("rate"));
  double peak = 0;
  for (int i = 0; i <= 1000; ++i)
    peak = std::max(peak, schedule->rate_at(to_seconds(run) * i / 1000));
  return peak;
}

ClientTraffic traffic_of(const ClientSpec& client, Duration run) {
  ClientTraffic traffic{.spec = &client};
  if (!client.arrivals) return traffic;
  const double rate = make_checked<Arrivals>(*client.arrivals)->constant_rate();
  if (rate < 0) {
    traffic.peak = peak_of(*client.arrivals, run);
    return traffic;
  }
  traffic.rate = rate;
  traffic.poisson = client.arrivals->name == "poisson";
  return traffic;
}

ServiceTraffic traffic_of(const ServiceSpec& service) {
  ServiceTraffic traffic{.spec = &service};
  traffic.distribution = make_checked<Distribution>(service.service_time);
  const InstanceSpec& first = service.instances.front();
  double speed = 0;
  for (const InstanceSpec& instance : service.instances) {
    speed += instance.speed;
    traffic.alike &= instance.speed == first.speed && instance.weight == first.weight;
  }
  speed /= static_cast<double>(service.instances.size());
  traffic.speed = speed;
  traffic.mean_service = traffic.distribution->mean_seconds() / speed;
  traffic.variance = traffic.distribution->variance_seconds2() / (speed * speed);
  traffic.exponential = service.service_time.name == "exponential";
  traffic.phases = traffic.distribution->phases();
  if (traffic.phases) traffic.phases->rates *= speed;
  return traffic;
}

graph::ServiceCalls calls_of(const Scenario& scenario) {
  graph::ServiceCalls calls;
  for (const ServiceSpec& service : scenario.services) {
    graph::Stages& stages = calls.emplace_back();
    for (const ParallelCalls& together : service.calls) {
      stages.emplace_back();
      for (const CallSpec& call : together)
        stages.back().push_back({call.service, call.probability});
    }
  }
  return calls;
}

// Without cycles the traffic equations need no solving: callers are done before those they call.
std::vector<double> visits_from(std::size_t entrance, const graph::ServiceCalls& calls) {
  std::vector<double> visits(calls.size(), 0);
  visits[entrance] = 1;
  for (const std::size_t caller : graph::callers_first(calls))
    for (const auto& stage : calls[caller])
      for (const graph::ServiceCall& call : stage)
        visits[call.to] += visits[caller] * call.probability;
  return visits;
}

void set_rates(Traffic& traffic) {
  for (std::size_t i = 0; i < traffic.services.size(); ++i) {
    traffic.services[i].rate = 0;
    traffic.services[i].rate_known = true;
    for (const ClientTraffic& client : traffic.clients) {
      traffic.services[i].rate += client.rate.value_or(0) * client.visits[i];
      traffic.services[i].rate_known &= client.rate.has_value() || client.visits[i] == 0;
    }
  }
}

// A view for each worker of each process that calls: of clients, or of the proxy before a service,
// and of the services.
void count_callers(const Scenario& scenario, Traffic& traffic) {
  const auto add = [&](std::size_t callee, std::size_t processes) {
    const std::int64_t workers = scenario.services[callee].strategies.view.workers;
    traffic.services[callee].callers += processes * static_cast<std::size_t>(workers);
  };
  std::set<std::size_t> behind_a_proxy;
  for (const ClientSpec& client : scenario.clients) {
    if (scenario.via == Via::channel)
      add(client.calls, static_cast<std::size_t>(client.instances));
    else if (behind_a_proxy.insert(client.calls).second)
      add(client.calls, 1);
  }
  for (const ServiceSpec& service : scenario.services) {
    std::set<std::size_t> callees;
    for (const ParallelCalls& together : service.calls)
      for (const CallSpec& call : together) callees.insert(call.service);
    for (const std::size_t callee : callees) add(callee, service.instances.size());
  }
}

bool same(const std::vector<Named>& a, const std::vector<Named>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Named& x, const Named& y) {
    return Value{std::make_shared<const Named>(x)} == Value{std::make_shared<const Named>(y)};
  });
}

}  // namespace

double ServiceTraffic::capacity() const {
  if (!(mean_service > 0)) return std::numeric_limits<double>::infinity();
  return static_cast<double>(places()) / mean_service;
}

bool are_twins(const ServiceTraffic& a, const ServiceTraffic& b) {
  const ServiceSpec& one = *a.spec;
  const ServiceSpec& other = *b.spec;
  const ViewSpec& view = one.strategies.view;
  const ViewSpec& others = other.strategies.view;
  return one.calls.empty() && other.calls.empty() && a.rate == b.rate &&
         a.rate_known == b.rate_known && a.mean_service == b.mean_service && a.alike && b.alike &&
         a.callers == b.callers && a.instances() == b.instances() &&
         one.concurrency == other.concurrency && one.discipline == other.discipline &&
         one.queue_limit == other.queue_limit && view.workers == others.workers &&
         view.known == others.known && same({one.service_time}, {other.service_time}) &&
         same({one.strategies.balancer}, {other.strategies.balancer}) &&
         same(one.strategies.layers, other.strategies.layers);
}

bool Traffic::rates_known() const {
  return std::all_of(clients.begin(), clients.end(),
                     [](const ClientTraffic& client) { return client.rate.has_value(); });
}

Traffic traffic_of(const Scenario& scenario) {
  Traffic traffic;
  traffic.calls = calls_of(scenario);
  for (const ClientSpec& client : scenario.clients) {
    traffic.clients.push_back(traffic_of(client, scenario.run.duration));
    traffic.clients.back().visits = visits_from(client.calls, traffic.calls);
  }
  for (const ServiceSpec& service : scenario.services)
    traffic.services.push_back(traffic_of(service));
  set_rates(traffic);
  count_callers(scenario, traffic);
  return traffic;
}

Traffic at_peak(Traffic traffic) {
  for (ClientTraffic& client : traffic.clients)
    if (!client.rate) client.rate = client.peak;
  set_rates(traffic);
  return traffic;
}

}  // namespace steelyard::app
