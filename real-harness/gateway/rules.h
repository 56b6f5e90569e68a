// One configuration of a gateway, ready to decide: which route takes a request, who the caller is,
// whether they may, and how often.
//
// Belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "real-harness/gateway/auth.h"
#include "real-harness/gateway/limits.h"
#include "real-harness/gateway/routes.h"
#include "real-harness/http/http1.h"
#include "real-harness/os/address.h"
#include "scenarios/scenario.h"

namespace steelyard::live::gateway {

// A gateway that passes everything on to one service.
GatewaySpec plain_gateway(std::size_t service);

class Rules {
 public:
  // `addresses[service][instance]`: where the instances are. `before`: the configuration that this
  // one takes the place of; a route of the same name with the same limit goes on counting. Fails if
  // a secret cannot be had. REQUIRES: the scenario came from the loader and has a gateway.
  static Result<std::unique_ptr<Rules>> make(Scenario scenario,
                                             std::vector<std::vector<Address>> addresses,
                                             const ReadSecret& read_secret,
                                             const Rules* before = nullptr);

  const Scenario& scenario() const { return scenario_; }
  const GatewaySpec& spec() const { return *scenario_.gateway; }
  const std::vector<std::vector<Address>>& addresses() const { return addresses_; }
  const RouteSpec& route(std::size_t index) const { return spec().routes[index]; }

  struct Verdict {
    // 0: `route` takes it. Else what the caller is told: 400, 401, 403, 404, 405, 429.
    int status = 0;
    const char* why = "";
    bool has_route = false;  // refused or not
    std::size_t route = 0;
    RouteFound found;
    std::string_view consumer;             // who is authenticated; valid until the next judge()
    std::string_view hidden_header;        // the credential that the service does not get
    std::string challenge;                 // 401, 403
    std::string allow;                     // 405
    std::int64_t retry_after_seconds = 0;  // 429
  };
  // `path` is the request's own; the verdict points into it. `client`: its numeric address.
  Verdict judge(const http::RequestHead& head, std::string_view client, NormalPath& path,
                Instant now, Duration unix_time);

 private:
  Rules(Scenario scenario, std::vector<std::vector<Address>> addresses);
  bool within_limit(Verdict& verdict, std::string_view client, Instant now);

  Scenario scenario_;
  std::vector<std::vector<Address>> addresses_;
  Router router_;
  std::vector<std::unique_ptr<Authenticator>> authenticators_;
  std::vector<std::shared_ptr<RateLimiter>> limiters_;  // by route; null: none
};

}  // namespace steelyard::live::gateway
