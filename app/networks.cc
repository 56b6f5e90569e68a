#include "app/networks.h"

#include <utility>
#include <vector>

#include "core/make.h"
#include "models/distribution.h"

namespace steelyard::app {

std::optional<queueing::JacksonSolution> jackson_network_of(const Traffic& traffic) {
  if (traffic.services.size() > kServicesMax) return std::nullopt;
  std::vector<queueing::JacksonStation> stations;
  for (const ServiceTraffic& service : traffic.services)
    stations.push_back({.mean_service = service.mean_service,
                        .servers = service.spec->concurrency,
                        .instances = service.instances()});
  for (const ClientTraffic& client : traffic.clients)
    stations[client.spec->calls].external_rate += client.rate.value_or(0);
  const auto n = static_cast<Eigen::Index>(stations.size());
  Eigen::MatrixXd routing = Eigen::MatrixXd::Zero(n, n);
  for (const auto& [caller, callee, probability] : graph::calls_one_by_one(traffic.calls))
    routing(static_cast<Eigen::Index>(caller), static_cast<Eigen::Index>(callee)) += probability;
  return queueing::solve_jackson(std::move(stations), routing);
}

std::optional<queueing::ClosedSolution> closed_network_of(const Traffic& traffic) {
  const ClientTraffic& client = traffic.clients.front();
  if (traffic.clients.size() > 1 || !client.spec->closed ||
      client.spec->closed->users > kClosedUsersMax)
    return std::nullopt;
  const ClosedLoopSpec& loop = *client.spec->closed;
  queueing::ClosedNetwork network{.users = loop.users};
  if (loop.think_time)
    network.think_time = make_checked<Distribution>(*loop.think_time)->mean_seconds();
  bool takes_time = network.think_time > 0;
  for (std::size_t i = 0; i < traffic.services.size(); ++i) {
    const ServiceTraffic& service = traffic.services[i];
    network.stations.push_back({.visits = client.visits[i],
                                .mean_service = service.mean_service,
                                .servers = service.spec->concurrency,
                                .instances = service.instances()});
    takes_time |= client.visits[i] * service.mean_service > 0;
  }
  if (!takes_time) return std::nullopt;
  return queueing::mva(network);
}

}  // namespace steelyard::app
