// Which route takes a request: the first one of the scenario whose conditions hold.
//
// Compiled into one hash table, so that a request costs a few lookups (one for its whole path, one
// for each of its leading segments up to the longest prefix of any route; as many again for each
// host pattern that fits), however many routes there are. Only routes of the same host and the same
// path, which differ by headers or methods, are looked at one by one.
//
// Immutable once built; match() may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "real-harness/gateway/path.h"
#include "real-harness/http/http1.h"
#include "scenarios/gateway.h"

namespace steelyard::live::gateway {

struct RouteFound {
  // 0: `route` takes it. 400: it must be refused. 404: no route. 405: routes, but none for its
  // method; see Router::allowed_methods().
  int status = 0;
  const char* why = "";   // of a refusal, a few words for the log
  std::size_t route = 0;  // index into the routes
  // What follows the matched path or prefix, ready to be sent: "/7", "". Points into the path.
  std::string_view rest;
};

class Router {
 public:
  // Keeps its own copy of the conditions. REQUIRES: what GatewaySpec says of routes.
  explicit Router(const std::vector<RouteSpec>& routes);

  // Normalises the path into `path`, which belongs to the request.
  RouteFound match(const http::RequestHead& head, NormalPath& path) const;

  // For the Allow header of a 405: "GET, HEAD, POST". `path`: as match() left it.
  std::string allowed_methods(const http::RequestHead& head, const NormalPath& path) const;

 private:
  struct Slot {
    std::string path;
    std::uint32_t host = 0;
    bool is_prefix = false;
    std::vector<std::uint32_t> routes;  // ascending; empty: a free slot
  };
  static constexpr std::size_t kHostBytesMax = 255;
  static constexpr std::uint32_t kAnyHost = 0;

  std::uint32_t host_id(const std::string& host);
  std::size_t place_of(std::string_view path, std::uint32_t host, bool is_prefix) const;
  // Calls visit(slot) for every slot that fits this host and path.
  template <class Visit>
  void visit_slots(std::string_view host, std::string_view path, const Visit& visit) const;
  template <class Visit>
  void visit_paths(std::uint32_t host, std::string_view path, const Visit& visit) const;

  std::vector<RouteMatch> routes_;
  std::map<std::string, std::uint32_t, std::less<>> hosts_;  // "a.example", "*.example": from 1
  std::vector<Slot> slots_;                                  // open addressing; a power of two
  std::size_t prefix_segments_max_ = 0;
  bool has_patterns_ = false;  // some host begins with "*."
};

// Appends the target of the request that is sent on: the path, rewritten as `to` says, and the
// query as it came.
void append_target(std::string& out, const ForwardSpec& to, const RouteFound& found,
                   const NormalPath& path, std::string_view query);

// The host of a request in lower case without port and final dot, in `buffer`, which has room for
// `capacity` bytes. False if it is none: it must be refused with 400. An empty one is accepted.
bool normal_host(std::string_view host, char* buffer, std::size_t capacity,
                 std::string_view& normal);

}  // namespace steelyard::live::gateway
