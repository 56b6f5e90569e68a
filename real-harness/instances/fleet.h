// The instances that a scenario models, as processes on loopback, for whoever calls them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "real-harness/instances/instance_stats.h"
#include "real-harness/instances/supervisor.h"
#include "real-harness/os/address.h"
#include "scenarios/scenario.h"

namespace steelyard::live {

// Where the targets of each service are: addresses[service][instance]; none for services without.
// Blocks while names are looked up.
Result<std::vector<std::vector<Address>>> target_addresses(const Scenario& scenario);

class Fleet {
 public:
  // Starts an instance's process for each one of a service without targets. REQUIRES: the scenario
  // outlives the fleet; no other thread runs (it forks).
  static Result<std::unique_ptr<Fleet>> start(const Scenario& scenario);
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  // Stops them all.
  ~Fleet();

  // addresses[service][instance], targets included.
  const std::vector<std::vector<Address>>& addresses() const { return addresses_; }
  // Instances that ended without being told to, in words.
  std::vector<std::string> accidents() { return supervisor_->accidents(); }

 private:
  explicit Fleet(const Scenario& scenario);
  void be_instance(std::size_t service, std::size_t instance, Descriptor listener,
                   Descriptor control, const FaultState& faults);

  const Scenario& scenario_;
  std::vector<std::vector<Address>> addresses_;
  std::optional<Supervisor> supervisor_;
};

}  // namespace steelyard::live
