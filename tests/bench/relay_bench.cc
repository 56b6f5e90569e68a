// What a relay costs: a request of 1 KiB and its answer over one kept connection, directly and
// through a relay that adds nothing, and the processor time that the relay itself takes for it.
#include <benchmark/benchmark.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "real-harness/network/relay.h"
#include "real-harness/os/precedence.h"
#include "real-harness/os/stream.h"

namespace steelyard::live {
namespace {

constexpr std::uint32_t kLoopback = 0x7f000001;
constexpr std::size_t kBytes = 1024;

// Runs a reactor on a thread of its own, and tells what that took.
class Background {
 public:
  explicit Background(Reactor& reactor)
      : reactor_(reactor), thread_([this] {
          reactor_.run();
          cpu_seconds_ = thread_cpu_seconds();
        }) {}
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background() { stop(); }
  double stop() {
    if (thread_.joinable()) {
      reactor_.stop();
      thread_.join();
    }
    return cpu_seconds_;
  }

 private:
  Reactor& reactor_;
  double cpu_seconds_ = 0;
  std::thread thread_;
};

// Answers a kilobyte with a kilobyte.
class Answerer final : Reactor::Watcher, public Stream::Owner {
 public:
  Answerer(Reactor& reactor, Descriptor listener)
      : reactor_(reactor), listener_(std::move(listener)) {
    reactor_.watch(listener_.get(), *this);
  }
  Answerer(const Answerer&) = delete;
  Answerer& operator=(const Answerer&) = delete;
  ~Answerer() { reactor_.unwatch(listener_.get(), *this); }
  Address address() const { return address_of(listener_.get()); }

 private:
  void on_ready(std::uint32_t) override {
    Descriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK));
    if (socket) stream_ = std::make_unique<Stream>(reactor_, std::move(socket), *this);
  }
  void on_input() override {
    if (stream_->input().size() < kBytes) return;
    stream_->consume(kBytes);
    stream_->write(answer_);
  }
  void on_failed(int) override {}

  Reactor& reactor_;
  Descriptor listener_;
  std::unique_ptr<Stream> stream_;
  std::string answer_ = std::string(kBytes, 'y');
};

struct OpenWire final : Wire {
  Passage begin_message(std::uint64_t, bool) override { return {.travel = travel}; }
  Duration wait_for_links(bool, std::size_t, Instant) override { return {}; }
  bool silent() const override { return false; }
  Duration travel{};
};

void ask_and_hear(benchmark::State& state, const Address& address) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  if (connect(socket.get(), address.raw(), address.length) != 0)
    return state.SkipWithError("cannot connect");
  std::vector<char> bytes(kBytes, 'x');
  for (auto _ : state) {
    if (send(socket.get(), bytes.data(), kBytes, MSG_NOSIGNAL) != kBytes ||
        recv(socket.get(), bytes.data(), kBytes, MSG_WAITALL) != kBytes)
      return state.SkipWithError("the connection has ended");
  }
}

Descriptor listener() { return std::move(listen_at(ipv4(kLoopback, 0)).value()); }

void direct(benchmark::State& state) {
  Reactor servers;
  Answerer answerer(servers, listener());
  const Background background(servers);
  ask_and_hear(state, answerer.address());
}
BENCHMARK(direct)->UseRealTime();

// The argument: microseconds that the wire adds, each way.
void relayed(benchmark::State& state) {
  Reactor servers;
  Answerer answerer(servers, listener());
  const Background background(servers);
  Reactor relays;
  OpenWire wire;
  wire.travel = std::chrono::microseconds(state.range(0));
  Relay relay(relays, listener(), answerer.address(), wire);
  Background between(relays);
  ask_and_hear(state, relay.address());
  state.counters["relay_cpu"] = benchmark::Counter(
      between.stop() / static_cast<double>(state.iterations()), benchmark::Counter::kDefaults);
}
BENCHMARK(relayed)->Arg(0)->Arg(1000)->UseRealTime();

}  // namespace
}  // namespace steelyard::live

BENCHMARK_MAIN();
