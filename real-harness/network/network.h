// The network of a live run: relays between the parties that a scenario puts something between, be
// it latency, loss, a narrow link or a fault on the wire. All others speak to each other directly.
//
//   NetworkPlan plan(scenario);
//   if (plan.needed()) plan.connect(addresses);            // makes a listener for each link
//   plan.seen_by_instance(0, 1)                            // where orders/1 finds the others
//   run_network(scenario, replication, epoch, plan.take_links(), control);  // a process of its own
//
// A link leads from a caller to an instance; callers of one zone share it, except instances that a
// fault on the wire may hit themselves. What happens to a message is drawn from the streams and the
// name that it has in the simulation, so both worlds have the same network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "real-harness/os/address.h"
#include "real-harness/os/descriptor.h"
#include "scenarios/scenario.h"

namespace steelyard::live {

// By service, and then by instance.
using AddressTable = std::vector<std::vector<Address>>;

struct NetworkParty {
  static constexpr std::size_t kNoInstance = ~std::size_t{0};
  std::uint16_t zone = 0;
  std::size_t instance = kNoInstance;  // counted over all services; none: a client, a proxy
};

struct NetworkLink {
  NetworkParty caller;
  NetworkParty server;
  Address server_address;
  Descriptor listener;
};

class NetworkPlan {
 public:
  // `scenario` outlives the plan.
  explicit NetworkPlan(const Scenario& scenario);

  // Whether there is anything between any two parties, now or later in the run.
  bool needed() const { return needed_; }

  // Learns where the instances really are, and makes all links of clients and instances. An error
  // in words if there is no descriptor left; else empty.
  std::string connect(const AddressTable& addresses);
  // Where callers find those they call; rows of services that they do not call may be empty.
  // REQUIRES of these: connect().
  const AddressTable& seen_by_client(std::size_t client) const;
  const AddressTable& seen_by_instance(std::size_t service, std::size_t instance) const;
  // The same for a proxy in that zone, which calls one service.
  Result<std::vector<Address>> seen_from_zone(std::uint16_t zone, std::size_t service);

  // Where the caller finds a server that is at `address`: there, or at a listener in front of it.
  Result<Address> between(NetworkParty caller, NetworkParty server, const Address& address);

  const std::vector<NetworkLink>& links() const { return links_; }
  // For the process of the network. All others close theirs by destroying them.
  std::vector<NetworkLink> take_links() { return std::exchange(links_, {}); }

 private:
  using Name = std::pair<std::uint16_t, std::size_t>;  // of a caller
  NetworkParty party_of(std::size_t service, std::size_t instance) const;
  Name name_of(const NetworkParty& caller) const;
  bool is_between(const NetworkParty& caller, const NetworkParty& server) const;
  std::string connect(const NetworkParty& caller, std::size_t service);
  const AddressTable& seen_by(const NetworkParty& caller) const;

  const Scenario& scenario_;
  bool needed_ = false;
  bool within_takes_time_ = false;
  bool between_takes_time_ = false;
  std::vector<std::size_t> first_;  // by service: its first instance
  std::vector<bool> faulty_;        // by instance: a fault on the wire may hit it
  AddressTable direct_;
  std::map<Name, AddressTable> tables_;
  std::map<std::pair<Name, std::string>, Address> made_;  // by caller and text of the address
  std::vector<NetworkLink> links_;
};

// Is the network until the other end of `control` is closed. Switches faults by the scenario's
// plan, on the clock that began at `epoch_ns` (os/reactor.h).
void run_network(const Scenario& scenario, std::uint64_t replication, std::int64_t epoch_ns,
                 std::vector<NetworkLink> links, Descriptor control);

}  // namespace steelyard::live
