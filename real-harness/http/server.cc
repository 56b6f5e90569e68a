#include "real-harness/http/server.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <time.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

namespace steelyard::live {
namespace {

// How long, and for how much, a server listens to a client it has refused. Closing with unread data
// would make the kernel reset the connection, and the client might never see the answer.
constexpr Duration kLingerTime = 5s;
constexpr Duration kLingerTimeDraining = 500ms;
constexpr std::uint64_t kLingerBytes = 1 << 20;

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

}  // namespace

// ---- Exchange: reading -------------------------------------------------------------------------

Exchange::Exchange(HttpServer& server, Descriptor socket)
    : server_(server), stream_(new Stream(server.reactor_, std::move(socket), *this)) {
  wait_at_most(server_.options_.header_timeout);
}

void Exchange::on_input() { serve_input(); }

// Takes apart what has come, as far as the answer to the present request allows.
bool Exchange::serve_input() {
  if (serving_) return true;  // called from within: the loop goes on by itself
  serving_ = true;
  bool going_on = true;
  while (going_on && !closed_) {
    switch (phase_) {
      case Phase::head:
        going_on = take_head();
        break;
      case Phase::body:
        going_on = take_body();
        break;
      case Phase::answering:
        // A client that has stopped sending has given up, as nginx sees it, too.
        if (stream_->ended() && !answer_done_) {
          forget();
          closed_ = true;
        }
        going_on = false;
        break;
      case Phase::lingering:
        body_bytes_ += stream_->input().size();
        stream_->consume(stream_->input().size());
        closed_ = stream_->ended() || body_bytes_ > kLingerBytes;
        going_on = false;
        break;
    }
  }
  serving_ = false;
  if (!closed_) return true;
  server_.remove(*this);
  return false;
}

bool Exchange::take_head() {
  const std::string_view input = stream_->input();
  const http::Parsed parsed =
      http::parse_request(input, request_, scanner_, server_.options_.limits);
  if (parsed.state == http::Parsed::State::more) {
    if (stream_->ended()) closed_ = true;
    // However slowly it comes, a head has its time from its first byte.
    if (!std::exchange(head_begun_, !input.empty()) && head_begun_)
      wait_at_most(server_.options_.header_timeout);
    return false;
  }
  head_begun_ = false;
  if (parsed.state == http::Parsed::State::bad) {
    refuse(parsed.status);
    return true;
  }
  scanner_.reset();
  if (request_.framing == http::Framing::length &&
      request_.content_length > server_.options_.body_bytes_max) {
    refuse(413);
    return true;
  }
  keep_alive_ = request_.keep_alive && !server_.draining_;
  to_head_ = request_.method == "HEAD";
  http_1_0_ = request_.minor_version == 0;
  body_ = http::BodyReader(request_);
  body_bytes_ = 0;
  phase_ = Phase::body;
  body_done_ = body_paused_ = answer_begun_ = answer_done_ = false;
  context = nullptr;
  handler_knows_ = true;
  stream_->consume(request_.bytes);  // the views of the request stay where they are
  server_.handler_.on_request(*this);
  return true;
}

bool Exchange::take_body() {
  if (body_paused_ && !answer_done_) return false;
  const http::BodyReader::Piece piece = body_.next(stream_->input());
  const bool last = body_.done();
  body_bytes_ += piece.data.size();
  const bool too_long =
      body_bytes_ > (answer_done_ ? kLingerBytes : server_.options_.body_bytes_max);
  if (piece.bad || too_long) {
    const bool in_answer = answer_begun_;
    const int status = piece.bad ? 400 : 413;
    forget(in_answer ? 0 : status);
    if (in_answer)
      closed_ = true;
    else
      refuse(status);
    return true;
  }
  if (!last && piece.consumed == 0) {
    if (stream_->ended()) {
      forget();
      closed_ = true;
    }
    wait_at_most(server_.options_.body_timeout);
    return false;
  }
  stream_->consume(piece.consumed);
  if (last) {
    phase_ = Phase::answering;
    body_done_ = true;
    wait_for_ever();
  }
  if (answer_done_) {
    if (last) finish_request();
  } else if (last || !piece.data.empty()) {
    server_.handler_.on_body(*this, piece.data, last);
  }
  return true;
}

void Exchange::pause_body() {
  body_paused_ = true;
  wait_for_ever();
}

void Exchange::resume_body() {
  if (!std::exchange(body_paused_, false) || serving_) return;
  wait_at_most(server_.options_.body_timeout);
  if (serve_input()) stream_->resume();
}

// ---- Exchange: answering -----------------------------------------------------------------------

void Exchange::compose_head(std::string& out, int status, std::string_view reason,
                            std::string_view headers, std::int64_t length) {
  const bool bodiless = status < 200 || status == 204 || status == 304;
  answer_begun_ = true;
  answer_chunked_ = length < 0 && !http_1_0_ && !bodiless;
  const bool until_close = length < 0 && http_1_0_ && !bodiless && !to_head_;
  if (until_close || server_.draining_) keep_alive_ = false;
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(status));
  out += ' ';
  out += reason;
  out += "\r\n";
  if (answer_chunked_) {
    out += "Transfer-Encoding: chunked\r\n";
  } else if (length >= 0 && !bodiless) {
    out += "Content-Length: ";
    append_number(out, static_cast<std::uint64_t>(length));
    out += "\r\n";
  }
  out += headers;
  out += server_.date();
  if (!keep_alive_)
    out += "Connection: close\r\n";
  else if (http_1_0_)
    out += "Connection: keep-alive\r\n";
  out += "\r\n";
}

