#include "real-harness/instances/fleet.h"

#include <fmt/format.h>

#include <utility>

#include "real-harness/instances/instance_process.h"
#include "real-harness/os/reactor.h"

namespace steelyard::live {
namespace {

// Addresses of their own: no outgoing connection of this machine takes such a port while its
// instance is down.
Address instance_address(std::size_t service, std::size_t instance) {
  constexpr std::uint32_t kLoopback = 0x7f000001;
  const auto host = kLoopback + (static_cast<std::uint32_t>(service + 1) << 16) +
                    (static_cast<std::uint32_t>(instance / 250) << 8) +
                    static_cast<std::uint32_t>(instance % 250);
  return ipv4(host, 0);
}

}  // namespace

Result<std::vector<std::vector<Address>>> target_addresses(const Scenario& scenario) {
  std::vector<std::vector<Address>> addresses(scenario.services.size());
  for (std::size_t s = 0; s < scenario.services.size(); ++s)
    for (const TargetSpec& target : scenario.services[s].targets) {
      Result<Address> address = resolve(target.host, target.port);
      if (!address.ok())
        return Error{fmt::format("{}: {}", scenario.services[s].name, address.error())};
      addresses[s].push_back(address.value());
    }
  return addresses;
}

Fleet::Fleet(const Scenario& scenario) : scenario_(scenario) {}
Fleet::~Fleet() = default;

Result<std::unique_ptr<Fleet>> Fleet::start(const Scenario& scenario) {
  std::unique_ptr<Fleet> fleet(new Fleet(scenario));
  auto addresses = target_addresses(scenario);
  if (!addresses.ok()) return Error{addresses.error()};
  fleet->addresses_ = std::move(addresses.value());
  std::vector<ChildTask> tasks;
  std::vector<std::size_t> service_of_task;
  for (std::size_t s = 0; s < scenario.services.size(); ++s) {
    if (!scenario.services[s].targets.empty()) continue;
    for (std::size_t i = 0; i < scenario.services[s].instances.size(); ++i) {
      service_of_task.push_back(s);
      tasks.push_back({fmt::format("{}/{}", scenario.services[s].name, i), instance_address(s, i),
                       [self = fleet.get(), s, i](Descriptor listener, Descriptor control,
                                                  const FaultState& faults) {
                         self->be_instance(s, i, std::move(listener), std::move(control), faults);
                       }});
    }
  }
  auto supervisor = Supervisor::start(std::move(tasks), [&](const std::vector<Address>& found) {
    for (std::size_t t = 0; t < found.size(); ++t)
      fleet->addresses_[service_of_task[t]].push_back(found[t]);
  });
  if (!supervisor.ok()) return Error{supervisor.error()};
  fleet->supervisor_.emplace(std::move(supervisor.value()));
  return fleet;
}

void Fleet::be_instance(std::size_t service, std::size_t instance, Descriptor listener,
                        Descriptor control, const FaultState& faults) {
  InstanceStats stats;
  run_instance({.scenario = scenario_,
                .replication = 0,
                .service = service,
                .instance = instance,
                .addresses = addresses_,
                .stats = stats},
               monotonic_ns(), std::move(listener), std::move(control), faults);
}

}  // namespace steelyard::live
