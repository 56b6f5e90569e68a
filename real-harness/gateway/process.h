// Runs a gateway until it is told to end: signals, reloads, the access log, and what operators ask.
//
// SIGTERM and SIGINT drain: no new connections, what is under way is finished, for at most
// `drain_timeout`; a second one ends at once. SIGHUP loads the configuration anew, certificates and
// secrets included, and opens the access log anew; SIGUSR1 only that. A configuration that is wrong
// is reported, and the one before stays. Listening addresses stay until a restart.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "real-harness/os/address.h"
#include "real-harness/os/descriptor.h"
#include "scenarios/scenario.h"

namespace steelyard::live {

struct GatewayProcess {
  // A scenario with a gateway, and where the instances of each service are.
  struct Setup {
    Scenario scenario;
    std::vector<std::vector<Address>> addresses;
    // Of the scenario's file: what names of files in `gateway:` are relative to.
    std::string folder;
  };
  std::function<Result<Setup>()> load;  // at the beginning, and on SIGHUP
  Descriptor listener;                  // taken by run()
  Descriptor admin_listener;            // /.steelyard/health and /metrics; empty: none
  Duration drain_timeout = 30s;
  // What operators should know: the gateway is ready, reloads, or could not.
  std::function<void(const std::string& line)> say;
  // Asked four times a second; a text ends the gateway with that error.
  std::function<std::string()> trouble;
};

// Empty, or why it could not start or go on. Blocks the signals above in this thread.
std::string run_gateway(GatewayProcess process);

// Where a scenario's gateway is to listen.
Result<Address> listen_address(const GatewaySpec& spec);

}  // namespace steelyard::live
