#include "real-harness/instances/supervisor.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <thread>

namespace steelyard::live {
namespace {

struct Command {
  std::uint64_t task = 0;
  FaultState faults;
};

constexpr auto kGentleTime = std::chrono::milliseconds(2000);

// A child, or the place of one that is dead for the time being.
struct Child {
  pid_t pid = -1;
  Descriptor control;
  FaultState faults;
};

// The supervisor's own life, in its own process.
class Watchman {
 public:
  Watchman(std::vector<ChildTask> tasks, std::vector<Descriptor> listeners, Descriptor control)
      : tasks_(std::move(tasks)),
        listeners_(std::move(listeners)),
        control_(std::move(control)),
        children_(tasks_.size()) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, &inherited_signals_);
    ended_ = Descriptor(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    for (std::size_t i = 0; i < tasks_.size(); ++i) start(i, std::move(listeners_[i]));
    listeners_.clear();
  }

  // Returns when the other end of `control` is closed, and all children have ended.
  void watch() {
    for (;;) {
      std::array<pollfd, 2> wait{{{.fd = control_.get(), .events = POLLIN, .revents = 0},
                                  {.fd = ended_.get(), .events = POLLIN, .revents = 0}}};
      poll(wait.data(), wait.size(), -1);
      if (wait[1].revents != 0) collect();
      if (wait[0].revents == 0) continue;
      Command command;
      const ssize_t got = recv(control_.get(), &command, sizeof command, 0);
      if (got == sizeof command)
        apply(command);
      else if (got == 0 || (got < 0 && errno != EINTR))
        break;
    }
    stop();
  }

