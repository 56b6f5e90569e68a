#include "real-harness/network/relay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/hash.h"
#include "core/random.h"
#include "real-harness/os/stream.h"
#include "scenarios/draws.h"
#include "tests/real-harness/loopback.h"

namespace steelyard::live {
namespace {

// A wire that does what a test says, and writes down what it was asked.
struct TestWire final : Wire {
  Passage begin_message(std::uint64_t key, bool to_caller) override {
    const std::lock_guard lock(mutex);
    keys.push_back(key);
    if (to_caller ? fates_to_caller.empty() : fates_to_server.empty())
      return {.travel = to_caller ? travel_to_caller : travel_to_server};
    std::vector<Fate>& fates = to_caller ? fates_to_caller : fates_to_server;
    const Fate fate = fates.front();
    fates.erase(fates.begin());
    return {.fate = fate};
  }
  Duration wait_for_links(bool to_caller, std::size_t bytes, Instant now) override {
    return (to_caller ? link_to_caller : link_to_server).pass(bytes, now) - now;
  }
  bool silent() const override { return is_silent; }
  Duration close_delay(std::uint64_t) const override { return slow_close; }

  std::mutex mutex;
  std::vector<std::uint64_t> keys;
  Duration travel_to_server{};
  Duration travel_to_caller{};
  std::vector<Fate> fates_to_server;  // of the next messages
  std::vector<Fate> fates_to_caller;
  SharedLink link_to_server;
  SharedLink link_to_caller;
  Duration slow_close{};
  std::atomic<bool> is_silent{false};
};

// A relay before a listener of the test's own, on a reactor of its own.
class RelayTest : public testing::Test {
 protected:
  // Tells the relay's address. Say everything to the wire before.
  Address start(RelayOptions options = {}) {
    relay_.emplace(reactor_, listening_socket(), address_of(server_.get()), wire_,
                   std::move(options));
    background_.emplace(reactor_);
    return relay_->address();
  }
  void TearDown() override {
    background_.reset();
    relay_.reset();
  }
  // The server's side of the next connection.
  RawClient accepted() {
    pollfd wait{.fd = server_.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&wait, 1, 5000), 1) << "nobody connects";
    return RawClient(Descriptor(accept(server_.get(), nullptr, nullptr)));
  }
  bool somebody_connects(int wait_ms) {
    pollfd wait{.fd = server_.get(), .events = POLLIN, .revents = 0};
    return poll(&wait, 1, wait_ms) == 1;
  }
  // Looks again and again, for at most ten seconds.
  bool soon_without_connections() {
    for (int i = 0; i < 1000; ++i) {
      std::atomic<std::size_t> left{1};
      std::atomic<bool> told{false};
      reactor_.post([&] {
        left = relay_->connections();
        told = true;
      });
      while (!told) std::this_thread::sleep_for(std::chrono::microseconds(100));
      if (left == 0) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  Reactor reactor_;
  TestWire wire_;
  Descriptor server_ = listening_socket();
  std::optional<Relay> relay_;
  std::optional<Background> background_;
};

class Watch {
 public:
  Duration passed() const { return std::chrono::steady_clock::now() - begin_; }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

bool hears_nothing(const RawClient& party, int wait_ms) {
  pollfd wait{.fd = party.fd(), .events = POLLIN, .revents = 0};
  return poll(&wait, 1, wait_ms) == 0;
}

TEST_F(RelayTest, CarriesWhatBothSayAndKeepsHalfClosedConnections) {
  RawClient caller(start());
  RawClient server = accepted();
  caller.say("how are you?");
  EXPECT_EQ(server.hear_until("?"), "how are you?");
  server.say("well");
  EXPECT_EQ(caller.hear_until("well"), "well");
  caller.end_sending();
  EXPECT_EQ(server.hear_all(), " END");
  server.say("and still here");
  EXPECT_EQ(caller.hear_until("here"), "and still here");
  server.end_sending();
  EXPECT_EQ(caller.hear_all(), " END");
  EXPECT_TRUE(soon_without_connections());
}

TEST_F(RelayTest, AServerMaySpeakFirst) {
  wire_.travel_to_caller = 1ms;
  RawClient caller(start());
  accepted().say("welcome");
  EXPECT_EQ(caller.hear_all(), "welcome END");
}

TEST_F(RelayTest, EachWayTakesItsTime) {
  wire_.travel_to_server = 30ms;
  wire_.travel_to_caller = 20ms;
  RawClient caller(start());
  RawClient server = accepted();
  const Watch watch;
  caller.say("ping");
  EXPECT_EQ(server.hear_until("ping"), "ping");
  EXPECT_GE(watch.passed(), 30ms);
  server.say("pong");
  EXPECT_EQ(caller.hear_until("pong"), "pong");
  EXPECT_GE(watch.passed(), 50ms);
  caller.end_sending();
  EXPECT_EQ(server.hear_all(), " END");
  EXPECT_GE(watch.passed(), 80ms) << "the news of the end travels, too";
}

TEST_F(RelayTest, ConnectionsShareALink) {
  wire_.link_to_server.bytes_per_second = 1e6;
  const Address address = start();
  RawClient one(address);
  RawClient other(address);
  const Watch watch;
  const std::string bytes(50'000, 'x');
  std::thread sender([&] { one.say(bytes + "."); });
  other.say(bytes + ".");
  sender.join();
  RawClient first = accepted();
  RawClient second = accepted();
  EXPECT_EQ(first.hear_until(".").size(), bytes.size() + 1);
  EXPECT_EQ(second.hear_until(".").size(), bytes.size() + 1);
  EXPECT_GE(watch.passed(), 100ms) << "100,002 bytes at 1 MB/s";
}

TEST_F(RelayTest, WhoSendsFasterThanBytesArriveIsNotReadFrom) {
  wire_.travel_to_server = std::chrono::hours(1);
  RawClient caller(start());
  RawClient server = accepted();
  // The kernel keeps some megabytes of a connection, on either side.
  constexpr std::size_t kMuch = 64 << 20;
  const std::string piece(1 << 16, 'x');
  std::size_t sent = 0;
  pollfd writable{.fd = caller.fd(), .events = POLLOUT, .revents = 0};
  while (sent < kMuch && poll(&writable, 1, 300) == 1) {
    const ssize_t taken =
        ::send(caller.fd(), piece.data(), piece.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken > 0) sent += static_cast<std::size_t>(taken);
  }
  EXPECT_GE(sent, std::size_t{1} << 20);
  EXPECT_LT(sent, kMuch);
}

TEST_F(RelayTest, MuchMoreThanMayBeUnderWayArrivesWhole) {
  wire_.travel_to_server = 2ms;
  RelayOptions options;
  options.under_way_max = 100'000;
  RawClient caller(start(options));
  RawClient server = accepted();
  constexpr std::size_t kBytes = 5'000'000;
  std::string all;
  for (std::size_t i = 0; all.size() < kBytes; ++i) all += std::to_string(mix64(i));
  std::thread sender([&] {
    caller.say(all);
    caller.end_sending();
  });
  const std::string heard = server.hear_all();
  sender.join();
  EXPECT_TRUE(heard == all + " END") << heard.size() << " of " << all.size() << " bytes";
}

TEST_F(RelayTest, ALostMessageStallsItsConnectionAndNoOther) {
  wire_.fates_to_server = {Wire::Fate::arrives, Wire::Fate::lost};
  const Address address = start();
  RawClient caller(address);
  RawClient server = accepted();
  caller.say("one");
  EXPECT_EQ(server.hear_until("one"), "one");
  server.say("answer");
  EXPECT_EQ(caller.hear_until("answer"), "answer");
  caller.say("two");
  EXPECT_TRUE(hears_nothing(server, 50));
  caller.say("three");
  EXPECT_TRUE(hears_nothing(server, 50)) << "bytes arrive in order, or not at all";
  RawClient another(address);
  another.say("hello");
  EXPECT_EQ(accepted().hear_until("hello"), "hello");
}

TEST_F(RelayTest, ABlackholeSwallowsWhatIsSentWhileItLasts) {
  const Address address = start();
  RawClient unlucky(address);
  RawClient unlucky_server = accepted();
  RawClient idle(address);
  RawClient idle_server = accepted();
  RawClient waiting(address);
  RawClient waiting_server = accepted();
  waiting.say("question");
  EXPECT_EQ(waiting_server.hear_until("question"), "question");

  wire_.is_silent = true;
  unlucky.say("lost");
  waiting_server.say("lost answer");
  RawClient newcomer(address);
  newcomer.say("lost, too");
  EXPECT_TRUE(newcomer.connected()) << "the relay listens; what it hears goes nowhere";
  EXPECT_TRUE(hears_nothing(unlucky_server, 50));
  EXPECT_TRUE(hears_nothing(waiting, 50));
  EXPECT_FALSE(somebody_connects(50));

  wire_.is_silent = false;
  unlucky.say("again");
  waiting_server.say("again");
  newcomer.say("again");
  EXPECT_TRUE(hears_nothing(unlucky_server, 50)) << "what came before is missing";
  EXPECT_TRUE(hears_nothing(waiting, 50));
  EXPECT_FALSE(somebody_connects(50));
  idle.say("I said nothing meanwhile");
  EXPECT_EQ(idle_server.hear_until("meanwhile"), "I said nothing meanwhile");
  RawClient next(address);
  next.say("new");
  EXPECT_EQ(accepted().hear_until("new"), "new");
}

TEST_F(RelayTest, WhatABlackholeHasCutOffIsForgottenWhenItsCallerGoes) {
  const Address address = start();
  {
    RawClient asked(address);
    RawClient server = accepted();
    asked.say("question");
    EXPECT_EQ(server.hear_until("question"), "question");
    wire_.is_silent = true;
    server.say("lost answer");
    server.end_sending();
    EXPECT_TRUE(hears_nothing(asked, 50)) << "not even that the server has closed";
    RawClient newcomer(address);
    newcomer.say("lost");
    EXPECT_TRUE(hears_nothing(newcomer, 50));
  }
  EXPECT_TRUE(soon_without_connections());
}

TEST_F(RelayTest, AResetMessageResetsBothSides) {
  wire_.fates_to_server = {Wire::Fate::reset};
  RawClient caller(start());
  RawClient server = accepted();
  caller.say("fatal");
  EXPECT_EQ(caller.hear_all(), " RESET");
  EXPECT_EQ(server.hear_all(), " RESET");
  EXPECT_TRUE(soon_without_connections());
}

TEST_F(RelayTest, AllConnectionsCanBeReset) {
  const Address address = start();
  RawClient one(address);
  RawClient one_server = accepted();
  RawClient two(address);
  RawClient two_server = accepted();
  reactor_.post([&] { relay_->reset(); });
  EXPECT_EQ(one.hear_all(), " RESET");
  EXPECT_EQ(one_server.hear_all(), " RESET");
  EXPECT_EQ(two.hear_all(), " RESET");
  EXPECT_EQ(two_server.hear_all(), " RESET");
  RawClient three(address);
  three.say("still here");
  EXPECT_EQ(accepted().hear_until("here"), "still here");
}

TEST_F(RelayTest, APartysResetReachesTheOtherAfterWhatItSaidBefore) {
  wire_.travel_to_caller = 20ms;
  RawClient caller(start());
  const Watch watch;
  {
    RawClient server = accepted();
    server.say("unread bytes make a close a reset");
    caller.say("unread");
    pollfd wait{.fd = server.fd(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&wait, 1, 5000), 1);
  }
  const std::string heard = caller.hear_all();
  EXPECT_GE(watch.passed(), 20ms);
  EXPECT_TRUE(heard.ends_with(" RESET")) << heard;
}

TEST_F(RelayTest, AFriendlyCloseMayBeSlow) {
  wire_.slow_close = 60ms;
  RawClient caller(start());
  const Watch watch;
  accepted().say("bye");
  EXPECT_EQ(caller.hear_until("bye"), "bye");
  EXPECT_TRUE(hears_nothing(caller, 10)) << "the server has closed already";
  EXPECT_EQ(caller.hear_all(), " END");
  EXPECT_GE(watch.passed(), 60ms);
}

TEST_F(RelayTest, AConnectionWhoseCloseIsSlowLooksOpenAndLosesWhatIsSaid) {
  wire_.slow_close = 300ms;
  RawClient caller(start());
  const Watch watch;
  accepted();
  caller.say("anybody there?");
  EXPECT_TRUE(hears_nothing(caller, 5));
  caller.say("hello?");
  EXPECT_THAT(caller.hear_all(), testing::AnyOf(" END", " RESET"));
  EXPECT_GE(watch.passed(), 300ms);
}

TEST_F(RelayTest, WhereNobodyListensCallersAreReset) {
  server_.reset();
  server_ = listening_socket();
  const Address address = address_of(server_.get());
  server_.reset();
  Relay relay(reactor_, listening_socket(), address, wire_, {});
  const Background background(reactor_);
  RawClient caller(relay.address());
  EXPECT_EQ(caller.hear_all(), " RESET");
}

TEST_F(RelayTest, WhereNobodyListensCallersMayBeToldSoWhenTheirMessageHasArrived) {
  wire_.travel_to_server = 20ms;
  wire_.travel_to_caller = 20ms;
  const Address address = address_of(server_.get());
  server_.reset();
  RelayOptions options;
  options.refusal = "nobody here";
  Relay relay(reactor_, listening_socket(), address, wire_, options);
  const Background background(reactor_);
  RawClient caller(relay.address());
  EXPECT_TRUE(hears_nothing(caller, 50)) << "nothing was asked";
  const Watch watch;
  caller.say("hello");
  EXPECT_EQ(caller.hear_all(), "nobody here END");
  EXPECT_GE(watch.passed(), 40ms) << "there and back";
}

// What is said before the relay knows that nobody listens is not lost on the way.
TEST_F(RelayTest, WhereNobodyListensCallersAreToldSoHoweverSoonTheySpeak) {
  const Address address = address_of(server_.get());
  server_.reset();
  Relay relay(reactor_, listening_socket(), address, wire_, {.refusal = "nobody here"});
  RawClient caller(relay.address());
  caller.say("hello");
  const Background background(reactor_);
  EXPECT_EQ(caller.hear_all(), "nobody here END");
}

TEST_F(RelayTest, MessagesHaveTheNamesThatTheyHaveInTheSimulation) {
  RelayOptions options;
  options.draw_key_of = [](std::string_view bytes) -> std::uint64_t {
    return bytes.starts_with("key 7") ? 7 : 0;
  };
  RawClient caller(start(options));
  RawClient server = accepted();
  caller.say("key 7, a request");
  EXPECT_EQ(server.hear_until("request"), "key 7, a request");
  server.say("answer");
  EXPECT_EQ(caller.hear_until("answer"), "answer");
  caller.say("nameless");
  EXPECT_EQ(server.hear_until("nameless"), "nameless");
  const std::lock_guard lock(wire_.mutex);
  ASSERT_EQ(wire_.keys.size(), 3u);
  EXPECT_EQ(wire_.keys[0], message_key(7, false));
  EXPECT_EQ(wire_.keys[1], message_key(7, true));
  EXPECT_NE(wire_.keys[2], wire_.keys[0]);
}

TEST_F(RelayTest, AnEndInPlaceOfAnAnswerHasTheAnswersName) {
  RawClient caller(start({.draw_key_of = [](std::string_view) { return std::uint64_t{7}; }}));
  {
    RawClient server = accepted();
    caller.say("a request");
    EXPECT_EQ(server.hear_until("request"), "a request");
  }
  EXPECT_EQ(caller.hear_all(), " END");
  const std::lock_guard lock(wire_.mutex);
  ASSERT_EQ(wire_.keys.size(), 2u);
  EXPECT_EQ(wire_.keys[1], message_key(7, true));
}

// Says back what it hears, to everybody.
class EchoServer final : Reactor::Watcher {
 public:
  EchoServer(Reactor& reactor, int listener) : reactor_(reactor), listener_(listener) {
    reactor_.watch(listener_, *this);
  }
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;
  ~EchoServer() { reactor_.unwatch(listener_, *this); }

 private:
  struct Party final : Stream::Owner {
    void on_input() override {
      const std::string_view input = stream->input();
      stream->write(input);
      stream->consume(input.size());
      if (stream->ended()) stream->end_sending();
    }
    void on_failed(int) override {}
    std::unique_ptr<Stream> stream;
  };
  void on_ready(std::uint32_t) override {
    for (;;) {
      Descriptor socket(accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK));
      if (!socket) return;
      parties_.push_back(std::make_unique<Party>());
      parties_.back()->stream =
          std::make_unique<Stream>(reactor_, std::move(socket), *parties_.back());
    }
  }
  Reactor& reactor_;
  int listener_;
  std::vector<std::unique_ptr<Party>> parties_;
};

// A wire on which every message has its own luck.
struct ChancyWire final : Wire {
  explicit ChancyWire(std::uint64_t seed) : random(seed) {}
  Passage begin_message(std::uint64_t key, bool) override {
    RandomStream draws = random.stream(key);
    return {.travel = Duration(draws.below(4'000'000))};
  }
  Duration wait_for_links(bool, std::size_t bytes, Instant now) override {
    return link.pass(bytes, now) - now;
  }
  bool silent() const override { return false; }
  RandomStream random;
  SharedLink link{.bytes_per_second = 2e8};
};

TEST(Relay, EveryByteOfManyConnectionsArrivesInOrder) {
  constexpr std::uint64_t kSeed = 20260117;
  Reactor reactor;
  ChancyWire wire(kSeed);
  const Descriptor listener = listening_socket();
  EchoServer echo(reactor, listener.get());
  Relay relay(reactor, listening_socket(), address_of(listener.get()), wire,
              {.under_way_max = 20'000});
  const Background background(reactor);
  std::vector<std::thread> callers;
  std::atomic<int> whole{0};
  for (std::uint64_t c = 0; c < 8; ++c)
    callers.emplace_back([&, c] {
      RandomStream random = RandomStream(kSeed).stream(c);
      RawClient caller(relay.address());
      std::string said;
      std::thread speaker([&] {
        for (int i = 0; i < 60; ++i) {
          const std::string piece(1 + random.below(8000),
                                  static_cast<char>('a' + random.below(26)));
          said += piece;
          caller.say(piece);
          if (random.chance(0.3)) std::this_thread::sleep_for(std::chrono::milliseconds(6));
        }
        caller.end_sending();
      });
      const std::string heard = caller.hear_all();
      speaker.join();
      if (heard == said + " END") ++whole;
    });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(whole, 8) << "seed " << kSeed;
}

}  // namespace
}  // namespace steelyard::live
