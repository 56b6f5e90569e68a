// Who does the work of a modelled instance: lets time pass for each request in service, or really
// burns processor time. Belongs to one reactor's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "real-harness/os/reactor.h"
#include "scenarios/scenario.h"

namespace steelyard::live {

class Worker {
 public:
  using Done = std::function<void(std::uint32_t job)>;

  Worker() = default;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  virtual ~Worker() = default;

  // Begins a job's work, `seconds` long at speed 1; `done` is called when it is finished, never
  // from within start(). `ready` is when the job was there, now or before: work that is begun from
  // within `done` counts from when the place really became free, if the job was there by then.
  // Else every late wake-up would make the service a little slower, and queues much longer.
  virtual void start(std::uint32_t job, double seconds, Instant ready) = 0;
  // Work under way goes on at the new speed from where it is; 0: stands still.
  virtual void set_speed(double speed) = 0;
};

// Each job takes its own time, whatever the others do.
std::unique_ptr<Worker> make_timer_worker(Reactor& reactor, Worker::Done done);

// All jobs share `processors` equally, none getting more than a whole one (processor sharing).
std::unique_ptr<Worker> make_shared_worker(Reactor& reactor, std::uint32_t processors,
                                           Worker::Done done);

// Each job burns its seconds of processor time on a thread of its own, so that instances compete
// for the machine's processors as real ones do. At most `threads_max` at once, others wait. The
// speed applies to work that begins after it was set; 0 is taken when the process itself is
// stopped.
std::unique_ptr<Worker> make_burning_worker(Reactor& reactor, std::uint32_t threads_max,
                                            Worker::Done done);

}  // namespace steelyard::live
