// Channels as a scenario asks for them, and what their views learn in the course of a run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/random.h"
#include "real-harness/channels/driver.h"
#include "scenarios/scenario.h"
#include "scenarios/views.h"

namespace steelyard::live {

// Whether the balancer of its callers reads what its instances say of their load.
bool reads_load(const ServiceSpec& service);

// What the channel of a view ("shoppers", "orders/0") to a service is made with. `root`: the
// replication's stream.
ChannelOptions channel_options(const ServiceSpec& service, const RandomStream& root,
                               const std::string& view, const Caller& caller);

// Tells channels who is there, as their views learn of it. Not thread-safe.
class Views final : Reactor::TimerHandler {
 public:
  // All outlive it.
  Views(Reactor& reactor, ChannelDriver& driver, const Scenario& scenario)
      : reactor_(reactor), driver_(driver), scenario_(scenario) {}
  Views(const Views&) = delete;
  Views& operator=(const Views&) = delete;
  ~Views();

  // The channels of a process to a service, one for each of its workers; the number of the first,
  // the others follow. They know nothing yet.
  std::uint32_t add(std::size_t service, const RandomStream& root, const std::string& process,
                    const Caller& caller);
  std::size_t workers(std::size_t service) const {
    return static_cast<std::size_t>(scenario_.services[service].strategies.view.workers);
  }
  // All that were added begin to: at once, and as the run goes on. Probes may follow from within.
  void start();

 private:
  struct View {
    std::uint32_t channel = 0;
    std::vector<Membership> memberships;
    std::size_t next = 0;
    Reactor::TimerId timer = 0;
  };
  void on_timer(std::uint64_t index) override;
  void learn(std::size_t index);

  Reactor& reactor_;
  ChannelDriver& driver_;
  const Scenario& scenario_;
  std::vector<View> views_;
};

}  // namespace steelyard::live
