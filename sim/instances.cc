// What an instance does with the requests that reach it: refuse, queue, serve, call, answer.
#include "scenarios/draws.h"
#include "sim/world.h"

namespace steelyard::sim {

// Changes the number of places taken, keeping the integral of it over time.
void World::take_place(Instance& instance, std::int32_t change) {
  instance.busy_ns += static_cast<double>((now_ - instance.busy_since).count()) *
                      static_cast<double>(instance.in_service);
  instance.busy_since = now_;
  instance.in_service += static_cast<std::uint32_t>(change);
  if (instance.metered != kNone) [[unlikely]]
    meter_places(instance);
}

double World::draw_work_seconds(const Service& service, const Job& job) const {
  return draw_service_time(*service.service_time, service.random, job.draw_key);
}

void World::request_arrives(std::uint32_t index) {
  Job& job = jobs_[index];
  Instance& instance = instances_[job.instance];
  const Service& service = services_[instance.service];
  ++instance.attempts;
  if (instance.metered != kNone) [[unlikely]]
    meter_arrival(index);
  if ((instance.conditions & kAtTheDoor) != 0) [[unlikely]] {
    const Outcome met = met_at_the_door(index);
    if (met != Outcome::ok) {
      ++instance.failed;
      return answer(index, met);
    }
  }
  if (instance.shared != kNone) {
    const std::uint64_t room = service.queue_limit > ~std::uint64_t{0} - service.concurrency
                                   ? ~std::uint64_t{0}
                                   : service.queue_limit + service.concurrency;
    if (instance.outstanding >= room) {
      ++instance.failed;
      return answer(index, Outcome::queue_full);
    }
    ++instance.outstanding;
    return shared_start(index);
  }
  if (instance.in_service < service.concurrency) {
    ++instance.outstanding;
    take_place(instance, 1);
    return start_service(index);
  }
  if (instance.queued >= service.queue_limit) {
    ++instance.failed;
    return answer(index, Outcome::queue_full);
  }
  ++instance.outstanding;
  ++instance.queued;
  job.state = JobState::queued;
  if (service.spec->discipline == Discipline::lifo) {
    job.next = instance.queue_head;
    instance.queue_head = index;
    return;
  }
  job.next = kNone;
  if (instance.queue_head == kNone)
    instance.queue_head = index;
  else
    jobs_[instance.queue_tail].next = index;
  instance.queue_tail = index;
}

// REQUIRES: a place has been taken for it.
void World::start_service(std::uint32_t index) {
  Job& job = jobs_[index];
  const Instance& instance = instances_[job.instance];
  const double work = draw_work_seconds(services_[instance.service], job);
  job.state = JobState::serving;
  if (instance.metered != kNone) [[unlikely]]
    metered_jobs_[index].started = now_;
  if (instance.speed == 0) {
    job.done_at = Instant(to_delay(work));
    return;
  }
  job.done_at = now_ + to_delay(work / instance.speed);
  queue_.push(EventKind::completion, job.done_at, index, job.generation);
}

void World::start_next(Instance& instance) {
  if (instance.queued == 0 || instance.in_service >= services_[instance.service].concurrency)
    return;
  const std::uint32_t index = instance.queue_head;
  instance.queue_head = jobs_[index].next;
  --instance.queued;
  take_place(instance, 1);
  start_service(index);
}

void World::completion(std::uint32_t index) { own_work_done(index); }

void World::own_work_done(std::uint32_t index) {
  Instance& instance = instances_[jobs_[index].instance];
  const Service& service = services_[instance.service];
  if (service.calls.stages.empty()) return job_done(index, Outcome::ok);
  if (!service.spec->holds_slot_during_calls && instance.shared == kNone) {
    take_place(instance, -1);
    start_next(instance);
  }
  call_stage(index);
}

void World::job_done(std::uint32_t index, Outcome outcome) {
  Job& job = jobs_[index];
  Instance& instance = instances_[job.instance];
  const Service& service = services_[instance.service];
  --instance.outstanding;
  if (outcome == Outcome::ok && (instance.conditions & kTruncates) != 0 && breaks_off(job)) {
    outcome = Outcome::bad_response;
    job.closes = true;
  }
  if (outcome != Outcome::ok) ++instance.failed;
  const bool holds = service.calls.stages.empty() || service.spec->holds_slot_during_calls;
  if (instance.shared == kNone && holds) {
    take_place(instance, -1);
    start_next(instance);
  }
  const std::uint32_t at = job.instance;
  answer(index, outcome);
  if (instance.metered != kNone && instance.outstanding == 0) [[unlikely]]
    tell_of_idleness(at);
}

void World::answer(std::uint32_t index, Outcome outcome) {
  jobs_[index].outcome = outcome;
  if (instances_[jobs_[index].instance].metered != kNone) [[unlikely]]
    meter_answer(index);
  travel(index, true);
}

}  // namespace steelyard::sim
