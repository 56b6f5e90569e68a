// nginx, from its upstream, proxy and core modules' documentation (nginx.org/en/docs); read by
// nginx 1.22. Its load balancers:
//   round robin     smooth weighted round robin, from the first server; the same sequence as
//                   weighted_round_robin (src/http/ngx_http_upstream_round_robin.c)
//   least_conn      fewest active connections for the weight, ties by weighted turns
//   random          weighted; `random two least_conn`: of two distinct ones the less loaded
//   hash … consistent   ketama: 160 points for each unit of weight, at the CRC-32 of the address
//   ip_hash         of the client's address
// One process without a master does what one worker of a master does, and leaves no orphan when it
// is killed.
#include <fmt/format.h>

#include <algorithm>

#include "real-harness/proxies/reference.h"

namespace steelyard::live {
namespace {

struct Method {
  std::string directive;  // empty: round robin
  bool weighted = true;
};

Result<Method> method_of(const ProxiedService& service) {
  const Named& balancer = service.balancer;
  const auto none = [&](std::string_view why) { return no_equivalent("nginx", balancer, why); };
  if (goes_by_reports(balancer)) return none("it does not hear what servers report of their load");
  if (balancer.name == "round_robin") return Method{"", false};
  if (balancer.name == "weighted_round_robin") return Method{""};
  if (balancer.name == "random") return Method{"random;", false};
  if (balancer.name == "weighted_random") return Method{"random;"};
  if (balancer.name == "least_request") return Method{"least_conn;"};
  if (balancer.name == "p2c") {
    if (balancer.settings.integer("choices") != 2 || balancer.settings.flag("replacement") ||
        balancer.settings.flag("memory"))
      return none("its `random two` draws two servers, distinct ones");
    return Method{"random two least_conn;"};
  }
  if (balancer.name == "ring_hash" || balancer.name == "ketama") {
    if (service.key_header.empty()) return none("the requests carry no key that it could hash");
    std::string variable = service.key_header;
    std::replace(variable.begin(), variable.end(), '-', '_');
    return Method{fmt::format("hash $http_{} consistent;", variable)};
  }
  if (balancer.name == "source_hash")
    return none(
        "its ip_hash would see one caller, the load generator, and not the scenario's callers");
  if (balancer.name == "peak_ewma") return none("it does not look at latency");
  return none("its balancers are round robin, least_conn, random, hash and ip_hash");
}

std::string servers(const ProxiedService& service, bool weighted) {
  const std::vector<std::uint64_t> weights = reduced_weights(service, weighted);
  std::string text;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    text += fmt::format("    server {}", to_text(service.backends[i].address));
    if (weights[i] == 0)
      text += " down";
    else if (weights[i] != 1)
      text += fmt::format(" weight={}", weights[i]);
    text += " max_fails=0;\n";
  }
  return text;
}

Result<std::string> config(const ProxiedService& service) {
  const Result<Method> method = method_of(service);
  if (!method.ok()) return Error{method.error()};
  const std::string directive =
      method.value().directive.empty() ? "" : "    " + method.value().directive + "\n";
  return fmt::format(
      R"(# {name}: balancer {balancer}
daemon off;
master_process off;  # one process, as one worker
pid nginx.pid;
error_log stderr error;
events {{
  worker_connections {descriptors};
}}
http {{
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  client_header_timeout 1h;
  client_body_timeout 1h;
  client_max_body_size 0;
  send_timeout 1h;
  upstream service {{
{method}{servers}    keepalive {idle};
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
  }}
  server {{
    listen {listen} backlog=4096;
    location / {{
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";  # else it would connect anew for every request
      proxy_set_header Host $http_host;
      proxy_request_buffering off;     # bodies stream through
      proxy_max_temp_file_size 0;
      proxy_connect_timeout 1h;
      proxy_send_timeout 1h;
      proxy_read_timeout 1h;
      proxy_next_upstream off;         # no retries
    }}
  }}
}}
)",
      fmt::arg("name", service.name), fmt::arg("balancer", service.balancer.name),
      fmt::arg("descriptors", 2 * service.connections_max + 64), fmt::arg("method", directive),
      fmt::arg("servers", servers(service, method.value().weighted)),
      fmt::arg("idle", std::min<std::uint64_t>(4096, service.connections_max)),
      fmt::arg("listen", to_text(service.listen)));
}

// Debian's nginx writes to standard error before it has read its configuration, too.
std::vector<std::string> arguments(const std::string& folder) {
  return {"-p", folder, "-c", folder + "/nginx.conf"};
}

}  // namespace

const ReferenceProxy kNginx{.name = "nginx",
                            .where_from = "Debian package nginx",
                            .config_name = "nginx.conf",
                            .config = config,
                            .arguments = arguments};

}  // namespace steelyard::live
