// A gateway before services of the test's own, on loopback.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "real-harness/gateway/gateway.h"
#include "real-harness/http/server.h"
#include "scenarios/loader.h"
#include "tests/real-harness/loopback.h"

namespace steelyard::live::gateway::test {

// A service that does what the path says, for as long as it lives:
//   /echo…    answers with what it got, head and body      /name     its name
//   /count    the number of bytes of the body              /silent   nothing
//   /big/N    N bytes of 'x', chunked                      /fail     503
//   /flaky    503 to every other request                   /busy     503 as a full queue
//   /lame     nothing to every other request               /stuck    half of its answer, no more
//   /half     breaks off in the middle, with a length      /half-chunked, /half-close
class Service final : HttpServer::Handler {
 public:
  explicit Service(std::string name = "service")
      : name_(std::move(name)),
        server_(reactor_, listening_socket(), *this, {.body_bytes_max = std::uint64_t{1} << 40}),
        background_(reactor_) {}

  std::string url() const { return "http://" + to_text(server_.address()); }
  int requests() const { return requests_; }
  int abandoned() const { return abandoned_; }

 private:
  struct Asked {
    std::string path;
    std::string head;
    std::string body;
    std::uint64_t bytes = 0;
    std::uint64_t to_send = 0;
  };

  void on_request(Exchange& exchange) override {
    auto* const asked = new Asked;
    exchange.context = asked;
    ++requests_;
    const http::RequestHead& head = exchange.request();
    asked->path = head.path;
    asked->head = std::string(head.method) + " " + std::string(head.target) + "\n";
    for (const http::Header& header : head.headers)
      asked->head += std::string(header.name) + ": " + std::string(header.value) + "\n";
  }
  void on_body(Exchange& exchange, std::string_view data, bool last) override {
    auto& asked = *static_cast<Asked*>(exchange.context);
    asked.bytes += data.size();
    if (asked.path.starts_with("/echo")) asked.body += data;
    if (last) answer(exchange, asked);
  }
  void answer(Exchange& exchange, Asked& asked) {
    const std::string path = asked.path;
    if (path == "/silent" || (path == "/lame" && requests_ % 2 == 1)) return;
    if (path == "/stuck") {
      exchange.begin_answer(200, "OK", "", 10);
      exchange.answer_body("12345");
      return exchange.flush();
    }
    if (path == "/half" || path == "/half-chunked" || path == "/half-close")
      return half(exchange, path);
    if (path.starts_with("/big/")) {
      asked.to_send = std::stoull(path.substr(5));
      exchange.begin_answer(200, "OK", "", -1);
      return send_more(exchange, asked);
    }
    const int status =
        path == "/fail" || path == "/busy" || (path == "/flaky" && requests_ % 2 == 1) ? 503 : 200;
    const std::string body = path == "/count"  ? std::to_string(asked.bytes)
                             : path == "/name" ? name_
                                               : asked.head + "\n" + asked.body;
    forget(exchange);
    exchange.answer(status, path == "/busy" ? "X-Steelyard-Outcome: queue_full\r\n" : "", body);
  }
  void half(Exchange& exchange, const std::string& path) {
    forget(exchange);
    exchange.begin_answer(200, "OK", "", path == "/half" ? 10 : -1);
    exchange.answer_body("12345");
    exchange.flush();
    if (path == "/half-close")
      exchange.reset();
    else
      exchange.break_off();
  }
  void send_more(Exchange& exchange, Asked& asked) {
    static const std::string kPiece(32 * 1024, 'x');
    while (asked.to_send > 0 && exchange.unsent() == 0) {
      const std::size_t bytes = std::min<std::uint64_t>(asked.to_send, kPiece.size());
      asked.to_send -= bytes;
      sent_ += bytes;
      exchange.answer_body({kPiece.data(), bytes});
      exchange.flush();
    }
    if (asked.to_send > 0) return;
    forget(exchange);
    exchange.end_answer();
  }
  void on_writable(Exchange& exchange) override {
    if (exchange.context != nullptr) send_more(exchange, *static_cast<Asked*>(exchange.context));
  }
  void on_abandoned(Exchange& exchange) override {
    ++abandoned_;
    forget(exchange);
  }
  static void forget(Exchange& exchange) {
    delete static_cast<Asked*>(exchange.context);
    exchange.context = nullptr;
  }

 public:
  // Bytes of /big that the kernel has taken.
  std::uint64_t sent() const { return sent_; }

 private:
  std::string name_;
  std::atomic<int> requests_{0};
  std::atomic<int> abandoned_{0};
  std::atomic<std::uint64_t> sent_{0};
  Reactor reactor_;
  HttpServer server_;
  Background background_;
};

// The scenario of `gateway` (the text below `gateway:`, each line indented by two), with these
// services by name and URLs.
inline Scenario scenario_of(const std::string& services, const std::string& gateway,
                            const std::string& strategies = "{balancer: round_robin}") {
  const std::string text =
      "name: test\nrun: {duration: 1s}\nservices:\n  a: {instances: 1, service_time: 0s}\n"
      "  b: {instances: 1, service_time: 0s}\ntargets:\n" +
      services + "clients:\n  c: {calls: a, arrivals: {poisson: {rate: 1/s}}}\n" +
      "strategies: " + strategies + "\ngateway:\n" + gateway;
  LoadResult loaded = load_scenario_text(text, "test.yaml", {.read_file = [](const std::string&) {
                                           return Result<std::string>(Error{"no files here"});
                                         }});
  std::string problems;
  for (const Problem& problem : loaded.problems) problems += to_text(problem);
  if (!loaded.comparison) throw std::runtime_error(problems);
  return loaded.comparison->base();
}

inline std::unique_ptr<Rules> rules_of(Scenario scenario, const Rules* before = nullptr) {
  std::vector<std::vector<Address>> addresses;
  for (const ServiceSpec& service : scenario.services) {
    std::vector<Address>& mine = addresses.emplace_back();
    for (const TargetSpec& target : service.targets)
      mine.push_back(resolve(target.host, target.port).value());
  }
  auto rules = Rules::make(
      std::move(scenario), std::move(addresses),
      [](const SecretSpec&) { return Result<std::string>(Error{"none"}); }, before);
  if (!rules.ok()) throw std::runtime_error(rules.error());
  return std::move(rules.value());
}

// A gateway on a thread of its own.
class Running {
 public:
  explicit Running(std::unique_ptr<Rules> rules, Gateway::Options options = {})
      : gateway_(reactor_, std::move(rules), listening_socket(), options), background_(reactor_) {}
  Address address() const { return gateway_.address(); }
  // Does it on the gateway's thread, and waits until it is done.
  template <class Work>
  void with_gateway(const Work& work) {
    std::atomic<bool> done{false};
    reactor_.post([&] {
      work(gateway_);
      done = true;
    });
    while (!done) std::this_thread::yield();
  }
  std::string metrics() {
    std::string page;
    with_gateway([&](Gateway& gateway) { page = gateway.metrics(); });
    return page;
  }
  Reactor& reactor() { return reactor_; }

 private:
  Reactor reactor_;
  Gateway gateway_;
  Background background_;
};

inline std::string get_request(const std::string& path, const std::string& more = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: shop.example\r\n" + more + "\r\n";
}

}  // namespace steelyard::live::gateway::test
