// Channels as a scenario asks for them.
#pragma once

#include <string>

#include "channel/channel.h"
#include "core/random.h"
#include "scenarios/scenario.h"

namespace steelyard::live {

// What the channel of `caller` ("shoppers", "orders/0") to a service is made with. `root`: the
// replication's stream.
ChannelOptions channel_options(const ServiceSpec& service, const RandomStream& root,
                               const std::string& caller);

// Whether the balancer of its callers reads what its instances say of their load.
bool reads_load(const ServiceSpec& service);

// All instances of a service, named "orders/0" and so on; an endpoint's id is its instance.
EndpointSet endpoints_of(const ServiceSpec& service);

}  // namespace steelyard::live
