#include "real-harness/instances/worker.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <thread>

namespace steelyard::live {
namespace {

using namespace std::chrono_literals;

// One place; whoever comes while it is taken waits. At 10 ms the loop is held up for a second, as a
// machine that is busy elsewhere does.
class OnePlace final : Reactor::TimerHandler {
 public:
  // Two jobs of 100 ms and 500 ms, there at 0 and at `second`.
  explicit OnePlace(Duration second) : second_(reactor_.now() + second) {
    begun_ = reactor_.now();
    worker_->start(0, 0.1, begun_);
    reactor_.at(begun_ + 10ms, *this, kHoldUp);
    reactor_.run();
  }

  Duration done_after(std::uint32_t job) const { return done_.at(job) - begun_; }
  Duration held_up() const { return held_up_ - begun_; }

 private:
  static constexpr std::uint64_t kHoldUp = 1;

  void on_timer(std::uint64_t) override {
    std::this_thread::sleep_for(1s);
    held_up_ = reactor_.refresh();
  }

  void on_done(std::uint32_t job) {
    done_[job] = reactor_.refresh();
    if (job == 0) return worker_->start(1, 0.5, second_);
    reactor_.stop();
  }

  Reactor reactor_;
  Instant begun_;
  Instant second_;
  Instant held_up_;
  std::map<std::uint32_t, Instant> done_;
  std::unique_ptr<Worker> worker_ =
      make_timer_worker(reactor_, [this](std::uint32_t job) { on_done(job); });
};

// The place was free from 100 ms, so the second job is due at 600 ms, which is past.
TEST(TimerWorker, CountsAWaitingJobFromWhenThePlaceWasFree) {
  const OnePlace late(0ms);
  EXPECT_GE(late.done_after(0), late.held_up());
  EXPECT_LT(late.done_after(1), late.done_after(0) + 500ms) << "it began before the loop woke up";
}

TEST(TimerWorker, BeginsNoJobBeforeItWasThere) {
  const OnePlace late(900ms);
  EXPECT_GE(late.done_after(1), 900ms + 500ms);
}

}  // namespace
}  // namespace steelyard::live
