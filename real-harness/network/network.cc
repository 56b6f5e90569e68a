#include "real-harness/network/network.h"

#include <algorithm>

#include "core/check.h"
#include "core/make.h"
#include "models/distribution.h"
#include "scenarios/call_sites.h"

namespace steelyard::live {
namespace {

constexpr std::uint32_t kRelayHost = 0x7f000101;  // 127.0.1.1

bool takes_time(const std::optional<Named>& latency, double bytes_per_second, double loss) {
  if (bytes_per_second > 0 || loss > 0) return true;
  if (!latency) return false;
  return make_checked<Distribution>(*latency)->mean_seconds() > 0;
}

// Modelled instances reset and refuse by themselves; for the user's own services the network does.
bool is_played_by_the_network(FaultKind kind, const ServiceSpec& service) {
  const bool for_others =
      kind == FaultKind::reset || kind == FaultKind::refuse || kind == FaultKind::absent;
  return is_on_the_wire(kind) || (for_others && !service.targets.empty());
}

}  // namespace

NetworkPlan::NetworkPlan(const Scenario& scenario) : scenario_(scenario) {
  const NetworkSpec& network = scenario.network;
  within_takes_time_ = takes_time(network.latency_within, network.bandwidth_within, network.loss);
  between_takes_time_ =
      takes_time(network.latency_between, network.bandwidth_between, network.loss);
  for (const ServiceSpec& service : scenario.services) {
    first_.push_back(faulty_.size());
    faulty_.resize(faulty_.size() + service.instances.size());
  }
  needed_ = within_takes_time_ || (between_takes_time_ && network.zones.size() > 1);
  for (const FaultSpec& fault : scenario.faults) {
    if (fault.at >= scenario.run.duration) continue;
    for (const FaultSpec::Target& target : fault.targets) {
      if (!is_played_by_the_network(fault.kind, scenario.services[target.service])) continue;
      faulty_[first_[target.service] + target.instance] = true;
      needed_ = true;
    }
  }
}

NetworkParty NetworkPlan::party_of(std::size_t service, std::size_t instance) const {
  return {.zone = scenario_.services[service].instances[instance].zone,
          .instance = first_[service] + instance};
}

NetworkPlan::Name NetworkPlan::name_of(const NetworkParty& caller) const {
  const bool own = caller.instance != NetworkParty::kNoInstance && faulty_[caller.instance];
  return {caller.zone, own ? caller.instance : NetworkParty::kNoInstance};
}

bool NetworkPlan::is_between(const NetworkParty& caller, const NetworkParty& server) const {
  if (caller.zone == server.zone ? within_takes_time_ : between_takes_time_) return true;
  const auto hit = [&](const NetworkParty& party) {
    return party.instance != NetworkParty::kNoInstance && faulty_[party.instance];
  };
  return hit(caller) || hit(server);
}

Result<Address> NetworkPlan::between(NetworkParty caller, NetworkParty server,
                                     const Address& address) {
  if (!is_between(caller, server)) return address;
  const Name name = name_of(caller);
  caller.instance = name.second;
  const auto key = std::make_pair(name, to_text(address));
  if (const auto found = made_.find(key); found != made_.end()) return found->second;
  Result<Descriptor> listener = listen_at(ipv4(kRelayHost, 0));
  if (!listener.ok()) return Error{listener.error()};
  const Address own = address_of(listener.value().get());
  links_.push_back({.caller = caller,
                    .server = server,
                    .server_address = address,
                    .listener = std::move(listener.value())});
  made_.emplace(key, own);
  return own;
}

std::string NetworkPlan::connect(const NetworkParty& caller, std::size_t service) {
  AddressTable& table = tables_[name_of(caller)];
  table.resize(scenario_.services.size());
  if (!table[service].empty()) return "";
  for (std::size_t i = 0; i < direct_[service].size(); ++i) {
    Result<Address> found = between(caller, party_of(service, i), direct_[service][i]);
    if (!found.ok()) return found.error();
    table[service].push_back(found.value());
  }
  return "";
}

std::string NetworkPlan::connect(const AddressTable& addresses) {
  direct_ = addresses;
  if (!needed_) return "";
  std::string error;
  for (const ClientSpec& client : scenario_.clients)
    if (error.empty()) error = connect({.zone = client.zone}, client.calls);
  for (std::size_t s = 0; s < scenario_.services.size(); ++s)
    for (const std::uint32_t callee : call_plan(scenario_.services[s]).callees)
      for (std::size_t i = 0; i < scenario_.services[s].instances.size(); ++i)
        if (error.empty()) error = connect(party_of(s, i), callee);
  return error;
}

const AddressTable& NetworkPlan::seen_by(const NetworkParty& caller) const {
  const auto found = tables_.find(name_of(caller));
  return found == tables_.end() ? direct_ : found->second;
}

const AddressTable& NetworkPlan::seen_by_client(std::size_t client) const {
  return seen_by({.zone = scenario_.clients[client].zone});
}

const AddressTable& NetworkPlan::seen_by_instance(std::size_t service, std::size_t instance) const {
  return seen_by(party_of(service, instance));
}

Result<std::vector<Address>> NetworkPlan::seen_from_zone(std::uint16_t zone, std::size_t service) {
  if (!needed_) return direct_[service];
  if (std::string error = connect(NetworkParty{.zone = zone}, service); !error.empty())
    return Error{std::move(error)};
  return tables_[name_of({.zone = zone})][service];
}

}  // namespace steelyard::live
