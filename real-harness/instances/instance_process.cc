#include "real-harness/instances/instance_process.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <utility>

namespace steelyard::live {
namespace {

// A child's control socket: each packet is the state it is to be in.
class FaultListener final : Reactor::Watcher {
 public:
  FaultListener(Reactor& reactor, ModelledInstance& instance, Descriptor control)
      : reactor_(reactor), instance_(instance), control_(std::move(control)) {
    reactor_.watch(control_.get(), *this);
  }
  FaultListener(const FaultListener&) = delete;
  FaultListener& operator=(const FaultListener&) = delete;
  ~FaultListener() { reactor_.unwatch(control_.get(), *this); }

 private:
  void on_ready(std::uint32_t) override {
    FaultState faults;
    for (;;) {
      const ssize_t got = recv(control_.get(), &faults, sizeof faults, MSG_DONTWAIT);
      if (got == 0) return reactor_.stop();
      if (got != sizeof faults) return;
      instance_.set_faults(faults);
      // Its work is put aside; what comes waits in the kernel until the supervisor wakes it.
      if (faults.paused) raise(SIGSTOP);
      reactor_.refresh();
    }
  }

  Reactor& reactor_;
  ModelledInstance& instance_;
  Descriptor control_;
};

}  // namespace

void run_instance(const InstancePlace& place, std::int64_t epoch_ns, Descriptor listener,
                  Descriptor control, const FaultState& faults, const std::string& record_folder) {
  Reactor reactor(epoch_ns);
  std::unique_ptr<ChannelLog> log;
  // An instance that calls nobody has no channels, and nothing to log.
  const ServiceSpec& service = place.scenario.services[place.service];
  if (!record_folder.empty() && !service.calls.empty())
    log = std::make_unique<ChannelLog>(fmt::format("{}/{}-{}-{}{}", record_folder, service.name,
                                                   place.instance, getpid(), kChannelLogExtension));
  ModelledInstance modelled(reactor, place, std::move(listener), log.get());
  modelled.set_faults(faults);
  FaultListener fault_listener(reactor, modelled, std::move(control));
  reactor.run();
  if (log != nullptr)
    if (const std::string error = log->close(); !error.empty()) throw std::runtime_error(error);
}

}  // namespace steelyard::live
