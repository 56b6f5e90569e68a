// What instances tell of their load: reports with their answers, answers to probes, and to one of
// those who asked, that they are idle. Only instances with a caller whose balancer reads it; a
// simulation without such pays nothing.
#include <algorithm>
#include <utility>

#include "scenarios/draws.h"
#include "sim/world.h"

namespace steelyard::sim {

// From now on the instances of a service keep account of their load. REQUIRES: no job exists yet.
void World::meter(std::uint32_t index) {
  const Service& service = services_[index];
  for (std::uint32_t i = 0; i < service.instances; ++i) {
    Instance& instance = instances_[service.first_instance + i];
    if (instance.metered != kNone) return;
    instance.metered = static_cast<std::uint32_t>(desks_.size());
    desks_.emplace_back(idle_stream(root_, (*service.endpoints)[i].name));
  }
}

void World::meter_places(const Instance& instance) {
  const double concurrency = services_[instance.service].concurrency;
  desks_[instance.metered].meter.places_taken(
      static_cast<double>(instance.in_service) / concurrency, instance.speed / instance.base_speed,
      now_);
}

void World::meter_arrival(std::uint32_t index) {
  const Instance& instance = instances_[jobs_[index].instance];
  desks_[instance.metered].idle.request_came();
  metered_jobs_[index] = {.arrived = now_, .started = now_, .met = instance.outstanding};
}

void World::meter_answer(std::uint32_t index) {
  const Job& job = jobs_[index];
  MeteredJob& metered = metered_jobs_[index];
  // Nobody is there any more to say anything.
  metered.reports =
      job.outcome != Outcome::connection_refused && job.outcome != Outcome::connection_reset;
  if (!metered.reports) return;
  desks_[instances_[job.instance].metered].meter.answered({.latency = now_ - metered.arrived,
                                                           .service_time = now_ - metered.started,
                                                           .met = metered.met,
                                                           .ok = job.outcome == Outcome::ok},
                                                          now_);
  metered.report = report_of(job.instance);
}

LoadReport World::report_of(std::uint32_t index) {
  const Instance& instance = instances_[index];
  const std::uint32_t queued =
      instance.shared == kNone ? instance.queued : instance.outstanding - instance.in_service;
  return desks_[instance.metered].meter.report(
      instance.outstanding, queued, now_,
      services_[instance.service].spec->strategies.view.report_interval);
}

// ---- Probes ------------------------------------------------------------------------------------

std::uint32_t World::allocate_probe() {
  if (first_free_probe_ == kNone) {
    probes_.emplace_back();
    return static_cast<std::uint32_t>(probes_.size() - 1);
  }
  const std::uint32_t index = first_free_probe_;
  first_free_probe_ = probes_[index].next;
  return index;
}

void World::send_probe(const Action& action) {
  const std::uint32_t index = allocate_probe();
  const std::uint32_t first = services_[sides_[action.channel].service].first_instance;
  probes_[index] = {
      .id = action.id,
      .channel = action.channel,
      .instance = first + action.endpoint,
      .kind = action.kind == Action::Kind::probe_idle ? Probe::Kind::idle : Probe::Kind::load};
  probe_travels(index, false);
}

void World::probe_travels(std::uint32_t index, bool is_answer) {
  // An attempt as far as the network is concerned; small.
  constexpr std::int64_t kProbeBytes = 256;
  const ProbeMessage& probe = probes_[index];
  const ChannelSide& side = sides_[probe.channel];
  const Job as_attempt{.draw_key = mix64(side.probe_draws, probe.id),
                       .channel = probe.channel,
                       .instance = probe.instance};
  const auto delay = message_delay(as_attempt, is_answer, kProbeBytes);
  if (!delay) {
    probes_[index].next = std::exchange(first_free_probe_, index);
  } else if (*delay > Duration::zero()) {
    queue_.push(is_answer ? EventKind::probe_answered : EventKind::probe_arrives, now_ + *delay,
                index);
  } else {
    is_answer ? probe_answered(index) : probe_arrives(index);
  }
}

void World::probe_arrives(std::uint32_t index) {
  ProbeMessage& probe = probes_[index];
  const Instance& instance = instances_[probe.instance];
  const bool refused = (instance.conditions & (kDown | kRefuses)) != 0;
  const bool stands_still = instance.speed == 0;
  if (!refused && (stands_still || probe.kind == Probe::Kind::idle)) {
    if (probe.kind == Probe::Kind::idle) wait_for_idle(probe);
    probe.next = std::exchange(first_free_probe_, index);
    return;
  }
  probe.answered = !refused;
  if (probe.answered) probe.report = report_of(probe.instance);
  probe_travels(index, true);
}

void World::probe_answered(std::uint32_t index) {
  const ProbeMessage probe = probes_[index];
  probes_[index].next = std::exchange(first_free_probe_, index);
  channels_[probe.channel].on_probe_reply(probe.id, probe.answered ? &probe.report : nullptr, now_,
                                          actions_);
}

void World::answer_probe(std::uint32_t instance, std::uint32_t channel, ProbeId id, bool answered) {
  const std::uint32_t index = allocate_probe();
  probes_[index] = {.id = id,
                    .channel = channel,
                    .instance = instance,
                    .kind = Probe::Kind::idle,
                    .answered = answered};
  if (answered) probes_[index].report = report_of(instance);
  probe_travels(index, true);
}

// Who asks again waits instead of waiting twice.
void World::wait_for_idle(const ProbeMessage& probe) {
  const Instance& instance = instances_[probe.instance];
  IdleDesk<LoadDesk::Waiting>& idle = desks_[instance.metered].idle;
  idle.forget([&](const LoadDesk::Waiting& waiting) { return waiting.channel == probe.channel; });
  idle.ask({probe.channel, probe.id});
  if (instance.outstanding == 0) tell_of_idleness(probe.instance);
}

void World::tell_of_idleness(std::uint32_t index) {
  const Instance& instance = instances_[index];
  if (instance.speed == 0) return;
  if (const auto waiting = desks_[instance.metered].idle.tell())
    answer_probe(index, waiting->channel, waiting->id, true);
}

}  // namespace steelyard::sim
