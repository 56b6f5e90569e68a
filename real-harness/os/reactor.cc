#include "real-harness/os/reactor.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace steelyard::live {
namespace {

constexpr std::uint32_t kNoSlot = ~std::uint32_t{0};

Descriptor checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return Descriptor(fd);
}

}  // namespace

std::int64_t monotonic_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Reactor::Reactor(std::int64_t epoch_ns)
    : epoch_ns_(epoch_ns),
      epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wakeup_(checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {
  refresh();
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), &event);
}

Reactor::~Reactor() = default;

void Reactor::watch(int fd, Watcher& watcher) {
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &watcher}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void Reactor::unwatch(int fd, Watcher& watcher) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  std::replace(ready_watchers_.begin(), ready_watchers_.end(), &watcher,
               static_cast<Watcher*>(nullptr));
}

bool Reactor::later(const Entry& a, const Entry& b) {
  return a.when != b.when ? a.when > b.when : a.sequence > b.sequence;
}

Reactor::TimerId Reactor::at(Instant when, TimerHandler& handler, std::uint64_t data) {
  std::uint32_t index = first_free_;
  if (index == kNoSlot) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    first_free_ = slots_[index].next_free;
  }
  Slot& slot = slots_[index];
  slot.handler = &handler;
  slot.data = data;
  heap_.push_back({when, sequence_++, index, slot.generation});
  std::push_heap(heap_.begin(), heap_.end(), later);
  return std::uint64_t{slot.generation} << 32 | index;
}

void Reactor::free_slot(std::uint32_t index) {
  Slot& slot = slots_[index];
  if (++slot.generation == 0) slot.generation = 1;
  slot.next_free = first_free_;
  first_free_ = index;
}

void Reactor::cancel(TimerId timer) {
  const auto index = static_cast<std::uint32_t>(timer);
  if (timer == 0 || slots_[index].generation != static_cast<std::uint32_t>(timer >> 32)) return;
  free_slot(index);  // its entry in the heap is void now, and dropped when it comes up
}

// Without what was cancelled.
Instant Reactor::next_timer() {
  while (!heap_.empty() && slots_[heap_.front().slot].generation != heap_.front().generation) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
  return heap_.empty() ? kNever : heap_.front().when;
}

// Those that were due when it began: one that is always late must not keep the others waiting.
void Reactor::run_due_timers() {
  const Instant due = now_;
  while (next_timer() <= due) {
    const Entry entry = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
    const Slot slot = slots_[entry.slot];
    free_slot(entry.slot);
    slot.handler->on_timer(slot.data);
    refresh();
  }
}

void Reactor::run() {
  // The kernel may otherwise be 50 us late on purpose, to save power.
  prctl(PR_SET_TIMERSLACK, 1UL);
  spinning_since_ = refresh();
  while (!stopping_.load(std::memory_order_relaxed)) {
    refresh();
    run_due_timers();
    if (!stopping_.load(std::memory_order_relaxed)) wait_for_events();
  }
  stopping_ = false;
}

// How long before a timer is due the loop stops sleeping.
Duration Reactor::spin_lead() const {
  if (!spins_) return 0ns;
  const double allowed = to_seconds(now_ - spinning_since_) * kSpinShareMax;
  return to_seconds(spent_spinning_) > allowed ? 0ns : std::min(lateness_, kSpinMax);
}

// Rises at once to half more than what was seen, and falls slowly.
void Reactor::learn_lateness(Instant asked) {
  const Duration late = (refresh() - asked) * 3 / 2;
  lateness_ = std::max(late, lateness_ - lateness_ / 64);
}

void Reactor::wait_for_events() {
  std::array<epoll_event, 64> events;
  const Instant next = next_timer();
  timespec wait{};
  Instant asked = next;
  bool spinning = false;
  if (next != kNever) {
    const Instant before = refresh();
    // Only before a sleep that is worth the name: a busy processor comes back at once.
    if (next - before > kSpinMax) spin_for_ = next;
    if (next == spin_for_) asked -= spin_lead();
    const std::int64_t left_ns = std::max<std::int64_t>(0, (asked - before).count());
    // Near enough: no sleep, only a look at the descriptors, again and again until it is due.
    spinning = left_ns == 0 && asked < next;
    wait.tv_sec = static_cast<time_t>(left_ns / 1'000'000'000);
    wait.tv_nsec = static_cast<long>(left_ns % 1'000'000'000);
  }
  const int count = epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 next == kNever ? nullptr : &wait, nullptr);
  if (spinning) {
    const Instant before = now_;
    spent_spinning_ += refresh() - before;
  }
  if (count == 0 && spins_ && wait.tv_sec + wait.tv_nsec > 0) learn_lateness(asked);
  if (count <= 0) return;
  ready_watchers_.clear();
  for (int i = 0; i < count; ++i)
    ready_watchers_.push_back(static_cast<Watcher*>(events[static_cast<std::size_t>(i)].data.ptr));
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    if (events[i].data.ptr == nullptr) {
      run_posted();
      continue;
    }
    refresh();
    // What is due does not wait behind a crowd of other events.
    if (next_timer() <= now_) run_due_timers();
    if (ready_watchers_[i] != nullptr) ready_watchers_[i]->on_ready(events[i].events);
  }
  ready_watchers_.clear();
}

void Reactor::stop() {
  stopping_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wakeup_.get(), &one, sizeof one);
}

void Reactor::post(std::function<void()> work) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(work));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wakeup_.get(), &one, sizeof one);
}

void Reactor::run_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(wakeup_.get(), &count, sizeof count);
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(posted_mutex_);
    work.swap(posted_);
  }
  refresh();
  for (const std::function<void()>& each : work) each();
}

}  // namespace steelyard::live
