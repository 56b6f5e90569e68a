#include "real-harness/channels.h"

#include <fmt/format.h>

#include "scenarios/draws.h"

namespace steelyard::live {

ChannelOptions channel_options(const ServiceSpec& service, const RandomStream& root,
                               const std::string& caller) {
  const ResilienceSpec& resilience = service.strategies.resilience;
  return {.policy = {.timeout = resilience.timeout,
                     .retry = {.attempts_max =
                                   static_cast<std::uint32_t>(resilience.retry.attempts_max),
                               .backoff_base = resilience.retry.backoff_base,
                               .backoff_max = resilience.retry.backoff_max}},
          .random = channel_stream(root, caller, service.name)};
}

EndpointSet endpoints_of(const ServiceSpec& service) {
  auto endpoints = std::make_shared<std::vector<Endpoint>>();
  for (std::uint32_t i = 0; i < service.instances.size(); ++i)
    endpoints->push_back({fmt::format("{}/{}", service.name, i), i, service.instances[i].weight,
                          service.instances[i].zone});
  return endpoints;
}

}  // namespace steelyard::live
