#include "app/closed_forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/instance_kinds.h"
#include "models/dispatching.h"
#include "models/general_service.h"
#include "models/queueing.h"
#include "models/shortest_queue.h"
#include "models/tail_quantile.h"

namespace steelyard::app {
namespace {

using queueing::MMc;
using Forms = std::vector<ClosedForm>;

double rate_of_one(const ServiceTraffic& service) {
  return service.rate / static_cast<double>(service.instances());
}

std::string numbered(const char* model, std::int64_t servers) {
  return fmt::format("{}/{}", model, servers);
}

// Percentiles are known of queues that are served in order.
bool in_order(const ServiceTraffic& service) {
  return service.spec->discipline == Discipline::fifo;
}
bool shares(const ServiceTraffic& service) {
  return service.spec->discipline == Discipline::processor_sharing;
}

template <class Quantile>
void set_quantiles(ClosedForm& form, Quantile quantile) {
  form.p50 = quantile(0.50);
  form.p90 = quantile(0.90);
  form.p99 = quantile(0.99);
}

ClosedForm mmc_form(const MMc& queue) {
  ClosedForm form{.model = numbered("M/M", queue.servers), .mean = queue.mean_response()};
  set_quantiles(form, [&](double q) { return queue.response_quantile(q); });
  return form;
}

// A model that may be further off than this says nothing.
constexpr double kToleranceMax = 0.25;

void add_if_near(ClosedForm form, Forms& forms) {
  if (form.tolerance <= kToleranceMax) forms.push_back(std::move(form));
}

// Exact for one server. Where the variance is infinite, so is the mean wait for a single server;
// several may be spared it.
ClosedForm mgc_form(const ServiceTraffic& service, double rate, std::int64_t servers,
                    Detail detail) {
  const queueing::MGc queue{rate / service.speed, service.distribution.get(), servers};
  ClosedForm form{.model = numbered("M/G", servers),
                  .mean = service.mean_service + queueing::mgc_mean_wait(rate, service.mean_service,
                                                                         service.variance, servers),
                  .tolerance = 0.01 + queue.tolerance()};
  if (servers > 1 && !std::isfinite(service.variance)) form.mean.low = service.mean_service;
  if (detail == Detail::means || !in_order(service) || !(form.tolerance <= kToleranceMax))
    return form;
  set_quantiles(form, [&](double q) -> Range {
    const auto [low, high] = queue.response_quantile(q);
    if (servers == 1) return (low + high) / 2 / service.speed;
    // Where service times jump, an approximation does not know which side it is.
    if (high > 1.5 * low) return {};
    return {low / service.speed, high / service.speed};
  });
  return form;
}

// Sharing does not mind the distribution.
ClosedForm waiting_form(const ServiceTraffic& service, double rate, std::int64_t servers,
                        Detail detail) {
  const MMc queue{rate, service.mean_service, servers};
  if (shares(service))
    return {.model = numbered("M/G", servers) + "-PS", .mean = queue.mean_response()};
  if (!service.exponential) return mgc_form(service, rate, servers, detail);
  if (in_order(service)) return mmc_form(queue);
  return {.model = numbered("M/M", servers), .mean = queue.mean_response()};
}

void add_limited(const ServiceTraffic& service, Forms& forms) {
  const std::int64_t servers = service.spec->concurrency;
  const std::int64_t capacity = servers + *service.spec->queue_limit;
  const queueing::MMcK queue =
      queueing::mmck(rate_of_one(service), service.mean_service, servers, capacity);
  forms.push_back({.model = fmt::format("M/M/{}/{}", servers, capacity),
                   .mean = queue.mean_response,
                   .block_probability = queue.block_probability});
}

// Each instance is a queue by itself. The order of service changes the spread of the waits, not
// their mean. Where processors are shared nobody waits, and the number present is that of M/M/c
// whatever the distribution, as long as all get the same share. [Kelly: Reversibility and
// Stochastic Networks, 1979, chapter 3: symmetric queues]
void add_single_queues(const ServiceTraffic& service, Forms& forms, Detail detail) {
  const double rate = rate_of_one(service);
  const std::int64_t servers = service.spec->concurrency;
  if (service.spec->queue_limit) {
    if (service.exponential && !shares(service)) add_limited(service, forms);
  } else if (servers == 1 && service.phases && !service.exponential && in_order(service)) {
    const queueing::PhaseType response = queueing::m_ph_1_response(rate, *service.phases);
    forms.push_back({.model = "M/PH/1", .mean = response.mean()});
    set_quantiles(forms.back(), [&](double q) { return response.quantile(q); });
  } else {
    add_if_near(waiting_form(service, rate, servers, detail), forms);
  }
}

// A request meets one of the kinds, each of which has its form; those that are served make the
// mean.
ClosedForm form_of_any(const std::vector<InstanceKind>& kinds, const Forms& forms) {
  if (kinds.size() == 1) return forms.front();
  ClosedForm any{.model = forms.front().model + " of each kind", .mean = 0, .tolerance = 0};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const ClosedForm& own = forms[i];
    const double served = kinds[i].share * (1 - own.block_probability);
    any.mean.low += served * own.mean.low;
    any.mean.high += served * own.mean.high;
    any.block_probability += kinds[i].share * own.block_probability;
    any.tolerance = std::max(any.tolerance, own.tolerance);
  }
  any.mean.low /= 1 - any.block_probability;
  any.mean.high /= 1 - any.block_probability;
  return any;
}

void set_quantiles_of_any(const std::vector<InstanceKind>& kinds, ClosedForm& form) {
  const auto tail = [&](double t) {
    double later = 0;
    for (const auto& [share, service] : kinds)
      later +=
          share *
          MMc{rate_of_one(service), service.mean_service, service.spec->concurrency}.response_tail(
              t);
    return later;
  };
  set_quantiles(form, [&](double q) {
    return queueing::tail_quantile(tail, 1 - q, kinds.front().service.mean_service);
  });
}

// Requests are split at random.
void add_split(const ServiceTraffic& service, Forms& forms, Detail detail) {
  const std::vector<InstanceKind> kinds = kinds_of(service);
  if (kinds.size() == 1) return add_single_queues(kinds.front().service, forms, detail);
  Forms of_kinds;
  for (const InstanceKind& kind : kinds) add_single_queues(kind.service, of_kinds, Detail::means);
  if (of_kinds.size() < kinds.size()) return;
  ClosedForm form = form_of_any(kinds, of_kinds);
  if (service.exponential && in_order(service) && !service.spec->queue_limit)
    set_quantiles_of_any(kinds, form);
  forms.push_back(std::move(form));
}

void add_shortest_queue(const ServiceTraffic& service, Forms& forms) {
  const queueing::Bounds bounds =
      queueing::shortest_queue_mean_response(service.utilisation(), service.instances());
  forms.push_back(
      {.model = "shortest queue, bounds",
       .mean = {bounds.low * service.mean_service, bounds.high * service.mean_service}});
}

// The supermarket model is the limit of many servers, corrected for n of them: for the mean alone,
// so the percentiles are the limit's. Who draws all servers, each once, joins the shortest queue.
void add_supermarket(const ServiceTraffic& service, Forms& forms) {
  using queueing::Draws;
  const double load = service.utilisation();
  const std::int64_t n = service.instances();
  const Settings& settings = service.spec->strategies.balancer.settings;
  const std::int64_t choices = settings.integer("choices");
  const Draws draws = settings.flag("replacement") ? Draws::with_replacement : Draws::distinct;
  if (draws == Draws::distinct && choices >= n) return add_shortest_queue(service, forms);
  const double mean = queueing::supermarket_mean_response(load, choices);
  const double correction = queueing::supermarket_correction(load, choices, n, draws);
  const double share = correction / mean;
  // What the correction leaves is of its square's order, and of that of the square of the share of
  // servers drawn, where it is next to nothing itself (docs/THEORY.md).
  const double drawn = static_cast<double>(choices - 1) / static_cast<double>(n);
  const double rest = 0.01 + 0.3 * drawn * drawn;
  add_if_near({.model = fmt::format("supermarket, n = {}", n),
               .mean = (mean + correction) * service.mean_service,
               .tolerance = rest + 2 * share * share},
              forms);
  ClosedForm limit{.model = "supermarket, n → ∞",
                   .mean = mean * service.mean_service,
                   .tolerance = rest + 1.5 * share};
  set_quantiles(limit, [&](double q) {
    return queueing::supermarket_response_quantile(load, choices, q) * service.mean_service;
  });
  add_if_near(std::move(limit), forms);
}

void add_round_robin(const ServiceTraffic& service, Forms& forms) {
  const double load = service.utilisation();
  ClosedForm form{.model = fmt::format("E{}/M/1", service.instances()),
                  .mean = queueing::round_robin_mean_response(load, service.instances()) *
                          service.mean_service};
  set_quantiles(form, [&](double q) {
    return queueing::round_robin_response_quantile(load, service.instances(), q) *
           service.mean_service;
  });
  forms.push_back(std::move(form));
}

// A limit, which means less the fewer servers are idle, most of all with one dispatcher
// (docs/THEORY.md).
void add_idle_queue(const ServiceTraffic& service, Forms& forms) {
  const double load = service.utilisation();
  const auto servers = static_cast<double>(service.instances());
  const auto dispatchers = static_cast<double>(service.callers);
  add_if_near({.model = "join idle queue, n → ∞",
               .mean = queueing::idle_queue_mean_response(load, servers / dispatchers) *
                       service.mean_service,
               .tolerance = 0.1 + 0.45 / (servers * (1 - load) * std::sqrt(dispatchers))},
              forms);
}

// Every view is of all instances, and the balancer alone decides.
bool decides_among_all(const ServiceTraffic& service) {
  const StrategiesSpec& strategies = service.spec->strategies;
  return strategies.layers.empty() && strategies.view.known == 1;
}

// Whether a balancer that has variants is the one of the textbooks: loads are those of its own
// requests.
bool is_textbook(const Named& balancer) {
  if (balancer.name == "p2c")
    return !balancer.settings.flag("memory") && balancer.settings.text("load") == "own";
  if (balancer.name == "least_request") return balancer.settings.text("load") == "own";
  if (balancer.name == "join_idle_queue") return balancer.settings.text("otherwise") == "random";
  return balancer.name == "round_robin";
}

// Servers with one place each and balancers that look, or take turns.
void add_dispatched(const ServiceTraffic& service, Forms& forms) {
  const Named& balancer = service.spec->strategies.balancer;
  if (!service.exponential || service.spec->concurrency != 1 || service.spec->queue_limit ||
      service.spec->discipline != Discipline::fifo || !decides_among_all(service) ||
      !is_textbook(balancer))
    return;
  if (balancer.name == "join_idle_queue") return add_idle_queue(service, forms);
  if (service.callers != 1) return;  // nobody sees all there is, nor takes turns with others
  if (balancer.name == "p2c") add_supermarket(service, forms);
  if (balancer.name == "round_robin") add_round_robin(service, forms);
  if (balancer.name == "least_request") add_shortest_queue(service, forms);
}

// At best nobody is refused but what all places together cannot do; at worst instances are chosen
// without looking.
ClosedForm limited_estimate(const ServiceTraffic& service) {
  const std::vector<InstanceKind> kinds = kinds_of(service);
  Forms limited;
  for (const InstanceKind& kind : kinds) add_limited(kind.service, limited);
  ClosedForm form = form_of_any(kinds, limited);
  if (splits_at_random(service)) return form;
  const MMc best{service.rate, service.mean_service, service.places()};
  form.model = fmt::format("{} to {}", numbered("M/M", best.servers), form.model);
  form.mean.low =
      std::min(form.mean.low, best.utilisation() < 1 ? best.mean_response() : service.mean_service);
  form.block_probability = std::max(0.0, 1 - 1 / best.utilisation());
  return form;
}

// As if balancers did not look.
ClosedForm split_estimate(const ServiceTraffic& service, Detail detail) {
  if (busiest_of(service).utilisation() >= 1) return overloaded_form(service);
  const std::vector<InstanceKind> kinds = kinds_of(service);
  if (kinds.size() > 1) detail = Detail::means;
  Forms forms;
  for (const auto& [share, kind] : kinds)
    forms.push_back(waiting_form(kind, rate_of_one(kind), kind.spec->concurrency, detail));
  return form_of_any(kinds, forms);
}

}  // namespace

