#include "real-harness/instances/supervisor.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/app/command.h"
#include "tests/real-harness/loopback.h"

namespace steelyard::live {
namespace {

// Accepts connections, says "here" to each, until its control is closed.
void say_here(Descriptor listener, Descriptor control, const FaultState&) {
  for (;;) {
    std::array<pollfd, 2> wait{{{.fd = listener.get(), .events = POLLIN, .revents = 0},
                                {.fd = control.get(), .events = POLLIN, .revents = 0}}};
    poll(wait.data(), wait.size(), -1);
    FaultState faults;
    if (wait[1].revents != 0 && recv(control.get(), &faults, sizeof faults, 0) <= 0) return;
    if (wait[0].revents == 0) continue;
    const Descriptor client(accept(listener.get(), nullptr, nullptr));
    [[maybe_unused]] const auto sent = send(client.get(), "here", 4, MSG_NOSIGNAL);
  }
}

std::vector<ChildTask> two_tasks() {
  return {{"one", ipv4(kLoopback, 0), say_here}, {"two", ipv4(kLoopback, 0), say_here}};
}

// Looks again and again, for at most ten seconds.
bool soon(const std::function<bool()>& holds) {
  for (int i = 0; i < 1000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

bool answers(const Address& address) {
  RawClient client(address);
  return client.connected() && client.hear_all() == "here END";
}

bool refuses(const Address& address) { return !RawClient(address).connected(); }

TEST(Supervisor, ItsChildrenAnswerUntilItStops) {
  Result<Supervisor> started = Supervisor::start(two_tasks());
  ASSERT_TRUE(started.ok()) << started.error();
  Supervisor supervisor = std::move(started.value());
  const std::vector<Address> addresses = supervisor.addresses();
  EXPECT_TRUE(answers(addresses[0]));
  EXPECT_TRUE(answers(addresses[1]));
  supervisor.stop();
  EXPECT_TRUE(refuses(addresses[0]));
  EXPECT_TRUE(refuses(addresses[1]));
}

TEST(Supervisor, ACrashedChildRefusesUntilItComesBackAtTheSameAddress) {
  Result<Supervisor> started = Supervisor::start(two_tasks());
  ASSERT_TRUE(started.ok()) << started.error();
  Supervisor& supervisor = started.value();
  const Address one = supervisor.addresses()[0];
  supervisor.set_faults(0, {.crashed = true});
  EXPECT_TRUE(soon([&] { return refuses(one); }));
  EXPECT_TRUE(answers(supervisor.addresses()[1])) << "the other one is untouched";
  supervisor.set_faults(0, {});
  EXPECT_TRUE(soon([&] { return !refuses(one); }));
  EXPECT_TRUE(answers(one));
  EXPECT_TRUE(supervisor.accidents().empty()) << "a crash that was asked for is no accident";
}

TEST(Supervisor, ACrashedChildRefusesWhoeverWasStartedBeforeIt) {
  Result<Supervisor> started = Supervisor::start(two_tasks());
  ASSERT_TRUE(started.ok()) << started.error();
  started.value().set_faults(1, {.crashed = true});
  EXPECT_TRUE(soon([&] { return refuses(started.value().addresses()[1]); }))
      << "the first child must not hold the second one's listening socket";
}

TEST(Supervisor, AChildThatBecomesAProgramIsAskedToEnd) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  Result<Supervisor> started = Supervisor::start(
      {{.name = "sleeper",
        .address = ipv4(kLoopback, 0),
        .run =
            [&](Descriptor, Descriptor, const FaultState&) {
              signal(SIGTERM, SIG_DFL);
              dup2(ends[1], STDOUT_FILENO);
              close(ends[0]);
              close(ends[1]);
              execl("/bin/sh", "sh", "-c",
                    "trap 'echo asked; exit 0' TERM; echo ready; while :; do sleep 0.02; done",
                    nullptr);
            },
        .becomes_program = true}});
  close(ends[1]);
  ASSERT_TRUE(started.ok()) << started.error();
  std::array<char, 64> heard{};
  ASSERT_EQ(read(ends[0], heard.data(), heard.size()), 6);
  EXPECT_EQ(std::string(heard.data(), 6), "ready\n");
  started.value().stop();
  ASSERT_EQ(read(ends[0], heard.data(), heard.size()), 6) << "killed without being asked";
  EXPECT_EQ(std::string(heard.data(), 6), "asked\n");
  close(ends[0]);
}

TEST(Supervisor, NothingIsLeftListeningWhenItsMakerIsKilled) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const pid_t maker = fork();
  if (maker == 0) {
    Result<Supervisor> started = Supervisor::start(two_tasks());
    const std::uint16_t port = started.value().addresses()[0].port();
    [[maybe_unused]] const auto told = write(ends[1], &port, sizeof port);
    for (;;) pause();
  }
  std::uint16_t port = 0;
  ASSERT_EQ(read(ends[0], &port, sizeof port), static_cast<ssize_t>(sizeof port));
  const Address address = ipv4(kLoopback, port);
  EXPECT_TRUE(answers(address));
  kill(maker, SIGKILL);
  waitpid(maker, nullptr, 0);
  EXPECT_TRUE(soon([&] { return refuses(address); }));
  close(ends[0]);
  close(ends[1]);
}

TEST(Supervisor, ClearsUpAlsoWhenItsMakerIsKilled) {
  const test::Folder folder;
  const std::string file = folder.write("left", "behind");
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const pid_t maker = fork();
  if (maker == 0) {
    Result<Supervisor> started = Supervisor::start(two_tasks(), {}, [&] { unlink(file.c_str()); });
    [[maybe_unused]] const auto told = write(ends[1], "started", 7);
    for (;;) pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ends[0], &byte, 1), 1);
  EXPECT_TRUE(std::filesystem::exists(file));
  kill(maker, SIGKILL);
  waitpid(maker, nullptr, 0);
  EXPECT_TRUE(soon([&] { return !std::filesystem::exists(file); }));
  close(ends[0]);
  close(ends[1]);
}

TEST(Supervisor, TheKernelStopsTheChildrenOfASupervisorThatIsKilled) {
  Result<Supervisor> started = Supervisor::start(two_tasks());
  ASSERT_TRUE(started.ok()) << started.error();
  Supervisor& supervisor = started.value();
  const Address one = supervisor.addresses()[0];
  kill(supervisor.pid(), SIGKILL);
  EXPECT_TRUE(soon([&] { return refuses(one); }));
  EXPECT_EQ(supervisor.accidents(), std::vector<std::string>{"the supervisor has ended"});
}

TEST(Supervisor, AChildThatDiesByItselfIsAnAccident) {
  Result<Supervisor> started =
      Supervisor::start({{"clumsy", ipv4(kLoopback, 0),
                          [](Descriptor, Descriptor, const FaultState&) { std::exit(7); }}});
  ASSERT_TRUE(started.ok()) << started.error();
  std::vector<std::string> accidents;
  EXPECT_TRUE(soon([&] {
    for (const std::string& accident : started.value().accidents()) accidents.push_back(accident);
    return !accidents.empty();
  }));
  EXPECT_EQ(accidents, std::vector<std::string>{"clumsy ended with code 7"});
}

// Waits for the sign to end, and dies of it.
TEST(Supervisor, AChildThatDiesWhenItIsToEndIsAnAccidentToo) {
  Result<Supervisor> started = Supervisor::start(
      {{"clumsy", ipv4(kLoopback, 0), [](Descriptor, Descriptor control, const FaultState&) {
          char sign = 0;
          [[maybe_unused]] const auto got = recv(control.get(), &sign, 1, 0);
          raise(SIGKILL);
        }}});
  ASSERT_TRUE(started.ok()) << started.error();
  EXPECT_EQ(started.value().stop(), std::vector<std::string>{"clumsy was ended by signal 9"});
  EXPECT_TRUE(started.value().stop().empty()) << "told once";
}

TEST(Supervisor, AnAddressInUseIsAnErrorThatSaysWhich) {
  const Descriptor taken = listening_socket();
  const Address address = address_of(taken.get());
  const Result<Supervisor> started = Supervisor::start({{"late", address, say_here}});
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error(), "cannot listen at " + to_text(address) + ": Address already in use");
}

}  // namespace
}  // namespace steelyard::live
