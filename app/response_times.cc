#include "app/response_times.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

#include "app/assumptions.h"
#include "app/networks.h"
#include "models/fan_out.h"

namespace steelyard::app {
namespace {

Range plus(const Range& a, const Range& b) { return {a.low + b.low, a.high + b.high}; }
Range times(double factor, const Range& a) { return {factor * a.low, factor * a.high}; }

Range slowest_mean(const std::vector<graph::ServiceCall>& stage,
                   const std::vector<ServiceTimes>& services) {
  Range slowest(0);
  for (const graph::ServiceCall& call : stage) {
    const Range answer = times(call.probability, services[call.to].with_calls);
    if (!answer.known()) return Range();
    slowest = {std::max(slowest.low, answer.low), std::max(slowest.high, answer.high)};
  }
  return slowest;
}

// Answers to calls made at once are at least as slow as service alone, and at most as if they were
// independent. Nothing where one of them has no known distribution.
std::optional<SlowestCall> slowest_call(const Traffic& traffic,
                                        const std::vector<graph::ServiceCall>& stage) {
  std::vector<queueing::CallAtOnce> waiting;
  std::vector<queueing::CallAtOnce> alone;
  for (const graph::ServiceCall& call : stage) {
    const auto queue = queue_of_each(traffic.services[call.to]);
    if (!queue || !traffic.calls[call.to].empty()) return std::nullopt;
    waiting.push_back({call.probability, *queue});
    alone.push_back({call.probability, {0, queue->mean_service, queue->servers}});
  }
  const auto p99 = [](const auto& calls) { return queueing::slowest_quantile(calls, 0.99); };
  return SlowestCall{.calls = stage.size(),
                     .mean = {queueing::slowest_mean(alone), queueing::slowest_mean(waiting)},
                     .p99 = {p99(alone), p99(waiting)}};
}

// Until all of a request's calls are answered, on average, as far as is known.
Range mean_of_calls(const Traffic& traffic, const graph::Stages& stages,
                    const std::vector<ServiceTimes>& services, ServiceTimes& caller) {
  Range sum(0);
  for (const auto& stage : stages) {
    Range slowest = slowest_mean(stage, services);
    if (stage.size() > 1) {
      if (const auto call = slowest_call(traffic, stage)) {
        slowest = {std::max(slowest.low, call->mean.low), std::max(slowest.high, call->mean.high)};
        caller.at_once.push_back(*call);
      } else {
        caller.calls_at_least = true;
      }
    }
    sum = plus(sum, slowest);
  }
  return sum;
}

ClosedForm form_of(const ServiceTraffic& service, Detail detail) {
  if (!(service.mean_service > 0))
    return {.model = "takes no time", .mean = 0, .p50 = 0, .p90 = 0, .p99 = 0};
  if (!service.rate_known) return {.model = "a rate that is not known"};
  if (!(service.rate > 0)) return {.model = "nothing known to arrive"};
  if (is_overloaded(service)) return overloaded_form(service);
  std::vector<ClosedForm> forms = closed_forms(service, detail);
  return forms.empty() ? between_best_and_random(service, detail) : std::move(forms.front());
}

// The same as that of a twin of which it is known: percentiles take some milliseconds.
ClosedForm form_of(const Traffic& traffic, std::size_t index,
                   const std::vector<ServiceTimes>& known, Detail detail) {
  for (std::size_t i = 0; i < known.size(); ++i)
    if (!known[i].own.model.empty() && are_twins(traffic.services[i], traffic.services[index]))
      return known[i].own;
  return form_of(traffic.services[index], detail);
}

// A place that is kept during calls is taken for longer: the queue is that of a service of this
// length, of which the request itself needs only its own part.
ClosedForm form_of_kept(const ServiceTraffic& service, double held) {
  ServiceTraffic longer = service;
  longer.mean_service = held;
  longer.exponential = true;
  longer.phases.reset();
  ClosedForm form = form_of(longer, Detail::means);
  const double rest = held - service.mean_service;
  if (std::isfinite(held)) form.mean = {form.mean.low - rest, form.mean.high - rest};
  form.p50 = form.p90 = form.p99 = Range();
  return form;
}

ServiceTimes times_of(const Traffic& traffic, std::size_t index,
                      const std::vector<ServiceTimes>& services, Detail detail) {
  const ServiceTraffic& service = traffic.services[index];
  const graph::Stages& stages = traffic.calls[index];
  ServiceTimes times{
      .rate = service.rate, .at_least = !service.rate_known, .held = service.mean_service};
  const Range calls = mean_of_calls(traffic, stages, services, times);
  const bool kept = !stages.empty() && service.spec->holds_slot_during_calls && calls.known();
  if (kept) times.held += (calls.low + calls.high) / 2;
  times.own = kept ? form_of_kept(service, times.held) : form_of(traffic, index, services, detail);
  times.busy = service.rate * (1 - times.own.block_probability) * times.held;
  times.utilisation = times.busy / static_cast<double>(service.places());
  times.with_calls = plus(times.own.mean, calls);
  return times;
}

// Until the answer, given the services' own times.
void set_clients(const Traffic& traffic, ResponseTimes& times) {
  std::vector<double> own;
  for (const ServiceTimes& service : times.services)
    own.push_back(service.own.mean.known() ? (service.own.mean.low + service.own.mean.high) / 2
                                           : 0);
  for (const ClientTraffic& client : traffic.clients) {
    ClientTimes& of = times.clients.emplace_back();
    of.rate = client.rate.value_or(0);
    of.mean = times.services[client.spec->calls].with_calls;
    of.path = graph::critical_path(traffic.calls, own, client.spec->calls);
    for (std::size_t i = 0; i < traffic.services.size(); ++i)
      of.at_least |= client.visits[i] > 0 && times.services[i].calls_at_least;
  }
}

std::vector<ServiceTimes> times_of_services(const Traffic& traffic,
                                            const std::vector<std::size_t>& callers_first,
                                            Detail detail) {
  std::vector<ServiceTimes> services(traffic.services.size());
  for (auto at = callers_first.rbegin(); at != callers_first.rend(); ++at)
    services[*at] = times_of(traffic, *at, services, detail);
  return services;
}

// What arrives where if those that are refused call nobody, and those of whose calls one fails make
// no further ones: as much as `services` refuse.
std::vector<double> rates_let_through(const Traffic& traffic,
                                      const std::vector<std::size_t>& callers_first,
                                      const std::vector<ServiceTimes>& services) {
  const auto answered_by_all = [](const std::vector<graph::ServiceCall>& stage,
                                  const std::vector<double>& answered) {
    double share = 1;
    for (const graph::ServiceCall& call : stage)
      share *= 1 - call.probability * (1 - answered[call.to]);
    return share;
  };
  std::vector<double> answered(services.size());  // share of the requests to it
  for (auto at = callers_first.rbegin(); at != callers_first.rend(); ++at) {
    answered[*at] = 1 - services[*at].own.block_probability;
    for (const auto& stage : traffic.calls[*at]) answered[*at] *= answered_by_all(stage, answered);
  }
  std::vector<double> rates(services.size(), 0);
  for (const ClientTraffic& client : traffic.clients)
    rates[client.spec->calls] += client.rate.value_or(0);
  for (const std::size_t caller : callers_first) {
    double calling = rates[caller] * (1 - services[caller].own.block_probability);
    for (const auto& stage : traffic.calls[caller]) {
      for (const graph::ServiceCall& call : stage) rates[call.to] += calling * call.probability;
      calling *= answered_by_all(stage, answered);
    }
  }
  return rates;
}

// Who is refused depends on what arrives, and what arrives on who is refused: from no refusals on,
// until nothing moves.
ResponseTimes open_times(Traffic traffic) {
  constexpr int kRoundsMax = 100;
  const std::vector<std::size_t> order = graph::callers_first(traffic.calls);
  ResponseTimes times;
  times.services = times_of_services(traffic, order, Detail::means);
  for (int round = 0; round < kRoundsMax; ++round) {
    const std::vector<double> rates = rates_let_through(traffic, order, times.services);
    bool moved = false;
    for (std::size_t i = 0; i < rates.size(); ++i) {
      moved |= std::abs(rates[i] - traffic.services[i].rate) > 1e-9 * rates[i];
      traffic.services[i].rate = rates[i];
    }
    if (!moved) break;
    times.services = times_of_services(traffic, order, Detail::means);
  }
  times.services = times_of_services(traffic, order, Detail::percentiles);
  set_clients(traffic, times);
  return times;
}

ResponseTimes closed_times(const Traffic& traffic, const queueing::ClosedSolution& solved) {
  ResponseTimes times;
  for (std::size_t i = 0; i < traffic.services.size(); ++i) {
    const ServiceTraffic& service = traffic.services[i];
    times.services.push_back(
        {.rate = solved.throughput * traffic.clients.front().visits[i],
         .held = service.mean_service,
         .busy = solved.stations[i].utilisation * static_cast<double>(service.places()),
         .utilisation = solved.stations[i].utilisation});
    times.services.back().own = {.model = "closed network",
                                 .mean = solved.stations[i].mean_response};
  }
  std::vector<std::size_t> order = graph::callers_first(traffic.calls);
  for (auto at = order.rbegin(); at != order.rend(); ++at)
    times.services[*at].with_calls =
        plus(times.services[*at].own.mean,
             mean_of_calls(traffic, traffic.calls[*at], times.services, times.services[*at]));
  set_clients(traffic, times);
  times.clients.front().rate = solved.throughput;
  return times;
}

std::vector<LeftOut> left_out_of_open(const Scenario& scenario, const Traffic& traffic) {
  const ServiceTraffic& only = traffic.services.front();
  if (traffic.services.size() > 1 || closed_forms(only).empty())
    return left_out_of_jackson(scenario, traffic);
  std::vector<LeftOut> all = left_out_of_arrivals(traffic);
  for (const auto& more : {left_out_between(scenario), left_out_at(only)})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

ResponseTimes response_times(const Scenario& scenario, const Traffic& traffic) {
  if (const auto solved = closed_network_of(traffic)) {
    ResponseTimes times = closed_times(traffic, *solved);
    times.left_out = to_lines(left_out_of_closed_network(scenario, traffic));
    return times;
  }
  ResponseTimes times = open_times(traffic);
  times.left_out = to_lines(left_out_of_open(scenario, traffic));
  return times;
}

}  // namespace steelyard::app
