// Faults: instances turn slow, pause, crash, answer badly, or sit behind a bad network, and
// recover.
#include <algorithm>
#include <utility>

#include "scenarios/draws.h"
#include "sim/world.h"

namespace steelyard::sim {
namespace {

std::uint8_t condition_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::crash:
      return kDown;
    case FaultKind::refuse:
    case FaultKind::absent:
      return kRefuses;
    case FaultKind::reset:
    case FaultKind::error:
      return kStrikes;
    case FaultKind::truncate:
      return kTruncates;
    case FaultKind::network_delay:
      return kDelays;
    case FaultKind::bandwidth:
      return kNarrow;
    case FaultKind::blackhole:
      return kSilent;
    case FaultKind::slow_close:
      return kSlowCloses;
    case FaultKind::slow:
    case FaultKind::pause:
      break;
  }
  return 0;
}

}  // namespace

void World::fault_changes(std::uint32_t index, bool begins) {
  FaultState& fault = faults_[index];
  fault.on = begins;
  // One pass over all jobs, whatever the number of instances hit.
  jobs_hit_.clear();
  for (std::uint32_t i = 0; i < jobs_.size(); ++i) {
    const bool here = jobs_[i].state == JobState::queued || jobs_[i].state == JobState::serving ||
                      jobs_[i].state == JobState::calling;
    if (here && fault.hits(jobs_[i].instance)) jobs_hit_.push_back({jobs_[i].instance, i});
  }
  std::sort(jobs_hit_.begin(), jobs_hit_.end());
  for (const std::uint32_t instance : fault.instances) apply_faults(instance);
}

// The jobs that were at an instance when the fault changed.
std::span<const World::JobHit> World::jobs_at(std::uint32_t instance) const {
  const auto first = std::lower_bound(jobs_hit_.begin(), jobs_hit_.end(), JobHit{instance, 0});
  const auto last = std::lower_bound(first, jobs_hit_.end(), JobHit{instance + 1, 0});
  return {first, last};
}

// The state of an instance follows from all faults that are on: overlapping ones add up, and ending
// one leaves the others.
void World::apply_faults(std::uint32_t index) {
  Instance& instance = instances_[index];
  double slow = 1;
  bool paused = false;
  double narrowest = 0;
  std::uint8_t conditions = 0;
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    const FaultSpec& fault = scenario_.faults[i];
    if (!faults_[i].on || !faults_[i].hits(index)) continue;
    if (fault.kind == FaultKind::slow) slow *= fault.factor;
    if (fault.kind == FaultKind::pause) paused = true;
    if (fault.kind == FaultKind::bandwidth)
      narrowest = narrowest > 0 ? std::min(narrowest, fault.rate) : fault.rate;
    conditions |= condition_of(fault.kind);
  }
  const bool dies = (conditions & kDown) != 0 && (instance.conditions & kDown) == 0;
  // A link goes with its fault: one that comes later starts with nothing on it.
  if ((instance.conditions & kNarrow) != 0 && narrowest == 0)
    link_of(index).free_at = {kStart, kStart};
  instance.conditions = conditions;
  if (narrowest > 0) link_of(index).bytes_per_second = narrowest;
  if (dies) crash(index);
  const bool resumes = instance.speed == 0 && !paused;
  set_speed(index, paused ? 0 : instance.base_speed / slow);
  if (resumes) notice_answers(index);
}

// Calls that were answered during a pause go on when it ends.
void World::notice_answers(std::uint32_t index) {
  for (const auto& [instance, job] : jobs_at(index))
    if (jobs_[job].state == JobState::calling && jobs_[job].pending == 0) stage_done(job);
}

// Requests in service go on at the new speed from where they are.
void World::set_speed(std::uint32_t index, double speed) {
  Instance& instance = instances_[index];
  if (speed == instance.speed) return;
  if (instance.shared != kNone) {
    shared_advance(instance);
    instance.speed = speed;
    shared_reschedule(instance);
    return;
  }
  for (const JobHit& hit : jobs_at(index)) {
    Job& job = jobs_[hit.job];
    if (job.state != JobState::serving) continue;
    const double left_ns = instance.speed == 0
                               ? static_cast<double>(job.done_at.time_since_epoch().count())
                               : static_cast<double>((job.done_at - now_).count()) * instance.speed;
    ++job.generation;  // voids the completion under way
    if (speed == 0) {
      job.done_at = Instant(Duration(static_cast<std::int64_t>(left_ns)));
    } else {
      job.done_at = now_ + to_delay(left_ns * 1e-9 / speed);
      queue_.push(EventKind::completion, job.done_at, hit.job, job.generation);
    }
  }
  instance.speed = speed;
  if (instance.metered == kNone) return;
  meter_places(instance);
  if (instance.outstanding == 0) tell_of_idleness(index);
}

