#include "real-harness/proxies/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "balancers/balancer.h"

namespace steelyard::live {
namespace {

using ::testing::HasSubstr;

Named balancer(const std::string& name) { return defaults(Balancer::kKind, name); }

Named with(Named named, const std::string& key, std::int64_t value) {
  named.settings.set(key, {value});
  return named;
}

// Two instances of orders, the first with five times the weight, behind 127.1.255.254:8000.
ProxiedService orders(const Named& named, std::uint32_t first = 5, std::uint32_t second = 1) {
  return {.name = "orders",
          .listen = ipv4(0x7f01fffe, 8000),
          .backends = {{ipv4(0x7f010001, 9001), first}, {ipv4(0x7f010002, 9002), second}},
          .balancer = named,
          .key_header = "x-steelyard-key",
          .connections_max = 1000};
}

std::string config(const ReferenceProxy& proxy, const ProxiedService& service) {
  const Result<std::string> made = proxy.config(service);
  return made.ok() ? made.value() : "error: " + made.error();
}

TEST(Nginx, IsConfiguredMinimallyAndFairly) {
  EXPECT_EQ(config(kNginx, orders(balancer("weighted_round_robin"))),
            R"(# orders: balancer weighted_round_robin
daemon off;
master_process off;  # one process, as one worker
pid nginx.pid;
error_log stderr error;
events {
  worker_connections 2064;
}
http {
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
  upstream service {
    server 127.1.0.1:9001 weight=5 max_fails=0;
    server 127.1.0.2:9002 max_fails=0;
    keepalive 1000;
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.1.255.254:8000 backlog=4096;
    location / {
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
    }
  }
}
)");
}

TEST(Haproxy, IsConfiguredMinimallyAndFairly) {
  EXPECT_EQ(config(kHaproxy, orders(balancer("least_request"))), R"(# orders: balancer least_request
global
  nbthread 1
  maxconn 1000
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
  bind 127.1.255.254:8000 backlog 4096
  balance leastconn
  server instance0 127.1.0.1:9001 weight 5 pool-purge-delay 1h
  server instance1 127.1.0.2:9002 pool-purge-delay 1h
)");
}

TEST(Envoy, IsConfiguredMinimallyAndFairly) {
  const auto json = nlohmann::json::parse(config(kEnvoy, orders(balancer("weighted_round_robin"))));
  EXPECT_EQ(json["static_resources"]["clusters"], nlohmann::json::parse(R"([{
    "name": "service", "type": "STATIC", "connect_timeout": "3600s", "lb_policy": "ROUND_ROBIN",
    "circuit_breakers": {"thresholds": [{"max_connections": 4294967295,
      "max_pending_requests": 4294967295, "max_requests": 4294967295, "max_retries": 0}]},
    "load_assignment": {"cluster_name": "service", "endpoints": [{"lb_endpoints": [
      {"endpoint": {"address": {"socket_address": {"address": "127.1.0.1", "port_value": 9001}}},
       "load_balancing_weight": 5},
      {"endpoint": {"address": {"socket_address": {"address": "127.1.0.2", "port_value": 9002}}}}
    ]}]}}])"));
  EXPECT_EQ(json["static_resources"]["listeners"][0], nlohmann::json::parse(R"({
    "name": "orders",
    "address": {"socket_address": {"address": "127.1.255.254", "port_value": 8000}},
    "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager",
      "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "service", "codec_type": "HTTP1", "generate_request_id": false,
        "stream_idle_timeout": "0s", "common_http_protocol_options": {"idle_timeout": "0s"},
        "route_config": {"virtual_hosts": [{"name": "service", "domains": ["*"], "routes": [
          {"match": {"prefix": "/"}, "route": {"cluster": "service", "timeout": "0s"}}]}]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {
          "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
          "dynamic_stats": false, "suppress_envoy_headers": true}}]}}]}]})"));
  EXPECT_FALSE(json.contains("admin"));
}

