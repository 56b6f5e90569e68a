// What `steelyard fit` measures: URLs of the instances of one service, taken apart.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "real-harness/os/address.h"
#include "scenarios/scenario.h"

namespace steelyard::live {

struct FitTargets {
  std::vector<TargetSpec> targets;  // with what the paths of the URLs do not have in common
  std::string path;                 // what they do have in common at their ends, query included
};

// URLs such as http://127.0.0.1:5001/users/7?full=1. They ask for the same thing, one instance
// each: their queries are equal, and so are the ends of their paths. Error: "got …, expected …".
Result<FitTargets> fit_targets(const std::vector<std::string>& urls);

// Whether what is there is on this machine: 127.0.0.0/8, ::1.
bool is_loopback(const Address& address);

}  // namespace steelyard::live
