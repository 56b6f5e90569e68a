#include "real-harness/channels/channels.h"

#include <fmt/format.h>

#include "core/make.h"
#include "scenarios/draws.h"

namespace steelyard::live {

ChannelOptions channel_options(const ServiceSpec& service, const RandomStream& root,
                               const std::string& caller) {
  return {.policy = service.strategies.resilience,
          .random = channel_stream(root, caller, service.name)};
}

bool reads_load(const ServiceSpec& service) {
  const auto balancer = make_checked<Balancer>(service.strategies.balancer);
  return balancer->wants_reports() || balancer->asks();
}

EndpointSet endpoints_of(const ServiceSpec& service) {
  auto endpoints = std::make_shared<std::vector<Endpoint>>();
  for (std::uint32_t i = 0; i < service.instances.size(); ++i)
    endpoints->push_back({fmt::format("{}/{}", service.name, i), i, service.instances[i].weight,
                          service.instances[i].zone});
  return endpoints;
}

}  // namespace steelyard::live
