#include "sim/event_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>

#include "core/random.h"
#include "tests/sim/allocations.h"

namespace steelyard::sim {
namespace {

constexpr auto kAllWanted = [](const Event&) { return false; };

// The data of all events up to `end`, in the order in which they come.
std::vector<std::uint64_t> drain(EventQueue& queue, Instant end = kNever) {
  std::vector<std::uint64_t> order;
  for (Event event; queue.pop(end, event, kAllWanted);) order.push_back(event.data);
  return order;
}

TEST(EventQueue, GivesTheEarliestFirst) {
  EventQueue queue;
  queue.push(EventKind::timer, kStart + 30ns, 0, 0, 1);
  queue.push(EventKind::timer, kStart + 10ns, 0, 0, 2);
  queue.push(EventKind::timer, kStart + 20ns, 0, 0, 3);
  EXPECT_EQ(drain(queue), (std::vector<std::uint64_t>{2, 3, 1}));
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueue, TiesAreFirstInFirstOut) {
  EventQueue queue;
  const EventQueue::LaneId lane = queue.lane(10ns);
  for (std::uint64_t i = 0; i < 40; i += 2) {
    queue.push(EventKind::timer, kStart + 10ns, 0, 0, i);
    queue.push_lane(lane, EventKind::request_arrives, kStart, 0, i + 1);
  }
  const std::vector<std::uint64_t> order = drain(queue);
  ASSERT_EQ(order.size(), 40u);
  for (std::uint64_t i = 0; i < 40; ++i) EXPECT_EQ(order[i], i);
}

TEST(EventQueue, GivesNothingAfterTheEnd) {
  EventQueue queue;
  queue.push(EventKind::timer, kStart + 10ns, 0, 0, 1);
  queue.push(EventKind::timer, kStart + 20ns, 0, 0, 2);
  EXPECT_EQ(drain(queue, kStart + 10ns), std::vector<std::uint64_t>{1}) << "the end itself counts";
  EXPECT_FALSE(queue.empty());
  EXPECT_EQ(drain(queue, kStart + 20ns), std::vector<std::uint64_t>{2});
}

TEST(EventQueue, ReturnsWhatWasPushed) {
  EventQueue queue;
  queue.push(EventKind::shared_completion, kStart + 5ns, 7, 8, 9);
  Event event;
  ASSERT_TRUE(queue.pop(kNever, event, kAllWanted));
  EXPECT_EQ(event.kind(), EventKind::shared_completion);
  EXPECT_EQ(event.at, kStart + 5ns);
  EXPECT_EQ(event.a, 7u);
  EXPECT_EQ(event.b, 8u);
  EXPECT_EQ(event.data, 9u);
}

TEST(EventQueue, OneDelayHasOneLane) {
  EventQueue queue;
  const EventQueue::LaneId lane = queue.lane(5ms);
  EXPECT_NE(queue.lane(6ms), lane);
  EXPECT_EQ(queue.lane(5ms), lane);
}

// Of a hundred deadlines in a lane the first is in the heap already; the others are asked about
// when their turn comes, and dropped.
TEST(EventQueue, DropsStaleEventsOfLanesUnseen) {
  EventQueue queue;
  const EventQueue::LaneId lane = queue.lane(1s);
  for (std::uint64_t i = 0; i < 100; ++i)
    queue.push_lane(lane, EventKind::timer, kStart + Duration(static_cast<std::int64_t>(i)), 0, i);
  std::vector<std::uint64_t> seen;
  const auto stale = [](const Event& event) { return event.data % 10 != 0; };
  for (Event event; queue.pop(kNever, event, stale);) seen.push_back(event.data);
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{0, 10, 20, 30, 40, 50, 60, 70, 80, 90}));
}

// The same in slow motion: a multimap keeps equal keys in the order of their insertion.
class Model {
 public:
  explicit Model(std::uint64_t seed) : random_(seed) {
    for (const Duration delay : {Duration(0), Duration(3), Duration(50), Duration(1000)}) {
      delays_.push_back(delay);
      lanes_.push_back(queue_.lane(delay));
    }
  }

  void step() {
    const std::uint64_t dice = random_.below(100);
    if (dice < 30)
      push();
    else if (dice < 50)
      push_lane();
    else if (dice < 55)
      cancel();
    else
      pop();
  }
  void drain() {
    while (!model_.empty()) pop();
    ASSERT_TRUE(queue_.empty());
  }

 private:
  void expect(Instant at) {
    place_[next_] = model_.emplace(at, next_);
    ++next_;
  }
  void push() {
    const Instant at = now_ + Duration(static_cast<std::int64_t>(random_.below(200)));
    queue_.push(EventKind::arrival, at, 0, 0, next_);
    expect(at);
  }
  void push_lane() {
    const std::size_t lane = random_.below(lanes_.size());
    queue_.push_lane(lanes_[lane], EventKind::timer, now_, 0, next_);
    timers_.push_back(next_);
    expect(now_ + delays_[lane]);
  }
  // A timer that nobody wants any more may still come, if it was at the head of its lane.
  void cancel() {
    if (timers_.empty()) return;
    const std::uint64_t timer = timers_[random_.below(timers_.size())];
    const auto place = place_.find(timer);
    if (place == place_.end()) return;
    model_.erase(place->second);
    place_.erase(place);
    cancelled_.insert(timer);
  }
  void pop() {
    Event event;
    const auto stale = [&](const Event& e) { return cancelled_.contains(e.data); };
    bool got = queue_.pop(kNever, event, stale);
    while (got && cancelled_.contains(event.data)) got = queue_.pop(kNever, event, stale);
    ASSERT_EQ(got, !model_.empty());
    if (!got) return;
    ASSERT_EQ(event.at, model_.begin()->first);
    ASSERT_EQ(event.data, model_.begin()->second);
    now_ = event.at;
    place_.erase(event.data);
    model_.erase(model_.begin());
  }

  using Expected = std::multimap<Instant, std::uint64_t>;
  RandomStream random_;
  EventQueue queue_;
  std::vector<Duration> delays_;
  std::vector<EventQueue::LaneId> lanes_;
  Instant now_ = kStart;
  std::uint64_t next_ = 0;
  Expected model_;
  std::map<std::uint64_t, Expected::iterator> place_;
  std::vector<std::uint64_t> timers_;
  std::set<std::uint64_t> cancelled_;
};

class EventQueueModel : public testing::TestWithParam<std::uint64_t> {};

TEST_P(EventQueueModel, IsASortedListWithTiesInOrder) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  Model model(GetParam());
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 5'000; ++i) {
      model.step();
      ASSERT_FALSE(HasFatalFailure()) << "round " << round << ", step " << i;
    }
    model.drain();
    ASSERT_FALSE(HasFatalFailure()) << "round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, EventQueueModel, testing::Values(1, 2, 3, 4));

TEST(EventQueue, DoesNotAllocateOnceItHasBeenAsFull) {
  EventQueue queue;
  const EventQueue::LaneId lane = queue.lane(1us);
  Instant now = kStart;
  RandomStream random(1);
  const auto fill_and_empty = [&] {
    for (int i = 0; i < 5'000; ++i) {
      queue.push(EventKind::timer, now + Duration(static_cast<std::int64_t>(random.below(999))), 0);
      queue.push_lane(lane, EventKind::timer, now, 0);
    }
    for (Event event; queue.pop(kNever, event, kAllWanted);) now = event.at;
  };
  fill_and_empty();
  const std::uint64_t before = test::allocations();
  fill_and_empty();
  EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace steelyard::sim