 private:
  void start(std::size_t index, Descriptor listener) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return;
    Descriptor mine(ends[0]);
    Descriptor its(ends[1]);
    const pid_t supervisor = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != supervisor) _exit(1);  // it died before this line
      prctl(PR_SET_NAME, tasks_[index].name.c_str());
      sigprocmask(SIG_SETMASK, &inherited_signals_, nullptr);
      mine.reset();
      control_.reset();
      for (Child& child : children_) child.control.reset();
      listeners_.clear();  // else this one keeps those listening that start, and die, after it
      run_child(index, std::move(listener), std::move(its));
    }
    children_[index].pid = pid;
    children_[index].control = std::move(mine);
  }

  [[noreturn]] void run_child(std::size_t index, Descriptor listener, Descriptor control) {
    int code = 0;
    try {
      tasks_[index].run(std::move(listener), std::move(control), children_[index].faults);
    } catch (const std::exception& error) {
      fmt::print(stderr, "steelyard: {}: {}\n", tasks_[index].name, error.what());
      code = 1;
    }
    std::exit(code);
  }

  void apply(const Command& command) {
    if (command.task >= children_.size()) return;
    Child& child = children_[command.task];
    const FaultState before = child.faults;
    child.faults = command.faults;
    if (command.faults.crashed) {
      if (!before.crashed) kill_now(child);
      return;
    }
    if (before.crashed) {
      Result<Descriptor> listener = listen_at(tasks_[command.task].address);
      if (!listener.ok())
        return tell(fmt::format("{}: {}", tasks_[command.task].name, listener.error()));
      start(command.task, std::move(listener.value()));
      return;
    }
    if (before.paused && !command.faults.paused && child.pid > 0) kill(child.pid, SIGCONT);
    // One who is to pause stops itself, once it has put its work aside.
    send(child.control.get(), &command.faults, sizeof command.faults, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  void kill_now(Child& child) {
    if (child.pid <= 0) return;
    kill(child.pid, SIGKILL);
    waitpid(child.pid, nullptr, 0);
    child.pid = -1;
    child.control.reset();
  }

  // Those that have ended of themselves, which none should.
  void collect() {
    std::array<signalfd_siginfo, 8> infos{};
    [[maybe_unused]] const auto got = read(ended_.get(), infos.data(), sizeof infos);
    for (std::size_t i = 0; i < children_.size(); ++i) {
      int status = 0;
      if (children_[i].pid <= 0 || waitpid(children_[i].pid, &status, WNOHANG) <= 0) continue;
      children_[i].pid = -1;
      tell_end(i, status);
    }
  }

  void tell_end(std::size_t index, int status) {
    tell(WIFSIGNALED(status)
             ? fmt::format("{} was ended by signal {}", tasks_[index].name, WTERMSIG(status))
             : fmt::format("{} ended with code {}", tasks_[index].name, WEXITSTATUS(status)));
  }

  void tell(const std::string& what) {
    send(control_.get(), what.data(), what.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  void stop() {
    for (std::size_t i = 0; i < children_.size(); ++i) {
      Child& child = children_[i];
      child.control.reset();  // its sign to end
      if (child.pid > 0) kill(child.pid, SIGCONT);
      if (child.pid > 0 && tasks_[i].becomes_program) kill(child.pid, SIGTERM);
    }
    const auto patience = std::chrono::steady_clock::now() + kGentleTime;
    for (std::size_t i = 0; i < children_.size(); ++i) {
      Child& child = children_[i];
      while (child.pid > 0) {
        int status = 0;
        if (waitpid(child.pid, &status, WNOHANG) != 0) {
          child.pid = -1;
          // Programs end as they please, by the signal too.
          if (status != 0 && !tasks_[i].becomes_program) tell_end(i, status);
        } else if (std::chrono::steady_clock::now() > patience) {
          kill_now(child);
        } else {
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
      }
    }
  }

  std::vector<ChildTask> tasks_;
  std::vector<Descriptor> listeners_;  // of those not started yet
  Descriptor control_;
  Descriptor ended_;
  sigset_t inherited_signals_{};
  std::vector<Child> children_;
};

[[noreturn]] void be_supervisor(pid_t parent, std::vector<ChildTask> tasks,
                                std::vector<Descriptor> listeners, Descriptor control,
                                const std::function<void()>& at_end) {
  // Interrupts are for the process that started the run: it says when to end.
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  prctl(PR_SET_NAME, "supervisor");
  if (getppid() == parent)
    Watchman(std::move(tasks), std::move(listeners), std::move(control)).watch();
  if (at_end) at_end();
  _exit(0);
}

}  // namespace

Result<Supervisor> Supervisor::start(
    std::vector<ChildTask> tasks,
    const std::function<void(const std::vector<Address>& addresses)>& prepare,
    const std::function<void()>& at_end) {
  Supervisor supervisor;
  std::vector<Descriptor> listeners;
  for (ChildTask& task : tasks) {
    if (task.address.length == 0) {
      supervisor.addresses_.emplace_back();
      listeners.emplace_back();
      continue;
    }
    Result<Descriptor> listener = listen_at(task.address);
    if (!listener.ok()) return Error{listener.error()};
    task.address = address_of(listener.value().get());
    supervisor.addresses_.push_back(task.address);
    listeners.push_back(std::move(listener.value()));
  }
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return Error{fmt::format("cannot make a socket pair: {}", std::strerror(errno))};
  supervisor.control_ = Descriptor(ends[0]);
  Descriptor its(ends[1]);
  if (prepare) prepare(supervisor.addresses_);
  const pid_t parent = getpid();
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid < 0) return Error{fmt::format("cannot start a process: {}", std::strerror(errno))};
  if (pid == 0) {
    supervisor.control_.reset();
    be_supervisor(parent, std::move(tasks), std::move(listeners), std::move(its), at_end);
  }
  supervisor.pid_ = pid;
  return supervisor;
}

Supervisor::~Supervisor() { stop(); }

void Supervisor::set_faults(std::size_t task, const FaultState& faults) {
  const Command command{.task = task, .faults = faults};
  send(control_.get(), &command, sizeof command, MSG_NOSIGNAL | MSG_DONTWAIT);
}

// What it has to tell; returns whether it is at its end.
bool Supervisor::hear(int flags, std::vector<std::string>& told) {
  std::array<char, 512> text{};
  for (;;) {
    const ssize_t got = recv(control_.get(), text.data(), text.size(), flags);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0;
    told.emplace_back(text.data(), static_cast<std::size_t>(got));
  }
}

std::vector<std::string> Supervisor::accidents() {
  std::vector<std::string> all;
  if (hear(MSG_DONTWAIT, all)) all.emplace_back("the supervisor has ended");
  return all;
}

std::vector<std::string> Supervisor::stop() {
  std::vector<std::string> all;
  if (!control_) return all;
  shutdown(control_.get(), SHUT_WR);  // its sign to end
  hear(0, all);
  control_.reset();
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
  return all;
}

}  // namespace steelyard::live