bool is_overloaded(const ServiceTraffic& service) {
  if (service.spec->queue_limit && std::isfinite(service.mean_service)) return false;
  return (splits_at_random(service) ? busiest_of(service) : service).utilisation() >= 1;
}

ClosedForm overloaded_form(const ServiceTraffic& service) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return {.model = service.utilisation() >= 1 ? "overloaded" : "overloaded in part",
          .mean = kInfinity,
          .p50 = kInfinity,
          .p90 = kInfinity,
          .p99 = kInfinity};
}

std::optional<queueing::MMc> queue_of_each(const ServiceTraffic& service) {
  if (!service.alike || !service.exponential || !service.rate_known || service.utilisation() >= 1 ||
      service.spec->queue_limit || service.spec->discipline != Discipline::fifo ||
      !splits_at_random(service))
    return std::nullopt;
  return MMc{rate_of_one(service), service.mean_service, service.spec->concurrency};
}

bool splits_at_random(const ServiceTraffic& service) {
  // A layer may turn away even from the only instance.
  if (!service.spec->strategies.layers.empty()) return false;
  if (service.instances() == 1) return true;
  const Named& balancer = service.spec->strategies.balancer;
  const bool random = balancer.name == "random" || balancer.name == "weighted_random" ||
                      (balancer.name == "p2c" && balancer.settings.integer("choices") == 1 &&
                       is_textbook(balancer));
  return random && decides_among_all(service);
}

Forms closed_forms(const ServiceTraffic& service, Detail detail) {
  Forms forms;
  if (!(service.rate > 0) || !(service.mean_service > 0) || is_overloaded(service)) return forms;
  if (splits_at_random(service))
    add_split(service, forms, detail);
  else if (service.alike)
    add_dispatched(service, forms);
  return forms;
}

ClosedForm between_best_and_random(const ServiceTraffic& service, Detail detail) {
  if (service.spec->queue_limit) return limited_estimate(service);
  ClosedForm random = split_estimate(service, detail);
  if (splits_at_random(service)) return random;
  const ClosedForm best = waiting_form(service, service.rate, service.places(), detail);
  const auto between = [](const Range& least, const Range& most) {
    return least.known() && most.known() ? Range(least.low, most.high) : Range();
  };
  const bool ends = std::isfinite(random.mean.high) || !std::isfinite(service.variance);
  return {.model = fmt::format("{} to {}", best.model, ends ? random.model : "overload"),
          .mean = between(best.mean, random.mean),
          .p50 = between(best.p50, random.p50),
          .p90 = between(best.p90, random.p90),
          .p99 = between(best.p99, random.p99),
          .tolerance = std::max(best.tolerance, random.tolerance)};
}

}  // namespace steelyard::app
