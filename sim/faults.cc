// Faults: instances turn slow, pause, crash, or sit behind a slow network, and recover.
#include <algorithm>

#include "scenarios/draws.h"
#include "sim/world.h"

namespace steelyard::sim {

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
  bool crashed = false;
  instance.slow_network = false;
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    const FaultSpec& fault = scenario_.faults[i];
    if (!faults_[i].on || !faults_[i].hits(index)) continue;
    if (fault.kind == FaultKind::slow) slow *= fault.factor;
    if (fault.kind == FaultKind::pause) paused = true;
    if (fault.kind == FaultKind::crash) crashed = true;
    if (fault.kind == FaultKind::network_delay) instance.slow_network = true;
  }
  if (crashed && instance.up) crash(index);
  instance.up = !crashed;
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
    answer(hit.job, Outcome::connection_reset);
  }
  instance.outstanding = 0;
  const Service& service = services_[instance.service];
  for (std::uint32_t c = 0; c < service.calls.callees.size(); ++c)
    channels_[instance.first_channel + c].on_restart(
        make_balancer(*services_[service.calls.callees[c]].spec), now_);
}

Duration World::fault_delay(std::uint32_t index, std::uint64_t message_key) {
  Duration sum{};
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    const FaultState& fault = faults_[i];
    if (!fault.on || !fault.latency || !fault.hits(index)) continue;
    RandomStream random = fault_draws(fault_random_, message_key, i);
    sum += sample_duration(*fault.latency, random);
  }
  return sum;
}

}  // namespace steelyard::sim
