// A modelled service in a process of its own, as a stranger to whoever asks it: what `steelyard
// fit` and `targets:` are for.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "real-harness/instances/modelled_instance.h"
#include "real-harness/os/precedence.h"
#include "scenarios/loader.h"
#include "tests/real-harness/loopback.h"

namespace steelyard::live {

// REQUIRES: no other thread runs in this process when one is made (it forks).
class ServiceProcess {
 public:
  // `service`: what stands behind the service's name in a scenario, such as
  // "{instances: 1, service_time: 5ms}". `instance` tells its random numbers from others'.
  explicit ServiceProcess(const std::string& service, std::size_t instance = 0)
      : listener_(listening_socket()), address_(address_of(listener_.get())) {
    const pid_t parent = getpid();
    process_ = fork();
    if (process_ != 0) {
      EXPECT_GT(process_, 0);
      listener_.reset();
      return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
    be(service, instance);
    _exit(0);
  }
  ServiceProcess(const ServiceProcess&) = delete;
  ServiceProcess& operator=(const ServiceProcess&) = delete;
  ~ServiceProcess() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }

  std::string url() const { return "http://" + to_text(address_); }

 private:
  void be(const std::string& service, std::size_t instance) {
    const std::string text = "name: service\nrun: {seed: 5}\nservices:\n  api: " + service +
                             "\nclients:\n  load: {calls: api, arrivals: {poisson: {rate: 1/s}}}\n";
    const LoadResult loaded = load_scenario_text(text, "service.yaml", {});
    if (!loaded.comparison) _exit(2);
    const Scenario& scenario = loaded.comparison->base();
    ask_for_precedence();  // what else the machine does is no property of the service
    Reactor reactor;
    InstanceStats stats;
    const std::vector<std::vector<Address>> addresses{{address_}};
    const ModelledInstance modelled(reactor, {scenario, 0, 0, instance, addresses, stats},
                                    std::move(listener_));
    reactor.run();
  }

  Descriptor listener_;
  Address address_;
  pid_t process_ = -1;
};

}  // namespace steelyard::live
