#include "sim/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "balancers/stack.h"
#include "core/check.h"
#include "core/make.h"
#include "scenarios/draws.h"

namespace steelyard::sim {

World::World(const Scenario& scenario, std::uint64_t replication)
    : scenario_(scenario),
      root_(replication_stream(scenario.run.seed, replication)),
      fault_random_(fault_stream(root_)),
      network_(scenario.network, network_stream(root_)),
      direct_(network_.instant() &&
              std::none_of(scenario.faults.begin(), scenario.faults.end(),
                           [](const FaultSpec& fault) { return is_on_the_wire(fault.kind); })),
      recorder_(scenario.clients.size(), scenario.run.duration, scenario.run.warmup) {
  build_services();
  build_clients();
  build_channels();
  schedule_the_plan();
}

void World::build_services() {
  std::size_t instances = 0;
  for (const ServiceSpec& spec : scenario_.services) instances += spec.instances.size();
  instances_.reserve(instances);
  for (const ServiceSpec& spec : scenario_.services) {
    Service service;
    service.spec = &spec;
    service.service_time = make_checked<Distribution>(spec.service_time);
    service.random = service_time_stream(root_, spec.name);
    service.calls_random = calls_stream(root_, spec.name);
    service.first_instance = static_cast<std::uint32_t>(instances_.size());
    service.instances = static_cast<std::uint32_t>(spec.instances.size());
    service.concurrency = static_cast<std::uint32_t>(spec.concurrency);
    service.queue_limit =
        spec.queue_limit ? static_cast<std::uint64_t>(*spec.queue_limit) : ~std::uint64_t{0};
    service.calls = call_plan(spec);
    for (const std::uint32_t callee : service.calls.callees)
      service.call_channels.push_back(
          service.call_channels.back() +
          static_cast<std::uint32_t>(scenario_.services[callee].strategies.view.workers));
    service.endpoints = endpoints_of(spec);
    for (const InstanceSpec& instance : spec.instances) {
      Instance state;
      state.base_speed = state.speed = instance.speed;
      state.service = static_cast<std::uint32_t>(services_.size());
      state.zone = instance.zone;
      if (spec.discipline == Discipline::processor_sharing) {
        state.shared = static_cast<std::uint32_t>(shared_.size());
        shared_.emplace_back();
      }
      instances_.push_back(state);
    }
    services_.push_back(std::move(service));
  }
}

void World::build_clients() {
  for (const ClientSpec& spec : scenario_.clients) {
    Client client;
    client.spec = &spec;
    client.requests = requests_stream(root_, spec.name);
    if (spec.arrivals) {
      client.arrivals = make_checked<Arrivals>(*spec.arrivals);
      client.arrivals->start(arrivals_stream(root_, spec.name));
    }
    if (spec.closed) {
      if (spec.closed->think_time)
        client.think_time = make_checked<Distribution>(*spec.closed->think_time);
      client.issued_by_user.resize(static_cast<std::size_t>(spec.closed->users));
    }
    if (spec.keys) client.popularity.emplace(spec.keys->count, spec.keys->zipf_exponent);
    clients_.push_back(std::move(client));
  }
}

std::unique_ptr<Balancer> World::make_balancer(const ServiceSpec& service) const {
  return make_balancer_checked({service.strategies.balancer, service.strategies.layers});
}

// The channels that carry clients' requests come first.
void World::build_channels() {
  common_.resize(services_.size());
  for (std::uint32_t i = 0; i < clients_.size(); ++i) add_client_channels(i);
  client_channels_ = static_cast<std::uint32_t>(channels_.size());
  for (std::uint32_t i = 0; i < instances_.size(); ++i) add_instance_channels(i);
}

void World::add_client_channels(std::uint32_t index) {
  Client& client = clients_[index];
  const ClientSpec& spec = *client.spec;
  const auto service = static_cast<std::uint32_t>(spec.calls);
  const auto workers =
      static_cast<std::uint32_t>(scenario_.services[service].strategies.view.workers);
  client.draw_base = client_draw_base(spec.name);
  ChannelSide side{
      .owner = index, .service = service, .draw_base = client.draw_base, .zone = spec.zone};
  if (scenario_.via == Via::steelyard) {
    side.caller = CallerKind::proxy;
    client.first_channel = proxy_of(service);
    client.views = workers;
    if (client.first_channel == channels_.size())
      add_channels(side, "via:steelyard", {.zone = spec.zone});
    return;
  }
  side.caller = CallerKind::client;
  client.first_channel = static_cast<std::uint32_t>(channels_.size());
  client.views = workers * static_cast<std::uint32_t>(spec.instances);
  for (std::size_t process = 0; process < static_cast<std::size_t>(spec.instances); ++process)
    add_channels(side, client_process_name(spec, process),
                 caller_of_client(scenario_, index, process));
}

void World::add_instance_channels(std::uint32_t index) {
  Instance& instance = instances_[index];
  const Service& service = services_[instance.service];
  const std::uint32_t number = index - service.first_instance;
  instance.first_channel = static_cast<std::uint32_t>(channels_.size());
  if (service.calls.callees.empty()) return;
  const steelyard::Caller caller = caller_of_instance(scenario_, instance.service, number);
  for (const std::uint32_t callee : service.calls.callees)
    add_channels(
        {.caller = CallerKind::instance, .owner = index, .service = callee, .zone = instance.zone},
        (*service.endpoints)[number].name, caller);
}

// One for each worker of the process.
void World::add_channels(const ChannelSide& side, const std::string& process,
                         const steelyard::Caller& caller) {
  const std::int64_t workers = scenario_.services[side.service].strategies.view.workers;
  for (std::size_t worker = 0; worker < static_cast<std::size_t>(workers); ++worker)
    add_channel(side, view_name(process, worker, workers), caller);
}

void World::add_channel(const ChannelSide& side, const std::string& view,
                        const steelyard::Caller& caller) {
  const Service& service = services_[side.service];
  const ResiliencePolicy& resilience = service.spec->strategies.resilience;
  const auto id = static_cast<std::uint32_t>(channels_.size());
  const RandomStream random = channel_stream(root_, view, service.spec->name);
  Channel& channel = channels_.emplace_back(
      ChannelOptions{.id = id, .policy = resilience, .random = random, .caller = caller},
      make_balancer(*service.spec));
  sides_.push_back(side);
  if (channel.reads_load()) {
    sides_.back().probe_draws = random.stream("probes").state();
    meter(side.service);
  }
  const std::vector<Membership>& known = memberships(side.service, random);
  channel.on_endpoints(known.front().endpoints, kStart, actions_);
  for (std::size_t i = 1; i < known.size(); ++i) {
    queue_.push(EventKind::membership, known[i].at, id, 0, learnt_.size());
    learnt_.push_back(known[i]);
  }
  if (resilience.timeout > 0s) {
    sides_.back().timeout_lane = queue_.lane(resilience.timeout);
    sides_.back().has_timeout_lane = true;
  }
  if (resilience.retry.attempt_timeout > 0s) {
    sides_.back().attempt_lane = queue_.lane(resilience.retry.attempt_timeout);
    sides_.back().has_attempt_lane = true;
  }
}

const std::vector<Membership>& World::memberships(std::uint32_t service,
                                                  const RandomStream& channel) {
  const bool differ = differ_in_membership(scenario_.services[service]);
  std::vector<Membership>& known = differ ? own_ : common_[service];
  if (differ || known.empty())
    known = memberships_of(scenario_, service, services_[service].endpoints, view_stream(channel));
  return known;
}

// Everything that is known before the first request: arrivals, samples, the warm-up, faults.
void World::schedule_the_plan() {
  // Faults come first: what arrives at the instant at which one begins meets it.
  for (std::uint32_t i = 0; i < scenario_.faults.size(); ++i) {
    const FaultSpec& fault = scenario_.faults[i];
    FaultState& state = faults_.emplace_back();
    if (fault.latency) state.latency = make_checked<Distribution>(*fault.latency);
    for (const FaultSpec::Target& target : fault.targets)
      state.instances.push_back(services_[target.service].first_instance +
                                static_cast<std::uint32_t>(target.instance));
    std::sort(state.instances.begin(), state.instances.end());
    if (fault.kind == FaultKind::bandwidth)
      for (const std::uint32_t instance : state.instances) links_.push_back({.instance = instance});
    queue_.push(EventKind::fault_begins, kStart + fault.at, i);
    if (fault.at + fault.length < scenario_.run.duration)
      queue_.push(EventKind::fault_ends, kStart + fault.at + fault.length, i);
  }
  const auto order = [](const Link& x, const Link& y) { return x.instance < y.instance; };
  std::sort(links_.begin(), links_.end(), order);
  for (std::uint32_t i = 0; i < clients_.size(); ++i) {
    if (clients_[i].arrivals) {
      const Instant first = clients_[i].arrivals->next();
      if (first != kNever) queue_.push(EventKind::arrival, first, i);
    }
    // Users of a closed loop begin with a pause, or they would all arrive at once.
    for (std::uint64_t user = 0; user < clients_[i].issued_by_user.size(); ++user)
      think_or_issue(i, user, 0s);
  }
  if (scenario_.run.warmup > 0s) queue_.push(EventKind::warmup_ends, recorder_.warmup_end(), 0);
  queue_.push(EventKind::sample, kStart + recorder_.bucket_length() / 2, 0);
  for (const Service& service : services_) {
    ServiceRecord& record = samples_.emplace_back();
    const std::size_t rows = std::min<std::size_t>(kSampledInstances, service.instances);
    for (std::size_t row = 0; row < rows; ++row)
      record.sampled.push_back(static_cast<std::uint32_t>(row * service.instances / rows));
    record.outstanding.resize(rows * recorder_.buckets());
  }
}

std::optional<RunRecord> World::run(const Progress& progress) {
  static constexpr std::uint64_t kEventsBetweenReports = 1 << 16;
  const Instant end = kStart + scenario_.run.duration;
  const auto stale = [this](const Event& event) {
    return event.kind() == EventKind::timer && !channels_[event.a].wants(event.data);
  };
  std::uint64_t events = 0;
  Event event;
  while (queue_.pop(end, event, stale)) {
    STEELYARD_CHECK(event.at >= now_, "time never runs backwards");
    now_ = event.at;
    handle(event);
    carry_out_actions();
    if (++events % kEventsBetweenReports == 0 && progress &&
        !progress(to_seconds(now_ - kStart) / to_seconds(scenario_.run.duration)))
      return std::nullopt;
  }
  now_ = end;
  RunRecord record = collect();
  record.events = events;
  return record;
}

void World::handle(const Event& event) {
  switch (event.kind()) {
    case EventKind::arrival:
      return arrival(event.a);
    case EventKind::completion:
      if (jobs_[event.a].generation == event.b) completion(event.a);
      return;
    case EventKind::timer:
      return channels_[event.a].on_timer(event.data, now_, actions_);
    case EventKind::request_arrives:
      return request_arrives(event.a);
    case EventKind::reply_arrives:
      return deliver_answer(event.a);
    case EventKind::think:
      return issue(event.a, event.data, clients_[event.a].issued_by_user[event.data]++);
    case EventKind::shared_completion:
      if (instances_[event.a].epoch == event.b) shared_completion(event.a);
      return;
    case EventKind::fault_begins:
      return fault_changes(event.a, true);
    case EventKind::fault_ends:
      return fault_changes(event.a, false);
    case EventKind::warmup_ends:
      return end_warmup();
    case EventKind::sample:
      return sample_outstanding(event.a);
    case EventKind::proxy_receives:
      return proxy_receives(event.a);
    case EventKind::proxy_answered:
      return proxy_answered(event.a);
    case EventKind::membership:
      return channels_[event.a].on_endpoints(learnt_[event.data].endpoints, now_, actions_);
    case EventKind::probe_arrives:
      return probe_arrives(event.a);
    case EventKind::probe_answered:
      return probe_answered(event.a);
  }
}

void World::sample_outstanding(std::size_t bucket) {
  for (std::size_t s = 0; s < services_.size(); ++s) {
    ServiceRecord& record = samples_[s];
    for (std::size_t row = 0; row < record.sampled.size(); ++row)
      record.outstanding[row * recorder_.buckets() + bucket] =
          instances_[services_[s].first_instance + record.sampled[row]].outstanding;
  }
  if (bucket + 1 < recorder_.buckets())
    queue_.push(EventKind::sample, now_ + recorder_.bucket_length(),
                static_cast<std::uint32_t>(bucket + 1));
}

void World::end_warmup() {
  for (Instance& instance : instances_) {
    instance.busy_ns = 0;
    instance.busy_since = now_;
    instance.attempts = instance.failed = 0;
  }
}

RunRecord World::collect() {
  std::uint64_t unfinished = proxied_open_;
  if (scenario_.via != Via::steelyard)
    for (std::size_t i = 0; i < client_channels_; ++i) unfinished += channels_[i].in_progress();
  RunRecord record = recorder_.take(unfinished);
  record.connections = 0;
  for (const Channel& channel : channels_) *record.connections += channel.connections();
  for (std::size_t s = 0; s < services_.size(); ++s) {
    const Service& service = services_[s];
    ServiceRecord& out = record.services.emplace_back(std::move(samples_[s]));
    out.instances.reserve(service.instances);
    for (std::uint32_t i = 0; i < service.instances; ++i) {
      Instance& instance = instances_[service.first_instance + i];
      take_place(instance, 0);
      out.instances.push_back(
          {.attempts = instance.attempts,
           .failed = instance.failed,
           .busy_seconds = instance.busy_ns * 1e-9 / static_cast<double>(service.concurrency)});
    }
  }
  return record;
}

}  // namespace steelyard::sim

namespace steelyard {

std::optional<std::string> why_not_simulated(const Scenario& scenario) {
  for (const ServiceSpec& service : scenario.services)
    if (!service.has_service_time)
      return fmt::format(
          "service '{}' has targets and no service_time: give it one to simulate it, or run the "
          "scenario live",
          service.name);
  if (scenario.via != Via::channel && scenario.via != Via::steelyard)
    return fmt::format("{} carries live traffic only", to_text(scenario.via));
  return std::nullopt;
}

std::optional<RunRecord> simulate(const Scenario& scenario, std::uint64_t replication,
                                  const Progress& progress) {
  STEELYARD_CHECK(!why_not_simulated(scenario), "the scenario can be simulated");
  return sim::World(scenario, replication).run(progress);
}

}  // namespace steelyard
