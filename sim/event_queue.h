// The queue of pending events, ordered by (time, sequence): of two events at one instant, the one
// scheduled first happens first.
//
// Two structures share the work:
//   - a 4-ary heap for delays that vary. A pop leaves a hole at the root which the next push fills,
//     since most events schedule exactly one other: one sift instead of two.
//   - lanes for delays that are constant: what enters a lane later also leaves it later, so a ring
//     holds it in order at O(1), and only the head of each lane is in the heap. Deadlines that are
//     almost always cancelled wait in a lane and are dropped there unseen.
//
// No allocation once the largest size has been reached. Single-threaded.
#pragma once

#include <cstdint>
#include <vector>

#include "core/check.h"
#include "core/time.h"
#include "core/uint128.h"

namespace steelyard::sim {

enum class EventKind : std::uint8_t {
  arrival,            // a: client
  think,              // a: client, data: user
  request_arrives,    // a: job
  reply_arrives,      // a: job
  completion,         // a: job, b: its generation
  shared_completion,  // a: instance, b: its epoch (processor sharing)
  timer,              // a: channel, data: the channel's timer id
  fault_begins,       // a: fault
  fault_ends,         // a: fault
  warmup_ends,
  sample,          // a: series bucket
  proxy_receives,  // a: proxied request
  proxy_answered,  // a: proxied request
  probe_arrives,   // a: probe
  probe_answered,  // a: probe
  membership,      // a: channel, data: index into the memberships learnt
};

struct Event {
  Instant at;
  std::uint64_t order = 0;  // sequence << 8 | waits in a lane << 7 | kind
  std::uint64_t data = 0;
  std::uint32_t a = 0;
  std::uint32_t b = 0;

  EventKind kind() const { return static_cast<EventKind>(order & 0x7f); }
};
static_assert(sizeof(Event) == 32);

class EventQueue {
 public:
  using LaneId = std::uint32_t;

  // A lane for events that all lie `delay` ahead of the time at which they are scheduled. The same
  // delay gives the same lane.
  LaneId lane(Duration delay) {
    for (std::size_t i = 0; i < lanes_.size(); ++i)
      if (lanes_[i].delay == delay) return static_cast<LaneId>(i);
    lanes_.push_back(Lane{.delay = delay, .ring = std::vector<Event>(16), .head = 0, .size = 0});
    return static_cast<LaneId>(lanes_.size() - 1);
  }

  void push(EventKind kind, Instant at, std::uint32_t a, std::uint32_t b = 0,
            std::uint64_t data = 0) {
    insert({at, next_order(kind), data, a, b});
  }

  // REQUIRES: `now` is not earlier than at any previous push to this lane. The event's `b` is
  // taken.
  void push_lane(LaneId id, EventKind kind, Instant now, std::uint32_t a, std::uint64_t data = 0) {
    Lane& lane = lanes_[id];
    const Event event{now + lane.delay, next_order(kind) | kInLane, data, a, id};
    if (!lane.in_heap) {
      lane.in_heap = true;
      insert(event);
      return;
    }
    if (lane.size == lane.ring.size()) lane.grow();
    lane.ring[(lane.head + lane.size) & (lane.ring.size() - 1)] = event;
    ++lane.size;
  }

  // Takes the earliest event at or before `end` into `event`; false if there is none.
  // `stale(event)` tells of an event waiting in a lane that nobody wants any more.
  template <class Stale>
  bool pop(Instant end, Event& event, Stale&& stale) {
    if (hole_) close_hole();
    if (size_ == 0 || heap_.front().at > end) return false;
    event = heap_.front();
    hole_ = true;
    if (event.order & kInLane) refill(event.b, stale);
    return true;
  }

  bool empty() const { return size_ == (hole_ ? 1U : 0U); }

 private:
  static constexpr std::uint64_t kInLane = 0x80;
  static constexpr std::size_t kArity = 4;
  static constexpr Event kAfterAll{kNever, ~std::uint64_t{0}, 0, 0, 0};

  struct Lane {
    Duration delay;
    std::vector<Event> ring;  // a power of two long
    std::size_t head = 0;
    std::size_t size = 0;
    bool in_heap = false;

    void grow() {
      std::vector<Event> larger(ring.size() * 2);
      for (std::size_t i = 0; i < size; ++i) larger[i] = ring[(head + i) & (ring.size() - 1)];
      ring = std::move(larger);
      head = 0;
    }
  };

  static bool before(const Event& x, const Event& y) {
    // One comparison of 128 bits instead of two branches; times are never negative.
    const auto key = [](const Event& e) {
      return static_cast<Uint128>(static_cast<std::uint64_t>(e.at.time_since_epoch().count()))
                 << 64 |
             e.order;
    };
    return key(x) < key(y);
  }

  std::uint64_t next_order(EventKind kind) {
    return ++sequence_ << 8 | static_cast<std::uint64_t>(kind);
  }

  template <class Stale>
  void refill(LaneId id, Stale&& stale) {
    Lane& lane = lanes_[id];
    while (lane.size > 0) {
      const Event event = lane.ring[lane.head];
      lane.head = (lane.head + 1) & (lane.ring.size() - 1);
      --lane.size;
      if (stale(event)) continue;
      insert(event);
      return;
    }
    lane.in_heap = false;
  }

  void insert(const Event& event) {
    if (hole_) {
      hole_ = false;
      sift_down(event);
      return;
    }
    if (size_ + kArity >= heap_.size()) heap_.resize(2 * heap_.size(), kAfterAll);
    std::size_t place = size_++;
    while (place > 0) {
      const std::size_t parent = (place - 1) / kArity;
      if (!before(event, heap_[parent])) break;
      heap_[place] = heap_[parent];
      place = parent;
    }
    heap_[place] = event;
  }

  void close_hole() {
    hole_ = false;
    const Event last = heap_[--size_];
    heap_[size_] = kAfterAll;
    if (size_ > 0) sift_down(last);
  }

  // Fills the root. The least of four children is found without a branch, which would be a guess:
  // beyond the last event lie sentinels, so there are always four to look at.
  void sift_down(const Event& event) {
    Event* const heap = heap_.data();
    std::size_t place = 0;
    for (;;) {
      const std::size_t first = place * kArity + 1;
      if (first >= size_) break;
      const std::size_t left = first + (before(heap[first + 1], heap[first]) ? 1 : 0);
      const std::size_t right = first + 2 + (before(heap[first + 3], heap[first + 2]) ? 1 : 0);
      const std::size_t least = left + (right - left) * (before(heap[right], heap[left]) ? 1 : 0);
      if (!before(heap[least], event)) break;
      heap[place] = heap[least];
      place = least;
    }
    heap[place] = event;
  }

  std::vector<Event> heap_ = std::vector<Event>(64, kAfterAll);
  std::size_t size_ = 0;  // of the heap, the hole included
  std::vector<Lane> lanes_;
  std::uint64_t sequence_ = 0;
  bool hole_ = false;
};

}  // namespace steelyard::sim
