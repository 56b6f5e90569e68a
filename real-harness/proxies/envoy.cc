// Envoy, from its API reference v3 (envoyproxy.io/docs/envoy/latest/api-v3). Its load balancers:
//   ROUND_ROBIN     weighted turns from a random host; scheduled by deadline when weights differ,
//   so
//                   in another order than nginx's
//   RANDOM          looks at no weight
//   LEAST_REQUEST   equal weights: the least loaded of choice_count hosts drawn with replacement,
//   or
//                   of all (FULL_SCAN, since 1.32); weights that differ: a weighted schedule
//   RING_HASH       the layout that ring_hash has; points are made of addresses instead of names
//   MAGLEV          likewise
// Its circuit breakers (1024 requests by default) are lifted, its administration interface is off.
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "real-harness/proxies/reference.h"

namespace steelyard::live {
namespace {

using Json = nlohmann::ordered_json;

struct Policy {
  Json cluster;  // what the cluster says about it
  bool weighted = true;
  bool hashing = false;
};

// One-element lists in braces would be taken for what they hold, by some compilers.
Json list_of(Json one) { return Json::array({std::move(one)}); }

Json lb_policy(const char* name) {
  Json policy = Json::object();
  policy["lb_policy"] = name;
  return policy;
}

Json least_request(const char* key, const Json& value) {
  const Json config = {{"@type",
                        "type.googleapis.com/"
                        "envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest"},
                       {key, value}};
  const Json extension = {{"name", "envoy.load_balancing_policies.least_request"},
                          {"typed_config", config}};
  const Json policy = {{"typed_extension_config", extension}};
  Json cluster = Json::object();
  cluster["load_balancing_policy"] = {{"policies", list_of(policy)}};
  return cluster;
}

Result<Policy> policy_of(const ProxiedService& service) {
  const Named& balancer = service.balancer;
  const Settings& settings = balancer.settings;
  const auto none = [&](std::string_view why) { return no_equivalent("Envoy", balancer, why); };
  if (goes_by_reports(balancer)) return none("it does not hear what servers report of their load");
  if (balancer.name == "round_robin") return Policy{lb_policy("ROUND_ROBIN"), false};
  if (balancer.name == "weighted_round_robin" || balancer.name == "edf")
    return Policy{lb_policy("ROUND_ROBIN")};
  if (balancer.name == "random") return Policy{lb_policy("RANDOM"), false};
  if (balancer.name == "weighted_random") return none("its RANDOM does not look at weights");
  if (balancer.name == "least_request" || balancer.name == "p2c") {
    if (!equally_weighted(service))
      return none("its LEAST_REQUEST is a weighted schedule when weights differ");
    if (balancer.name == "least_request")
      return Policy{least_request("selection_method", "FULL_SCAN")};
    if (settings.integer("choices") < 2) return none("its LEAST_REQUEST draws at least two hosts");
    if (settings.flag("memory")) return none("its draws remember nothing");
    return Policy{least_request("choice_count", settings.integer("choices"))};
  }
  if (balancer.name == "weighted_least_request") {
    if (settings.integer("choices") < 2) return none("its LEAST_REQUEST draws at least two hosts");
    if (settings.number("active_request_bias") != 1) return none("its bias is left at 1 here");
    return Policy{least_request("choice_count", settings.integer("choices"))};
  }
  if (balancer.name == "ring_hash" || balancer.name == "maglev") {
    if (service.key_header.empty()) return none("the requests carry no key that it could hash");
    if (balancer.name == "maglev")
      return Policy{{{"lb_policy", "MAGLEV"},
                     {"maglev_lb_config", {{"table_size", settings.integer("table_size")}}}},
                    true,
                    true};
    return Policy{{{"lb_policy", "RING_HASH"},
                   {"ring_hash_lb_config",
                    {{"minimum_ring_size", settings.integer("min_ring_size")},
                     {"maximum_ring_size", settings.integer("max_ring_size")}}}},
                  true,
                  true};
  }
  if (balancer.name == "source_hash")
    return none(
        "its hash of addresses would see one caller, the load generator, and not the scenario's "
        "callers");
  return none("its balancers are ROUND_ROBIN, LEAST_REQUEST, RANDOM, RING_HASH and MAGLEV");
}

Json socket_address(const Address& address) {
  const std::string text = to_text(address);
  std::string host = text.substr(0, text.rfind(':'));
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  return {{"socket_address", {{"address", host}, {"port_value", address.port()}}}};
}

Json endpoints(const ProxiedService& service, bool weighted) {
  const std::vector<std::uint64_t> weights = reduced_weights(service, weighted);
  Json list = Json::array();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;  // Envoy's weights begin at 1
    Json one = {{"endpoint", {{"address", socket_address(service.backends[i].address)}}}};
    if (weights[i] != 1) one["load_balancing_weight"] = weights[i];
    list.push_back(std::move(one));
  }
  return list;
}

Json connection_manager(const ProxiedService& service, bool hashing) {
  Json action = {{"cluster", "service"}, {"timeout", "0s"}};
  if (hashing)
    action["hash_policy"] = list_of(Json{{"header", {{"header_name", service.key_header}}}});
  const Json route = {{"match", {{"prefix", "/"}}}, {"route", action}};
  const Json host = {{"name", "service"}, {"domains", list_of("*")}, {"routes", list_of(route)}};
  const Json router = {
      {"name", "envoy.filters.http.router"},
      {"typed_config",
       {{"@type", "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
        {"dynamic_stats", false},
        {"suppress_envoy_headers", true}}}};
  return {{"@type",
           "type.googleapis.com/"
           "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"},
          {"stat_prefix", "service"},
          {"codec_type", "HTTP1"},
          {"generate_request_id", false},
          {"stream_idle_timeout", "0s"},
          {"common_http_protocol_options", {{"idle_timeout", "0s"}}},
          {"route_config", {{"virtual_hosts", list_of(host)}}},
          {"http_filters", list_of(router)}};
}

Json listener(const ProxiedService& service, bool hashing) {
  const Json filter = {{"name", "envoy.filters.network.http_connection_manager"},
                       {"typed_config", connection_manager(service, hashing)}};
  return {{"name", service.name},
          {"address", socket_address(service.listen)},
          {"filter_chains", list_of(Json{{"filters", list_of(filter)}})}};
}

Result<std::string> config(const ProxiedService& service) {
  const Result<Policy> policy = policy_of(service);
  if (!policy.ok()) return Error{policy.error()};
  constexpr auto kNoLimit = std::numeric_limits<std::uint32_t>::max();
  Json cluster = {{"name", "service"}, {"type", "STATIC"}, {"connect_timeout", "3600s"}};
  cluster.update(policy.value().cluster);
  const Json limits = {{"max_connections", kNoLimit},
                       {"max_pending_requests", kNoLimit},
                       {"max_requests", kNoLimit},
                       {"max_retries", 0}};
  cluster["circuit_breakers"] = {{"thresholds", list_of(limits)}};
  const Json hosts = {{"lb_endpoints", endpoints(service, policy.value().weighted)}};
  cluster["load_assignment"] = {{"cluster_name", "service"}, {"endpoints", list_of(hosts)}};
  const Json whole = {{"static_resources",
                       {{"listeners", list_of(listener(service, policy.value().hashing))},
                        {"clusters", list_of(cluster)}}}};
  return whole.dump(2) + "\n";
}

std::vector<std::string> arguments(const std::string& folder) {
  return {"--config-path", folder + "/envoy.json", "--concurrency", "1", "--log-level",
          "error",         "--disable-hot-restart"};
}

}  // namespace

const ReferenceProxy kEnvoy{.name = "envoy",
                            .where_from = "envoyproxy.io",
                            .config_name = "envoy.json",
                            .config = config,
                            .arguments = arguments};

}  // namespace steelyard::live
