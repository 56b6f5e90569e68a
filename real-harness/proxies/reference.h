// Other programs in the place of Steelyard's balancers: nginx, HAProxy and Envoy as reverse proxies
// in front of one service, to compare with.
//
// Their configurations are minimal and fair, so that only the balancer differs: one thread, no log,
// connections kept on both sides and never counted out, no health checks, no retries, no time-out
// that a scenario would notice. Each says, as a comment, whatever a reader of the results would
// ask. Pure functions of their arguments, but for find_program(). Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/settings.h"
#include "real-harness/os/address.h"
#include "scenarios/scenario.h"

namespace steelyard::live {

struct ProxiedService {
  std::string name;
  Address listen;
  struct Backend {
    Address address;
    std::uint32_t weight = 1;  // 0 as core/balancer.h has it
  };
  std::vector<Backend> backends;  // never empty
  Named balancer;                 // with its defaults
  // The header whose value hashing balancers hash; empty: requests carry no key.
  std::string key_header;
  // Clients' connections at once, and as many again to the instances.
  std::uint64_t connections_max = 16'384;
};

struct ReferenceProxy {
  std::string_view name;         // of the program: "nginx"
  std::string_view where_from;   // "Debian package nginx"
  std::string_view config_name;  // of the file: "nginx.conf"
  // The configuration, or why the balancer has no equivalent: "nginx has no equivalent of
  // peak_ewma: it does not look at latency".
  Result<std::string> (*config)(const ProxiedService& service);
  // What follows the program's name to run it in the foreground, with everything it writes in
  // `folder`, where its configuration lies.
  std::vector<std::string> (*arguments)(const std::string& folder);
};

extern const ReferenceProxy kNginx;
extern const ReferenceProxy kHaproxy;
extern const ReferenceProxy kEnvoy;

// nullptr for what is no other program: channel and steelyard.
const ReferenceProxy* reference_proxy(Via via);

// Where it is: in PATH, or where Debian keeps daemons, which an ordinary user's PATH leaves out;
// empty: nowhere.
std::string find_program(std::string_view name);

// The backends' weights by their least whole numbers: 0 for one that is to get nothing. All 1 if
// the balancer does not look at weights.
std::vector<std::uint64_t> reduced_weights(const ProxiedService& service, bool weighted);
bool equally_weighted(const ProxiedService& service);
// Whether it goes by the load that servers report, which no proxy here hears.
bool goes_by_reports(const Named& balancer);
// "nginx has no equivalent of first: …"
Error no_equivalent(std::string_view program, const Named& balancer, std::string_view why);

}  // namespace steelyard::live
