// HAProxy, from its configuration manual (docs.haproxy.org/2.6/configuration.html); read by 2.6.
// Its load balancers:
//   roundrobin    weighted turns from the first server, scheduled by deadline, so in another order
//                 than nginx's
//   leastconn     fewest connections for the weight, its own next one included; ties by turns
//   random(n)     draws n servers, perhaps one twice, from its ring, in which a server has 16
//   points
//                 for each unit of weight; takes the least loaded
//   hash, with hash-type consistent   on the same ring
//   first         up to each server's maxconn; when all are full, requests wait in the proxy
//   source        of the client's address
#include <fmt/format.h>

#include <algorithm>

#include "real-harness/proxies/reference.h"

namespace steelyard::live {
namespace {

// "weight": The value must be between 0 and 256.
constexpr std::uint64_t kWeightMax = 256;

struct Method {
  std::string balance;
  bool weighted = true;
  std::string server_options{};
};

Result<Method> method_of(const ProxiedService& service) {
  const Named& balancer = service.balancer;
  const auto none = [&](std::string_view why) { return no_equivalent("HAProxy", balancer, why); };
  if (goes_by_reports(balancer)) return none("it does not hear what servers report of their load");
  if (balancer.name == "round_robin") return Method{"balance roundrobin", false};
  if (balancer.name == "weighted_round_robin") return Method{"balance roundrobin"};
  if (balancer.name == "random") return Method{"balance random(1)", false};
  if (balancer.name == "weighted_random") return Method{"balance random(1)"};
  if (balancer.name == "least_request") return Method{"balance leastconn"};
  if (balancer.name == "p2c") {
    if (balancer.settings.flag("memory")) return none("its random draws remember nothing");
    return Method{fmt::format("balance random({})", balancer.settings.integer("choices"))};
  }
  if (balancer.name == "first")
    return Method{"balance first", false,
                  fmt::format(" maxconn {}", balancer.settings.integer("limit"))};
  if (balancer.name == "ring_hash") {
    if (service.key_header.empty()) return none("the requests carry no key that it could hash");
    return Method{
        fmt::format("balance hdr({})\n  hash-type consistent sdbm avalanche", service.key_header)};
  }
  if (balancer.name == "source_hash")
    return none(
        "its balance source would see one caller, the load generator, and not the scenario's "
        "callers");
  if (balancer.name == "peak_ewma") return none("it does not look at latency");
  return none("its balancers are roundrobin, leastconn, random, hash, source and first");
}

Result<std::string> config(const ProxiedService& service) {
  const Result<Method> method = method_of(service);
  if (!method.ok()) return Error{method.error()};
  const std::vector<std::uint64_t> weights = reduced_weights(service, method.value().weighted);
  std::string servers;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] > kWeightMax)
      return no_equivalent(
          "HAProxy", service.balancer,
          fmt::format("its weights end at {}, and {} is needed", kWeightMax, weights[i]));
    servers += fmt::format("  server instance{} {}", i, to_text(service.backends[i].address));
    if (weights[i] != 1) servers += fmt::format(" weight {}", weights[i]);
    servers += method.value().server_options + " pool-purge-delay 1h\n";
  }
  return fmt::format(
      R"(# {name}: balancer {balancer}
global
  nbthread 1
  maxconn {connections}
defaults
  mode http
  timeout connect 1h
  timeout client 1h
  timeout server 1h
  timeout queue 1h
  timeout http-request 1h
  timeout http-keep-alive 1h
  retries 0
  no option redispatch
  option abortonclose  # a caller that has given up is noticed
  http-reuse always
listen service
  bind {listen} backlog 4096
  {balance}
{servers})",
      fmt::arg("name", service.name), fmt::arg("balancer", service.balancer.name),
      fmt::arg("connections", service.connections_max), fmt::arg("listen", to_text(service.listen)),
      fmt::arg("balance", method.value().balance), fmt::arg("servers", servers));
}

std::vector<std::string> arguments(const std::string& folder) {
  return {"-db", "-q", "-f", folder + "/haproxy.cfg"};  // -db: stays in the foreground
}

}  // namespace

const ReferenceProxy kHaproxy{.name = "haproxy",
                              .where_from = "Debian package haproxy",
                              .config_name = "haproxy.cfg",
                              .config = config,
                              .arguments = arguments};

}  // namespace steelyard::live