// The process is gone: what it had is lost, its callers see their connections reset, and what it
// had called for goes on unheard. It comes back with empty queues and fresh channels.
void World::crash(std::uint32_t index) {
  Instance& instance = instances_[index];
  take_place(instance, -static_cast<std::int32_t>(instance.in_service));
  instance.queue_head = instance.queue_tail = kNone;
  instance.queued = 0;
  ++instance.epoch;
  if (instance.shared != kNone) {
    shared_advance(instance);
    shared_[instance.shared].heap.clear();
  }
  for (const JobHit& hit : jobs_at(index)) {
    ++jobs_[hit.job].generation;
    ++instance.failed;
    jobs_[hit.job].closes = true;
    answer(hit.job, Outcome::connection_reset);
  }
  instance.outstanding = 0;
  if (instance.metered != kNone) {
    LoadDesk& desk = desks_[instance.metered];
    desk.meter = LoadMeter();
    for (const LoadDesk::Waiting& waiting : desk.idle.forget_all())
      answer_probe(index, waiting.channel, waiting.id, false);
  }
  const Service& service = services_[instance.service];
  for (std::uint32_t c = 0; c < service.call_channels.back(); ++c) {
    const std::uint32_t channel = instance.first_channel + c;
    channels_[channel].on_restart(
        make_balancer(*services_[sides_[channel].service].spec),
        caller_of_instance(scenario_, instance.service, index - service.first_instance), now_,
        actions_);
  }
}

// What an attempt meets that arrives: ok if it is let in. Nobody is refused twice: who cannot
// connect sees no reset, and who is reset no error. While an instance stands still nobody is there
// to reset or to answer, and the attempt waits.
Outcome World::met_at_the_door(std::uint32_t index) {
  const Job& job = jobs_[index];
  const Instance& instance = instances_[job.instance];
  if ((instance.conditions & (kDown | kRefuses)) != 0) return Outcome::connection_refused;
  if (instance.speed == 0) return Outcome::ok;
  Outcome met = Outcome::ok;
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    const FaultSpec& fault = scenario_.faults[i];
    const bool strikes = fault.kind == FaultKind::reset || fault.kind == FaultKind::error;
    if (!strikes || !faults_[i].on || !faults_[i].hits(job.instance)) continue;
    if (!fault_draws(fault_random_, job.draw_key, i).chance(fault.probability)) continue;
    if (fault.kind == FaultKind::reset) return Outcome::connection_reset;
    met = Outcome::error_status;
  }
  return met;
}

// Whether a good answer that leaves now is cut off.
bool World::breaks_off(const Job& job) {
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    const FaultSpec& fault = scenario_.faults[i];
    if (fault.kind == FaultKind::truncate && faults_[i].on && faults_[i].hits(job.instance) &&
        fault_draws(fault_random_, job.draw_key, i).chance(fault.probability))
      return true;
  }
  return false;
}

// How much longer than the network needs a message is under way, at either end.
Duration World::held_up(const Job& job, bool is_answer, std::int64_t bytes) {
  const ChannelSide& side = sides_[job.channel];
  const std::uint64_t key = message_key(job.draw_key, is_answer);
  Duration delay = fault_delay(job.instance, key, job.closes);
  if (side.caller != CallerKind::instance)
    return delay + (through_link(job.instance, is_answer, bytes, now_) - now_);
  delay += fault_delay(side.owner, mix64(key), job.closes);
  const std::uint32_t sender = is_answer ? job.instance : side.owner;
  const std::uint32_t receiver = is_answer ? side.owner : job.instance;
  const Instant sent = through_link(sender, true, bytes, now_);
  return delay + (through_link(receiver, false, bytes, sent) - now_);
}

Duration World::fault_delay(std::uint32_t index, std::uint64_t message_key, bool closes) {
  Duration sum{};
  if ((instances_[index].conditions & (kDelays | kSlowCloses)) == 0) return sum;
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    const FaultState& fault = faults_[i];
    if (!fault.on || !fault.latency || !fault.hits(index)) continue;
    if (scenario_.faults[i].kind == FaultKind::slow_close && !closes) continue;
    RandomStream random = fault_draws(fault_random_, message_key, i);
    sum += sample_duration(*fault.latency, random);
  }
  return sum;
}

Link& World::link_of(std::uint32_t instance) {
  return *std::lower_bound(links_.begin(), links_.end(), instance,
                           [](const Link& link, std::uint32_t i) { return link.instance < i; });
}

// When a message that is at an instance's link at `at` has passed it: messages queue there.
Instant World::through_link(std::uint32_t instance, bool outbound, std::int64_t bytes, Instant at) {
  if ((instances_[instance].conditions & kNarrow) == 0) return at;
  Link& link = link_of(instance);
  Instant& free_at = link.free_at[outbound ? 1 : 0];
  const Duration takes = to_delay(static_cast<double>(bytes) / link.bytes_per_second);
  // Beyond every end, one late time is as good as another.
  free_at = std::min(std::max(at, free_at) + takes, now_ + kDelayMax);
  return free_at;
}

}  // namespace steelyard::sim
