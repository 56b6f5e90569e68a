// Processor sharing: every request present is served at once, and they share the instance's
// `concurrency` processors equally, none getting more than one whole processor.
#include <algorithm>

#include "sim/world.h"

namespace steelyard::sim {
namespace {

struct Later {
  bool operator()(const SharedProcessor::Entry& a, const SharedProcessor::Entry& b) const {
    return a.done_at_work != b.done_at_work ? a.done_at_work > b.done_at_work : a.order > b.order;
  }
};

}  // namespace

// Work done for each request in a nanosecond.
double World::shared_rate(const Instance& instance) const {
  const auto present = static_cast<double>(shared_[instance.shared].heap.size());
  const auto processors = static_cast<double>(services_[instance.service].concurrency);
  return instance.speed * (present <= processors ? 1.0 : processors / present);
}

// Brings the work done up to now. Called before anything changes the rate.
void World::shared_advance(Instance& instance) {
  SharedProcessor& shared = shared_[instance.shared];
  if (!shared.heap.empty())
    shared.virtual_work +=
        static_cast<double>((now_ - shared.updated).count()) * shared_rate(instance);
  else
    shared.virtual_work = 0;  // keeps the sum small, and so exact
  shared.updated = now_;
}

void World::shared_start(std::uint32_t index) {
  Job& job = jobs_[index];
  Instance& instance = instances_[job.instance];
  shared_advance(instance);
  SharedProcessor& shared = shared_[instance.shared];
  job.state = JobState::serving;
  const double work_ns =
      std::min(draw_work_seconds(services_[instance.service], job), to_seconds(kDelayMax)) * 1e9;
  shared.heap.push_back({shared.virtual_work + work_ns, shared.order++, index});
  std::push_heap(shared.heap.begin(), shared.heap.end(), Later{});
  shared_reschedule(instance);
}

// The one pending completion of the instance is that of the request with the least work left.
void World::shared_reschedule(Instance& instance) {
  ++instance.epoch;
  const SharedProcessor& shared = shared_[instance.shared];
  const auto concurrency = services_[instance.service].concurrency;
  const auto busy =
      static_cast<std::int32_t>(std::min<std::size_t>(shared.heap.size(), concurrency));
  take_place(instance, busy - static_cast<std::int32_t>(instance.in_service));
  if (shared.heap.empty() || instance.speed == 0) return;
  const double left_ns =
      (shared.heap.front().done_at_work - shared.virtual_work) / shared_rate(instance);
  // A nanosecond late: at that instant the work is done, whatever rounding has done to the sum.
  const Duration wait = to_delay(std::max(0.0, left_ns) * 1e-9) + 1ns;
  queue_.push(EventKind::shared_completion, now_ + wait, index_of(instance), instance.epoch);
}

void World::shared_completion(std::uint32_t index) {
  Instance& instance = instances_[index];
  shared_advance(instance);
  SharedProcessor& shared = shared_[instance.shared];
  const std::uint32_t job = shared.heap.front().job;
  std::pop_heap(shared.heap.begin(), shared.heap.end(), Later{});
  shared.heap.pop_back();
  shared_reschedule(instance);
  own_work_done(job);
}

}  // namespace steelyard::sim
