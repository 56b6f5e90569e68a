// HTTP/1.1 to one server: a pool of connections that are kept, one request at a time on each.
//
// Not thread-safe: belongs to its reactor's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/outcome.h"
#include "real-harness/http/http1.h"
#include "real-harness/os/reactor.h"
#include "real-harness/os/stream.h"

namespace steelyard::live {

class HttpClient;

// One connection to the server, and the request that is under way on it.
class ClientExchange final : Stream::Owner {
 public:
  class Handler {
   public:
    // The answer's head; its views hold until this returns. Interim answers (1xx) are not told,
    // except 101.
    virtual void on_response(ClientExchange& exchange, const http::ResponseHead& head) = 0;
    // `last`: the answer is complete, and the exchange over. Comes once, with empty data, for
    // answers without a body.
    virtual void on_response_body(ClientExchange& exchange, std::string_view data, bool last) = 0;
    // No answer, or not a whole one: connection_refused, connection_reset or bad_response. The
    // exchange is over.
    virtual void on_request_failed(ClientExchange& exchange, Outcome outcome) = 0;
    // All that was written has gone out, after some had to wait.
    virtual void on_request_drained(ClientExchange& exchange) { (void)exchange; }
    // What has come of the answer so far has been told, and more is awaited.
    virtual void on_response_pause(ClientExchange& exchange) { (void)exchange; }

   protected:
    ~Handler() = default;
  };

  // Sends bytes of the request. Nothing is checked: the caller frames its request.
  void write(std::string_view bytes);
  // The request is complete: until this is called the connection cannot be used again.
  void end_request() { request_ended_ = true; }
  std::size_t unsent() const { return stream_->unsent(); }
  // Nobody waits for the answer any more: closes the connection. The exchange is over.
  void abandon();

  // Leaves the answer's body with the kernel for a while, so that the server has to wait.
  void pause_body() { paused_ = true; }
  void resume_body();

  // Whether the connection had carried requests before this one.
  bool reused() const { return requests_ > 1; }
  // Whether anything of the answer has come.
  bool answer_begun() const { return answer_begun_; }

  // The handler's own.
  void* context = nullptr;
  std::uint64_t token = 0;

 private:
  friend class HttpClient;
  explicit ClientExchange(HttpClient& client) : client_(client) {}
  void on_connected() override {}
  void on_input() override;
  void on_drained() override;
  void on_failed(int error) override;
  bool take_input();
  bool take_head();
  void fail(Outcome outcome);
  void finish();

  HttpClient& client_;
  std::unique_ptr<Stream> stream_;
  Handler* handler_ = nullptr;  // null: idle
  http::HeadScanner scanner_;
  http::ResponseHead head_;
  http::BodyReader body_;
  std::uint64_t requests_ = 0;
  std::size_t position_ = 0;  // in HttpClient::exchanges_
  bool to_head_ = false;
  bool request_ended_ = false;
  bool head_done_ = false;
  bool answer_begun_ = false;
  bool paused_ = false;
  bool taking_ = false;
  bool dead_ = false;
};

class HttpClient {
 public:
  // At most `connections_max` at once, and at most `idle_max` that wait for their next request.
  struct Options {
    std::size_t connections_max = 16'384;
    std::size_t idle_max = 4'096;
    http::Limits limits;
  };
  HttpClient(Reactor& reactor, const Address& address) : HttpClient(reactor, address, Options()) {}
  HttpClient(Reactor& reactor, const Address& address, const Options& options);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // A connection for one request: the one that was used last, or a new one. Write the request to
  // it. nullptr if there are too many, or no descriptors left. `to_head`: it is a HEAD request.
  // REQUIRES: the handler lives until the exchange is over.
  ClientExchange* start(ClientExchange::Handler& handler, bool to_head = false);

  const Address& address() const { return address_; }
  std::size_t connections() const { return exchanges_.size(); }
  std::size_t idle() const { return idle_.size(); }
  std::uint64_t connections_made() const { return connections_made_; }
  // Closes what is idle.
  void close_idle();

 private:
  friend class ClientExchange;
  void remove(ClientExchange& exchange);

  Reactor& reactor_;
  Address address_;
  Options options_;
  std::vector<std::unique_ptr<ClientExchange>> exchanges_;
  std::vector<ClientExchange*> idle_;
  std::uint64_t connections_made_ = 0;
};

}  // namespace steelyard::live
