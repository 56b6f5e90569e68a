// An HTTP/1.1 server on the event loop: listens, takes requests apart, sends answers.
//
// One request at a time on a connection: the next one is looked at when the answer is complete, so
// pipelined requests are answered in order. Bad requests are answered with their 4xx or 5xx here
// and never reach the handler. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "real-harness/http/http1.h"
#include "real-harness/os/reactor.h"
#include "real-harness/os/stream.h"

namespace steelyard::live {

class HttpServer;

// One connection of a client, and the request that is being answered on it.
class Exchange final : Stream::Owner, Reactor::TimerHandler {
 public:
  // Of the request. Its views hold until on_request() returns.
  const http::RequestHead& request() const { return request_; }
  Address client() const { return peer_of(stream_->fd()); }
  // Its numeric address without the port: "127.0.0.1", "::1".
  const std::string& client_name();
  bool to_head() const { return to_head_; }
  // Of now, for answers: "Sun, 06 Nov 1994 08:49:37 GMT".
  std::string_view date();

  // The answer in one piece. `headers`: further lines, each ended by CRLF; content-length, date and
  // connection are added. A HEAD request gets the length without the body. This, end_answer() and
  // break_off() may destroy the exchange: do not touch it afterwards.
  void answer(int status, std::string_view headers, std::string_view body);

  // Or piece by piece. `length`: of the body if it is known; negative: chunked, or until the end of
  // the connection for HTTP/1.0.
  void begin_answer(int status, std::string_view reason, std::string_view headers,
                    std::int64_t length);
  void answer_body(std::string_view data);
  void end_answer();
  // Pieces are collected until there are enough for a system call; this sends what there is.
  void flush();
  // Or with a head that the handler composes itself: append it, empty line included, to what
  // begin_head() returns, and say with end_head() how the body goes; then as above.
  std::string& begin_head() {
    answer_begun_ = true;
    return held_;
  }
  void end_head(bool chunked, bool keep_alive);
  // Whether another request may follow on this connection, as far as is known by now.
  bool keep_alive() const { return keep_alive_ && !draining(); }
  // Breaks the connection off in the middle of an answer, so that nobody takes it for complete.
  void break_off();
  // The same with a reset, so that the client sees a connection that failed.
  void reset();
  // An interim answer: "HTTP/1.1 100 Continue", sent at once.
  void continue_request();
  bool answer_begun() const { return answer_begun_; }
  bool answered() const { return answer_done_; }
  // In on_abandoned(): what the client is told since its request's body is broken, too long or too
  // slow; 0: the client is gone.
  int refusal() const { return refusal_; }
  // Bytes of the answer that the client has not taken yet; Handler::on_writable() follows when they
  // have gone.
  std::size_t unsent() const { return stream_->unsent(); }

  // Leaves the request's body with the kernel for a while, so that its sender has to wait.
  void pause_body();
  void resume_body();

  // The handler's own, about this request; null at its beginning.
  void* context = nullptr;

  ~Exchange();

 private:
  friend class HttpServer;
  Exchange(HttpServer& server, Descriptor socket);
  void on_input() override;
  void on_drained() override;
  void on_failed(int error) override;
  void on_timer(std::uint64_t data) override;
  bool serve_input();  // false if the exchange is gone
  bool take_head();
  bool take_body();
  void refuse(int status);
  void compose_head(std::string& out, int status, std::string_view reason, std::string_view headers,
                    std::int64_t length);
  bool draining() const;
  void finish_request();
  void finish_connection();
  void linger();
  void wait_at_most(Duration patience);
  void wait_for_ever() { deadline_ = kNever; }
  void start_timer();
  void forget(int refusal = 0);  // tells the handler
  void close();

  enum class Phase : std::uint8_t { head, body, answering, lingering };

  HttpServer& server_;
  std::unique_ptr<Stream> stream_;
  http::HeadScanner scanner_;
  http::RequestHead request_;
  http::BodyReader body_;
  Phase phase_ = Phase::head;
  bool head_begun_ = false;  // some of it has come
  bool keep_alive_ = true;
  bool to_head_ = false;
  bool http_1_0_ = false;
  bool body_done_ = false;
  bool body_paused_ = false;
  bool handler_knows_ = false;  // and waits for an answer
  bool answer_begun_ = false;
  bool answer_done_ = false;
  bool answer_chunked_ = false;
  bool serving_ = false;
  bool closed_ = false;
  int refusal_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::string client_name_;   // empty: nobody has asked
  std::string held_;          // collected for one system call
  std::size_t position_ = 0;  // in HttpServer::exchanges_
  Instant deadline_ = kNever;
  Reactor::TimerId timer_ = 0;
  Instant timer_at_;
};

struct ServerOptions {
  http::Limits limits;
  std::uint64_t body_bytes_max = std::uint64_t{1} << 30;
  Duration header_timeout = 60s;  // nginx: client_header_timeout, counted from the first wait
  Duration body_timeout = 60s;    // between two reads of a body; nginx: client_body_timeout
  Duration idle_timeout = 75s;    // of a connection without a request; nginx: keepalive_timeout
  Duration send_timeout = 60s;    // the client takes nothing of the answer; nginx: send_timeout
  std::size_t connections_max = 100'000;
};

class HttpServer final : Reactor::Watcher {
 public:
  class Handler {
   public:
    // The head has come. Answer now or later; on_body() follows unless the request has none.
    virtual void on_request(Exchange& exchange) = 0;
    // `last`: this was the end of the body. Comes once, with empty data, for requests without one.
    virtual void on_body(Exchange& exchange, std::string_view data, bool last) = 0;
    // The client is gone, or too slow, before the answer was complete: forget the exchange.
    virtual void on_abandoned(Exchange& exchange) = 0;
    virtual void on_writable(Exchange& exchange) { (void)exchange; }
    // A request was refused before the handler heard of it, for the form of its head, or since that
    // came too slowly: `status` is what the client gets.
    virtual void on_refused(Exchange& exchange, int status) { (void)exchange, (void)status; }
    // The answer is complete; the exchange's context is about to be cleared.
    virtual void on_answered(Exchange& exchange) { (void)exchange; }

   protected:
    ~Handler() = default;
  };

  // REQUIRES: `listener` listens without blocking; handler and reactor outlive the server.
  HttpServer(Reactor& reactor, Descriptor listener, Handler& handler, ServerOptions options = {});
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  // Accepts no more connections but those that wait already; all close after the answer to what has
  // come by now.
  void drain();
  // Connections that come from now on speak TLS; null: in the clear.
  void set_tls(std::shared_ptr<const TlsContext> tls) { tls_ = std::move(tls); }
  std::size_t connections() const { return exchanges_.size(); }
  Address address() const { return address_; }
  // From the next request on; the limits of connections under way stay as they are.
  void set_options(const ServerOptions& options) { options_ = options; }
  // Requests that were refused for their form.
  std::uint64_t bad_requests() const { return bad_requests_; }

 private:
  friend class Exchange;
  void on_ready(std::uint32_t events) override;
  void remove(Exchange& exchange);
  std::string_view date();

  Reactor& reactor_;
  Descriptor listener_;
  Handler& handler_;
  ServerOptions options_;
  Address address_;
  std::shared_ptr<const TlsContext> tls_;
  bool draining_ = false;
  bool starved_ = false;  // of descriptors: connections wait to be accepted
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::uint64_t bad_requests_ = 0;
  std::string scratch_;
  std::string date_;  // "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
  Instant date_until_;
};

}  // namespace steelyard::live