void Exchange::answer(int status, std::string_view headers, std::string_view body) {
  std::string& out = server_.scratch_;
  out.clear();
  compose_head(out, status, http::reason_of(status), headers,
               static_cast<std::int64_t>(body.size()));
  answer_chunked_ = false;
  if (!to_head_ && status != 204 && status != 304) out += body;
  stream_->write(out);
  end_answer();
}

void Exchange::begin_answer(int status, std::string_view reason, std::string_view headers,
                            std::int64_t length) {
  compose_head(held_, status, reason, headers, length);
}

void Exchange::end_head(bool chunked, bool keep_alive) {
  answer_chunked_ = chunked;
  keep_alive_ = keep_alive;
}

std::string_view Exchange::date() {
  std::string_view line = server_.date();
  line.remove_prefix(6);  // "Date: "
  line.remove_suffix(2);
  return line;
}

bool Exchange::draining() const { return server_.draining_; }

const std::string& Exchange::client_name() {
  if (client_name_.empty()) client_name_ = host_text(client());
  return client_name_;
}

void Exchange::answer_body(std::string_view data) {
  if (answer_done_ || to_head_ || data.empty()) return;
  constexpr std::size_t kHeldMax = 16 * 1024;
  if (answer_chunked_) {
    http::append_chunk(held_, data);
  } else if (held_.size() + data.size() <= kHeldMax) {
    held_ += data;
  } else {
    flush();
    stream_->write(data);
  }
  if (held_.size() > kHeldMax) flush();
}

void Exchange::flush() {
  if (held_.empty()) return;
  stream_->write(held_);
  held_.clear();
  if (stream_->unsent() > 0) wait_at_most(server_.options_.send_timeout);
}

void Exchange::end_answer() {
  if (answer_done_) return;
  if (answer_chunked_ && !to_head_) held_ += http::kLastChunk;
  flush();
  answer_done_ = true;
  answer_chunked_ = false;
  handler_knows_ = false;
  server_.handler_.on_answered(*this);
  if (body_done_) {
    finish_request();
    if (phase_ == Phase::head && !serving_ && serve_input()) stream_->resume();
  } else if (!serving_) {
    body_paused_ = false;
    if (serve_input()) stream_->resume();
  }
}

void Exchange::break_off() {
  handler_knows_ = false;
  close();
}

void Exchange::reset() {
  stream_->reset();
  break_off();
}

void Exchange::continue_request() { stream_->write("HTTP/1.1 100 Continue\r\n\r\n"); }

// The request has been read and answered to its end.
void Exchange::finish_request() {
  if (!keep_alive_) return finish_connection();
  phase_ = Phase::head;
  answer_begun_ = false;
  wait_at_most(server_.options_.idle_timeout);
}

void Exchange::finish_connection() {
  stream_->end_sending();
  phase_ = Phase::lingering;
  body_bytes_ = 0;
  linger();
}

// As long as the client takes what it has been sent; then for what it may still send.
void Exchange::linger() {
  if (stream_->unsent() > 0)
    wait_at_most(server_.options_.send_timeout);
  else
    wait_at_most(draining() ? kLingerTimeDraining : kLingerTime);
}

void Exchange::refuse(int status) {
  ++server_.bad_requests_;
  keep_alive_ = false;
  to_head_ = false;
  const bool is_news = phase_ == Phase::head;
  std::string& out = server_.scratch_;
  out.clear();
  const std::string body = fmt::format("{} {}\n", status, http::reason_of(status));
  compose_head(out, status, http::reason_of(status), "Content-Type: text/plain\r\n",
               static_cast<std::int64_t>(body.size()));
  stream_->write(out + body);
  answer_done_ = true;
  if (is_news) server_.handler_.on_refused(*this, status);
  finish_connection();
}

