// A TCP relay: whoever connects to its listener is connected to a server, and what the two say to
// each other gets through as the wire between them lets it: late, one after the other, or not at
// all.
//
// Bytes of a connection never overtake each other, half-closed connections stay so, and a party
// that sends faster than its bytes arrive is not read from any more. To connect takes no time. A
// relay belongs to its reactor's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "real-harness/network/wire.h"
#include "real-harness/os/address.h"
#include "real-harness/os/reactor.h"

namespace steelyard::live {

class RelayConnection;

struct RelayOptions {
  // What callers hear in answer to their first message when nobody listens at the server's address;
  // empty: their connection is reset.
  std::string refusal;
  // The draw key (scenarios/draws.h) that a message to the server tells in its first bytes, or 0;
  // null: none ever does. Messages without one, and what answers them, are numbered.
  std::uint64_t (*draw_key_of)(std::string_view first_bytes) = nullptr;
  std::uint64_t seed = 0;  // of those numbers
  // Bytes under way in one direction of a connection at which no more are read.
  std::size_t under_way_max = 1 << 20;
};

class Relay final : Reactor::Watcher {
 public:
  // REQUIRES: `listener` listens without blocking; reactor and wire outlive the relay.
  Relay(Reactor& reactor, Descriptor listener, const Address& server, Wire& wire,
        RelayOptions options = {});
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  // Closes all connections.
  ~Relay();

  // Resets all connections, at both ends.
  void reset();

  Address address() const { return address_of(listener_.get()); }
  std::size_t connections() const { return connections_.size(); }

 private:
  friend class RelayConnection;
  void on_ready(std::uint32_t events) override;
  void remove(RelayConnection& connection);
  std::uint64_t number_message();

  Reactor& reactor_;
  Descriptor listener_;
  Address server_;
  Wire& wire_;
  RelayOptions options_;
  std::vector<std::unique_ptr<RelayConnection>> connections_;
  std::uint64_t messages_ = 0;  // that were numbered
  bool starved_ = false;        // of descriptors: connections wait to be accepted
};

}  // namespace steelyard::live
