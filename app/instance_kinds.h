// Instances of different speed or weight, as theory sees them: where requests are split at random,
// each kind of instance is a service by itself.
#pragma once

#include <vector>

#include "app/traffic.h"

namespace steelyard::app {

// Instances of one speed that get the same.
struct InstanceKind {
  double share = 0;        // of all requests; its instances together
  ServiceTraffic service;  // as if all instances were of this kind
};

// Each instance is drawn with the same probability, or, if the balancer heeds weights, in
// proportion to its own. Those that get nothing are left out. There is at least one kind.
std::vector<InstanceKind> kinds_of(const ServiceTraffic& service);

// As if all instances were of the kind whose places are taken most, if they are drawn like that. It
// may be overloaded where all together are not.
ServiceTraffic busiest_of(const ServiceTraffic& service);

}  // namespace steelyard::app
