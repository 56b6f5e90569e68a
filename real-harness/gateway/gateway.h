// The gateway: a reverse proxy in front of a scenario's services, with the scenario's balancers and
// resilience. docs/GATEWAY.md says what it does with a request.
//
// One reactor, one thread. Start several with `shared` listeners for more processors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/random.h"
#include "real-harness/gateway/call.h"
#include "real-harness/gateway/log_file.h"
#include "real-harness/gateway/rules.h"
#include "real-harness/http/server.h"
#include "real-harness/os/tls.h"

namespace steelyard::live::gateway {

class Gateway final : HttpServer::Handler, Reactor::TimerHandler {
 public:
  struct Options {
    LogFile* log = nullptr;                 // outlives the gateway
    std::shared_ptr<const TlsContext> tls;  // null: plain HTTP
    std::uint64_t seed = 0;                 // of the balancers; 0: another one each time
  };
  // REQUIRES: `listener` listens without blocking; the reactor outlives the gateway.
  Gateway(Reactor& reactor, std::unique_ptr<Rules> rules, Descriptor listener, Options options);
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;
  ~Gateway();

  // Requests that come from now on are served by these; those under way end with the old ones.
  void replace(std::unique_ptr<Rules> rules);
  // Of connections that come from now on.
  void set_tls(std::shared_ptr<const TlsContext> tls) { server_.set_tls(std::move(tls)); }
  const Rules& rules() const { return *current_->rules; }

  // Accepts no more connections; those there are close after the answer to what has come.
  void drain() { server_.drain(); }
  bool is_drained() const { return server_.connections() == 0; }

  Address address() const { return server_.address(); }
  std::string metrics() const;

 private:
  void on_request(Exchange& exchange) override;
  void on_body(Exchange& exchange, std::string_view data, bool last) override;
  void on_abandoned(Exchange& exchange) override;
  void on_writable(Exchange& exchange) override;
  void on_refused(Exchange& exchange, int status) override;
  void on_timer(std::uint64_t data) override;

  Call& take_call();
  std::unique_ptr<Generation> generation_of(std::unique_ptr<Rules> rules);
  void name_routes();

  Reactor& reactor_;
  RandomStream random_;
  Workshop shop_;
  std::uint64_t generations_made_ = 0;
  std::unique_ptr<Generation> current_;
  std::vector<std::unique_ptr<Generation>> former_;  // with requests under way
  std::vector<std::unique_ptr<Call>> calls_;
  Reactor::TimerId timer_ = 0;
  HttpServer server_;
};

}  // namespace steelyard::live::gateway
