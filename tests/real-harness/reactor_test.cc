#include "real-harness/os/reactor.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <thread>

namespace steelyard::live {
namespace {

// Writes down which timers went off, and stops the reactor at the one named 'stop'.
struct Diary final : Reactor::TimerHandler {
  explicit Diary(Reactor& loop) : reactor(loop) {}
  void on_timer(std::uint64_t data) override {
    if (data == 0) return reactor.stop();
    entries += std::to_string(data) + " ";
  }
  Reactor& reactor;
  std::string entries;
};

TEST(Reactor, TimersGoOffInTheOrderOfTimeAndThenOfAsking) {
  Reactor reactor;
  Diary diary(reactor);
  const Instant now = reactor.now();
  reactor.at(now + 3ms, diary, 3);
  reactor.at(now + 1ms, diary, 1);
  reactor.at(now + 2ms, diary, 21);
  reactor.at(now + 2ms, diary, 22);
  reactor.at(now + 4ms, diary, 0);
  reactor.run();
  EXPECT_EQ(diary.entries, "1 21 22 3 ");
  EXPECT_GE(reactor.now(), now + 4ms) << "timers are never early";
}

TEST(Reactor, ACancelledTimerStaysSilent) {
  Reactor reactor;
  Diary diary(reactor);
  const Instant now = reactor.now();
  const Reactor::TimerId first = reactor.at(now + 1ms, diary, 1);
  reactor.at(now + 1ms, diary, 2);
  reactor.cancel(first);
  // Takes over the cancelled one's slot, which must not bring it back.
  reactor.at(now + 2ms, diary, 3);
  reactor.cancel(first);
  reactor.at(now + 3ms, diary, 0);
  reactor.run();
  EXPECT_EQ(diary.entries, "2 3 ");
}

TEST(Reactor, WorkIsPostedFromAnotherThread) {
  Reactor reactor;
  std::thread::id ran_on;
  std::thread other([&] {
    reactor.post([&] {
      ran_on = std::this_thread::get_id();
      reactor.stop();
    });
  });
  reactor.run();
  other.join();
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(Reactor, TimersAreNeverEarlyWhenItSpinsBeforeThem) {
  Reactor reactor;
  reactor.spin_before_timers();
  // Each looks at the clock when it goes off, and asks for the next one.
  struct Chain final : Reactor::TimerHandler {
    explicit Chain(Reactor& loop) : reactor(loop), due(loop.now() + 2ms) {
      reactor.at(due, *this, 0);
    }
    void on_timer(std::uint64_t) override {
      if (reactor.refresh() < due) ++early;
      if (++count == 50) return reactor.stop();
      due += 1ms;
      reactor.at(due, *this, 0);
    }
    Reactor& reactor;
    Instant due;
    int count = 0;
    int early = 0;
  };
  Chain chain(reactor);
  reactor.run();
  EXPECT_EQ(chain.count, 50);
  EXPECT_EQ(chain.early, 0);
}

// One that asks again at once, for ever: a generator that cannot keep up.
struct Eager final : Reactor::TimerHandler {
  explicit Eager(Reactor& loop) : reactor(loop) {}
  void on_timer(std::uint64_t) override { reactor.at(reactor.now(), *this, 0); }
  Reactor& reactor;
};

struct Stopper final : Reactor::Watcher {
  explicit Stopper(Reactor& loop) : reactor(loop) {}
  void on_ready(std::uint32_t) override { reactor.stop(); }
  Reactor& reactor;
};

TEST(Reactor, TimersThatAreAlwaysLateDoNotStarveTheDescriptors) {
  Reactor reactor;
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
  const Descriptor one(ends[0]);
  const Descriptor other(ends[1]);
  Eager eager(reactor);
  eager.on_timer(0);
  Stopper stopper(reactor);
  reactor.watch(one.get(), stopper);
  reactor.run();  // returns, because the socket can be written
  reactor.unwatch(one.get(), stopper);
}

}  // namespace
}  // namespace steelyard::live