// What each program is told for each balancer, in the words of its own configuration.
struct Equivalent {
  const ReferenceProxy& proxy;
  Named named;
  std::string text;
};

TEST(References, HaveTheirOwnWordsForEachBalancer) {
  const std::vector<Equivalent> all{
      {kNginx, balancer("random"), "    random;\n    server 127.1.0.1:9001 max_fails=0;\n"},
      {kNginx, balancer("weighted_random"), "    random;\n    server 127.1.0.1:9001 weight=5 "},
      {kNginx, balancer("least_request"), "    least_conn;\n    server 127.1.0.1:9001 weight=5 "},
      {kNginx, balancer("p2c"), "    random two least_conn;\n"},
      {kNginx, balancer("ring_hash"), "    hash $http_x_steelyard_key consistent;\n"},
      {kNginx, balancer("ketama"), "    hash $http_x_steelyard_key consistent;\n"},
      {kHaproxy, balancer("round_robin"),
       "  balance roundrobin\n  server instance0 127.1.0.1:9001 pool"},
      {kHaproxy, balancer("weighted_round_robin"),
       "  balance roundrobin\n  server instance0 127.1.0.1:9001 weight 5 "},
      {kHaproxy, balancer("random"), "  balance random(1)\n  server instance0 127.1.0.1:9001 pool"},
      {kHaproxy, with(balancer("p2c"), "choices", 3), "  balance random(3)\n"},
      {kHaproxy, with(balancer("first"), "limit", 7), " maxconn 7 "},
      {kHaproxy, balancer("ring_hash"), "  balance hdr(x-steelyard-key)\n  hash-type consistent "},
      {kEnvoy, balancer("random"), R"("lb_policy": "RANDOM")"},
      {kEnvoy, balancer("edf"), R"("lb_policy": "ROUND_ROBIN")"},
      {kEnvoy, balancer("weighted_least_request"), R"("choice_count": 2)"},
      {kEnvoy, balancer("ring_hash"), R"("minimum_ring_size": 1024)"},
      {kEnvoy, balancer("maglev"), R"("table_size": 65537)"},
  };
  for (const Equivalent& each : all)
    EXPECT_THAT(config(each.proxy, orders(each.named)), HasSubstr(each.text))
        << each.proxy.name << ", " << each.named.name;
  const ProxiedService equal = orders(balancer("least_request"), 2, 2);
  EXPECT_THAT(config(kEnvoy, equal), HasSubstr(R"("selection_method": "FULL_SCAN")"));
}

TEST(References, SayWhyThereIsNoEquivalent) {
  const auto why = [](const ReferenceProxy& proxy, const Named& named) {
    return config(proxy, orders(named));
  };
  EXPECT_EQ(why(kNginx, balancer("peak_ewma")),
            "error: nginx has no equivalent of peak_ewma: it does not look at latency");
  EXPECT_EQ(why(kNginx, with(balancer("p2c"), "choices", 3)),
            "error: nginx has no equivalent of p2c: its `random two` draws two servers, distinct "
            "ones");
  EXPECT_EQ(why(kEnvoy, balancer("weighted_random")),
            "error: Envoy has no equivalent of weighted_random: its RANDOM does not look at "
            "weights");
  EXPECT_EQ(why(kEnvoy, balancer("least_request")),
            "error: Envoy has no equivalent of least_request: its LEAST_REQUEST is a weighted "
            "schedule when weights differ");
  EXPECT_EQ(config(kHaproxy, orders(balancer("weighted_round_robin"), 257, 1)),
            "error: HAProxy has no equivalent of weighted_round_robin: its weights end at 256, and "
            "257 is needed");
  Named memory = balancer("p2c");
  memory.settings.set("memory", {true});
  EXPECT_EQ(why(kHaproxy, memory),
            "error: HAProxy has no equivalent of p2c: its random draws remember nothing");
  for (const ReferenceProxy* proxy : {&kNginx, &kHaproxy, &kEnvoy}) {
    Named reported = balancer("least_request");
    reported.settings.set("load", {"reported"});
    EXPECT_THAT(why(*proxy, reported), HasSubstr("does not hear what servers report"));
  }
  ProxiedService keyless = orders(balancer("ring_hash"));
  keyless.key_header.clear();
  EXPECT_EQ(config(kNginx, keyless),
            "error: nginx has no equivalent of ring_hash: the requests carry no key that it could "
            "hash");
}

