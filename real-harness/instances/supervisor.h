// Runs the processes of a live run and answers for them: one for each modelled instance, watched
// over by a process of its own, the supervisor.
//
// Whatever happens, nothing is left behind: the supervisor stops its children when the process that
// made it asks, or dies, or is killed; the kernel stops them when the supervisor itself dies. Every
// process is stopped by its own id. Make it before any thread is started, since it forks.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/result.h"
#include "real-harness/instances/fault_state.h"
#include "real-harness/os/address.h"
#include "real-harness/os/descriptor.h"

namespace steelyard::live {

// What runs in a child: serves at `listener`, hears FaultState messages (one a packet) at
// `control`, and returns soon after that end is closed. Or it becomes another program (exec), which
// has neither, and is asked to end by SIGTERM.
struct ChildTask {
  std::string name;  // "orders/0"
  Address address;   // of no length: nothing listens, and `listener` is none
  std::function<void(Descriptor listener, Descriptor control, const FaultState& faults)> run;
  bool becomes_program = false;
};

class Supervisor {
 public:
  // Binds every task's address (port 0 becomes a free port, told by addresses()), then starts the
  // supervisor, which starts the children; they accept connections from the first moment. `prepare`
  // is told the addresses before that, so that every child knows all of them. `at_end` is called in
  // the supervisor's process when all children have ended, also if this process is killed before.
  static Result<Supervisor> start(
      std::vector<ChildTask> tasks,
      const std::function<void(const std::vector<Address>& addresses)>& prepare = {},
      const std::function<void()>& at_end = {});
  Supervisor(Supervisor&&) noexcept = default;
  Supervisor& operator=(Supervisor&&) noexcept = default;
  // Stops everything, as stop() does.
  ~Supervisor();

  // By task.
  const std::vector<Address>& addresses() const { return addresses_; }

  // From now on the child is in this state: killed if crashed (and started anew at the same address
  // when it no longer is), stopped if paused, told the rest. Does not block.
  void set_faults(std::size_t task, const FaultState& faults);

  // Children that ended without being told to, in words: "orders/0 was ended by signal 11". Does
  // not block.
  std::vector<std::string> accidents();

  // Ends all children, gently at first. Returns when none is left, with the accidents not told
  // before: a child that dies over its own clearing up has one too.
  std::vector<std::string> stop();

  // The supervisor's process; its children are its own.
  pid_t pid() const { return pid_; }

 private:
  Supervisor() = default;
  bool hear(int flags, std::vector<std::string>& told);
  std::vector<Address> addresses_;
  Descriptor control_;
  pid_t pid_ = -1;
};

}  // namespace steelyard::live
