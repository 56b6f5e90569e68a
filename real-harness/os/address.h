// Where a server listens: an IPv4 or IPv6 address and a port.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "core/result.h"
#include "real-harness/os/descriptor.h"

namespace steelyard::live {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  std::uint16_t port() const;
};

// Of an IPv4 number, most significant byte first: 0x7f000001 is 127.0.0.1.
Address ipv4(std::uint32_t host, std::uint16_t port);
// Looks a name up; blocks. Literal addresses, also IPv6 in brackets, need no look-up.
Result<Address> resolve(const std::string& host, std::uint16_t port);
// "127.0.0.1:8080", "[::1]:80"
std::string to_text(const Address& address);

// Without the port and brackets: "127.0.0.1", "::1".
std::string host_text(const Address& address);

// A socket that listens there without blocking; port 0: a free one. `shared`: several sockets, of
// several processes, may listen at the same address and share the connections.
Result<Descriptor> listen_at(const Address& address, bool shared = false);
// Where a bound socket is.
Address address_of(int fd);
// Who is at the other end of a connection.
Address peer_of(int fd);

}  // namespace steelyard::live