// Every balancer there is has been thought of: it is either written or refused with a reason.
TEST(References, KnowEveryBalancer) {
  for (const StrategyInfo* info : Catalogue::of_kind(Balancer::kKind))
    for (const ReferenceProxy* proxy : {&kNginx, &kHaproxy, &kEnvoy})
      EXPECT_THAT(config(*proxy, orders(balancer(info->name))),
                  testing::AnyOf(HasSubstr("127.1.0.1"), HasSubstr("has no equivalent of")))
          << proxy->name << ", " << info->name;
}

TEST(References, WriteWeightsByTheirLeastWholeNumbers) {
  EXPECT_EQ(reduced_weights(orders(balancer("p2c"), 500, 300), true),
            (std::vector<std::uint64_t>{5, 3}));
  EXPECT_EQ(reduced_weights(orders(balancer("p2c"), 0, 3), true),
            (std::vector<std::uint64_t>{0, 1}));
  EXPECT_EQ(reduced_weights(orders(balancer("p2c"), 0, 0), true),
            (std::vector<std::uint64_t>{1, 1}))
      << "no weight at all: all are equal";
  EXPECT_EQ(reduced_weights(orders(balancer("random"), 5, 1), false),
            (std::vector<std::uint64_t>{1, 1}));
}

// With weight 0 beside another, an instance gets nothing; nginx and Envoy know no such weight.
TEST(References, LeaveOutWhoHasNoWeight) {
  const ProxiedService service = orders(balancer("weighted_round_robin"), 0, 3);
  EXPECT_THAT(config(kNginx, service), HasSubstr("server 127.1.0.1:9001 down max_fails=0;"));
  EXPECT_THAT(config(kHaproxy, service), HasSubstr("127.1.0.1:9001 weight 0 "));
  EXPECT_THAT(config(kEnvoy, service), Not(HasSubstr("127.1.0.1\"")));
}

TEST(References, AreLookedForWhereDaemonsAre) {
  EXPECT_EQ(find_program("no-such-program-anywhere"), "");
  EXPECT_THAT(find_program("sh"), testing::EndsWith("/sh"));
}

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "reference-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Has the program itself read its configuration for every balancer that it has an equivalent of.
void expect_accepted(const ReferenceProxy& proxy, const std::string& check) {
  const std::string program = find_program(proxy.name);
  if (program.empty()) GTEST_SKIP() << proxy.name << " is not installed";
  int accepted = 0;
  for (const StrategyInfo* info : Catalogue::of_kind(Balancer::kKind)) {
    const Folder folder;
    const Result<std::string> text = proxy.config(orders(balancer(info->name)));
    if (!text.ok()) continue;
    ++accepted;
    std::ofstream(folder.path() + "/" + std::string(proxy.config_name)) << text.value();
    std::string command = program + " " + check;
    for (const std::string& argument : proxy.arguments(folder.path())) command += " " + argument;
    const std::string output = folder.path() + "/said.txt";
    const int status = std::system((command + " >" + output + " 2>&1").c_str());
    std::ifstream said(output);
    EXPECT_EQ(status, 0) << info->name << ": "
                         << std::string(std::istreambuf_iterator<char>(said), {});
  }
  EXPECT_GE(accepted, 5);
}

TEST(Nginx, AcceptsItsConfiguration) { expect_accepted(kNginx, "-t"); }
TEST(Haproxy, AcceptsItsConfiguration) { expect_accepted(kHaproxy, "-c"); }
TEST(Envoy, AcceptsItsConfiguration) { expect_accepted(kEnvoy, "--mode validate"); }

}  // namespace
}  // namespace steelyard::live
