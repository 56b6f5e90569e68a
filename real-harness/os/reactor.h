// The event loop of the live world: one thread, readiness of descriptors, and precise timers.
//
// Time is CLOCK_MONOTONIC, counted from an epoch that several processes may share, so that an
// Instant means the same in each. Not thread-safe, except stop() and post().
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "core/time.h"
#include "real-harness/os/descriptor.h"

namespace steelyard::live {

// Nanoseconds of CLOCK_MONOTONIC.
std::int64_t monotonic_ns();

class Reactor {
 public:
  static constexpr Duration kSpinMax = 400us;
  static constexpr double kSpinShareMax = 0.1;

  // Is told about a descriptor.
  class Watcher {
   public:
    // `events`: of EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR. Edge-triggered: read, write
    // or accept until it would block. May unwatch or close any descriptor.
    virtual void on_ready(std::uint32_t events) = 0;

   protected:
    ~Watcher() = default;
  };

  class TimerHandler {
   public:
    virtual void on_timer(std::uint64_t data) = 0;

   protected:
    ~TimerHandler() = default;
  };

  // Names a timer that has not gone off; 0 is never one.
  using TimerId = std::uint64_t;

  // Throws std::system_error if the kernel has no descriptor left.
  explicit Reactor(std::int64_t epoch_ns = monotonic_ns());
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  ~Reactor();

  // The time at which the present event was noticed.
  Instant now() const { return now_; }
  // Reads the clock.
  Instant refresh() { return now_ = Instant(Duration(monotonic_ns() - epoch_ns_)); }
  std::int64_t epoch_ns() const { return epoch_ns_; }

  // From now on `watcher` hears of `fd`, in both directions. REQUIRES: it lives until unwatch().
  void watch(int fd, Watcher& watcher);
  // No more events of it, not even of those noticed already in this turn. Call before closing.
  void unwatch(int fd, Watcher& watcher);

  // Calls handler.on_timer(data) at `when`, or at once if that has passed; ties in order of calls.
  // REQUIRES: the handler lives until then or cancel().
  TimerId at(Instant when, TimerHandler& handler, std::uint64_t data);
  // Harmless for a timer that has gone off.
  void cancel(TimerId timer);

  // From now on wakes a little before timers are due and looks at the clock until they are: a
  // sleeping processor takes some hundred microseconds to come back. How much before is learnt from
  // how late the kernel wakes it, at most kSpinMax; and it spins for at most kSpinShareMax of the
  // time.
  void spin_before_timers() { spins_ = true; }

  // Runs until stop(). May be called again.
  void run();
  // Thread-safe and safe in signal handlers.
  void stop();
  // Has `work` done on the loop's thread soon. Thread-safe.
  void post(std::function<void()> work);

 private:
  struct Entry {
    Instant when;
    std::uint64_t sequence = 0;
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
  };
  struct Slot {
    TimerHandler* handler = nullptr;
    std::uint64_t data = 0;
    std::uint32_t generation = 1;
    std::uint32_t next_free = 0;
  };

  static bool later(const Entry& a, const Entry& b);
  void run_due_timers();
  Instant next_timer();
  void free_slot(std::uint32_t slot);
  void wait_for_events();
  Duration spin_lead() const;
  void learn_lateness(Instant asked);
  void run_posted();

  std::int64_t epoch_ns_;
  Instant now_;
  Descriptor epoll_;
  Descriptor wakeup_;
  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::uint32_t first_free_ = ~std::uint32_t{0};
  std::uint64_t sequence_ = 0;
  std::vector<Watcher*> ready_watchers_;  // of the present turn, null once unwatched
  bool spins_ = false;
  Duration lateness_{};  // of wakings, lately
  Duration spent_spinning_{};
  Instant spinning_since_;
  Instant spin_for_ = kNever;  // the timer that was slept for
  std::atomic<bool> stopping_{false};
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
};

}  // namespace steelyard::live