// ---- Exchange: its end -------------------------------------------------------------------------

void Exchange::on_drained() {
  if (phase_ == Phase::answering || phase_ == Phase::body) wait_for_ever();
  if (phase_ == Phase::lingering) linger();
  if (handler_knows_) server_.handler_.on_writable(*this);
}

void Exchange::on_failed(int) {
  forget();
  close();
}

void Exchange::wait_at_most(Duration patience) {
  deadline_ = server_.reactor_.now() + patience;
  if (timer_ != 0 && timer_at_ <= deadline_) return;  // it looks again then
  server_.reactor_.cancel(timer_);
  start_timer();
}

void Exchange::start_timer() {
  timer_at_ = deadline_;
  timer_ = server_.reactor_.at(deadline_, *this, 0);
}

// Timers are not moved at every step, but looked at when they go off.
void Exchange::on_timer(std::uint64_t) {
  timer_ = 0;
  if (deadline_ == kNever) return;
  if (server_.reactor_.now() < deadline_) return start_timer();
  const bool asked = phase_ == Phase::body || (phase_ == Phase::head && !stream_->input().empty());
  if (asked && !answer_begun_) {
    forget(408);
    refuse(408);
    return;
  }
  forget();
  close();
}

void Exchange::forget(int refusal) {
  refusal_ = refusal;
  if (std::exchange(handler_knows_, false)) server_.handler_.on_abandoned(*this);
}

void Exchange::close() {
  closed_ = true;
  if (!serving_) server_.remove(*this);
}

Exchange::~Exchange() { server_.reactor_.cancel(timer_); }

// ---- HttpServer --------------------------------------------------------------------------------

HttpServer::HttpServer(Reactor& reactor, Descriptor listener, Handler& handler,
                       ServerOptions options)
    : reactor_(reactor),
      listener_(std::move(listener)),
      handler_(handler),
      options_(options),
      address_(address_of(listener_.get())) {
  reactor_.watch(listener_.get(), *this);
}

HttpServer::~HttpServer() {
  if (listener_) reactor_.unwatch(listener_.get(), *this);
}

void HttpServer::on_ready(std::uint32_t) {
  while (listener_ && exchanges_.size() < options_.connections_max) {
    Descriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      // No descriptors left: look again when a connection has ended.
      starved_ = errno != EAGAIN;
      return;
    }
    std::unique_ptr<Exchange> exchange(new Exchange(*this, std::move(socket)));
    if (tls_ != nullptr) {
      std::unique_ptr<TlsSession> session = tls_->accept(exchange->stream_->fd());
      if (session == nullptr) continue;
      exchange->stream_->secure(std::move(session));
    }
    exchange->position_ = exchanges_.size();
    exchanges_.push_back(std::move(exchange));
  }
  starved_ = true;
}

void HttpServer::remove(Exchange& exchange) {
  const std::size_t position = exchange.position_;
  std::swap(exchanges_[position], exchanges_.back());
  exchanges_[position]->position_ = position;
  exchanges_.pop_back();
  if (std::exchange(starved_, false)) on_ready(0);
}

void HttpServer::drain() {
  if (listener_) on_ready(0);
  draining_ = true;
  if (listener_) {
    reactor_.unwatch(listener_.get(), *this);
    listener_.reset();
  }
  // From the back: those that are idle go at once.
  for (std::size_t i = exchanges_.size(); i-- > 0;) {
    if (i >= exchanges_.size()) continue;
    Exchange* const exchange = exchanges_[i].get();
    if (exchange->phase_ == Exchange::Phase::lingering) exchange->linger();
    if (exchange->phase_ != Exchange::Phase::head) continue;
    // A request that waits in the kernel is answered still.
    exchange->stream_->look();
    if (i >= exchanges_.size() || exchanges_[i].get() != exchange) continue;
    if (exchange->phase_ == Exchange::Phase::head && exchange->stream_->input().empty())
      exchange->close();
  }
}

std::string_view HttpServer::date() {
  if (reactor_.now() >= date_until_) {
    const time_t now = time(nullptr);
    tm utc{};
    gmtime_r(&now, &utc);
    std::array<char, 48> text{};
    const std::size_t length =
        strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
    date_.assign(text.data(), length);
    date_until_ = reactor_.now() + 500ms;
  }
  return date_;
}

}  // namespace steelyard::live
